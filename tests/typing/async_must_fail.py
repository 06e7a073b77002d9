"""Lines that are wrong, and that both type checkers must call wrong: each ends in ``# E``. Never run."""

from __future__ import annotations

from uniqos import AsyncUniqOS, models


async def calls(client: AsyncUniqOS, result: models.RespondResult) -> None:
    await client.respond(personality_id="p")  # E
    await client.respond(message="m")  # E
    await client.respond(personality_id="p", mesage="m")  # E
    await client.respond(personality_id="p", message=7)  # E
    await client.respond(personality_id="p", message="m", mode="statefull")  # E
    await client.respond(personality_id="p", message="m", return_format="json")  # E
    await client.respond(personality_id="p", message="m", timeuot=3)  # E
    await client.respond(personality_id="p", message="m", timeout="3")  # E
    await client.respond(personality_id="p", message="m", on_invalid_response="ignore")  # E
    await client.respond(7)  # E
    client.respond(personality_id="p", message="m", stream=True, return_format="modulator_pack")  # E
    client.respond({"personality_id": "p"}, message="m", stream=True)  # E
    await client.engine.respond(personality_id="p")  # E
    await client.engine.infer_state(7)  # E
    await client.personalities.create(nme="X")  # E
    await client.personalities.create(name=7)  # E
    await client.personalities.get()  # E
    await client.personalities.get(7)  # E
    await client.personalities.get("p", nonsense=1)  # E
    await client.personalities.from_catalog()  # E
    await client.personalities.from_catalog(name="n")  # E
    await client.personalities.new_version()  # E
    await client.interactions.list(limit="3")  # E
    await client.interactions.list(form="2026-01-01")  # E
    await client.interactions.aggregates(group_by="year")  # E
    await client.interactions.get()  # E
    client.with_options(timeuot=3)  # E
    client.with_options(max_retries="3")  # E
    AsyncUniqOS(api_kee="x")  # E
    AsyncUniqOS(log_level="loud")  # E
    result.reponse  # E
    result.usage.turns_consumed  # E
    # async only: begin
    for _ in client.respond(personality_id="p", message="m"):  # E
        pass
    for _ in client.respond(personality_id="p", message="m", stream=True):  # E
        pass
    client.respond(personality_id="p", message="m").response  # E
    # async only: end


async def events(client: AsyncUniqOS) -> None:
    async for event in client.respond(personality_id="p", message="m", stream=True):
        event.delta  # E
        if event.type == "text":
            event.latency_ms  # E
    models.RespondRequest(personality_id="p")  # E
    models.RespondRequest(personality_id="p", message="m", mode="x")  # E
