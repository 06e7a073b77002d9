"""Lines that are right in the other flavour only: ``# E`` says why both type checkers object. Never run."""

from __future__ import annotations

import httpx

from uniqos import UniqOS


async def other_flavour(client: UniqOS) -> None:
    UniqOS(http_client=httpx.AsyncClient())  # E: the client of the other flavour
    await client.respond(personality_id="p", message="m")  # E: a result is not awaitable
    await client.respond(personality_id="p", message="m", stream=True)  # E: a stream is not awaitable
    await client.personalities.get("p")  # E: a result is not awaitable
    await client.interactions.list()  # E: a result is not awaitable
    client.aclose()  # E: it is called close
    async with client:  # E: needs with
        pass
    async for _ in client.interactions.iterate():  # E: needs for
        pass


async def other_stream(client: UniqOS) -> None:
    stream = client.respond(personality_id="p", message="m", stream=True)
    stream.aclose()  # E: it is called close
    await stream.open()  # E: a stream is not awaitable
    await stream.until_done()  # E: a stream is not awaitable
    async for _ in stream:  # E: needs for
        pass
    async for _ in stream.text_stream:  # E: needs for
        pass
    async with stream:  # E: needs with
        pass


def no_stream(client: UniqOS) -> None:
    for event in client.respond(personality_id="p", message="m"):
        event.delta  # E: without stream=True these are the keys of the answer
    with client.respond(personality_id="p", message="m"):  # E: not a stream
        pass
    client.respond(personality_id="p", message="m").text_stream  # E: not a stream
