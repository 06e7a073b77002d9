"""Lines that are wrong, and that both type checkers must call wrong: ``# E`` says why. Never run."""

from __future__ import annotations

from typing import Any

import httpx

from uniqos import AsyncUniqOS, models


async def make(client: AsyncUniqOS) -> None:
    AsyncUniqOS(7)  # E: the key is text
    AsyncUniqOS(api_kee="x")  # E: misspelt argument
    AsyncUniqOS("k", "t")  # E: only the key may come without its name
    AsyncUniqOS(log_level="loud")  # E: no such level
    AsyncUniqOS(logger="uniqos")  # E: a name is no logger
    AsyncUniqOS(timeout="3")  # E: seconds are a number
    AsyncUniqOS(on_invalid_response="ignore")  # E: no such choice
    AsyncUniqOS(verify=False)  # E: certificates are always checked
    AsyncUniqOS(proxy=7)  # E: a URL
    AsyncUniqOS(observer=print)  # E: an object with methods
    AsyncUniqOS(headers={"X-Gateway-Key": 7})  # E: values of headers are text
    client.with_options(headers=["X-A"])  # E: not a mapping
    AsyncUniqOS(middleware=[print])  # E: a middleware returns an answer
    AsyncUniqOS(middleware=len)  # E: a list of functions
    AsyncUniqOS(telemetry="on")  # E: a switch or settings
    AsyncUniqOS(api_key=lambda: 7)  # E: the function returns text
    client.with_options(proxy="http://h")  # E: other connections are another client
    client.with_options(timeuot=3)  # E: misspelt option
    client.with_options(max_retries="3")  # E: not a number
    client.with_options(api_key="k")  # E: see with_credentials
    await client.request("get", "/v1/x")  # E: methods are upper case
    await client.request("GET")  # E: no path
    await client.request("GET", 7)  # E: the path is text
    await client.request("GET", "/v1/x", model=dict)  # E: not derived from Model
    await client.request("GET", "/v1/x", timeuot=3)  # E: misspelt option
    await client.request("GET", "/v1/x", body=[1])  # E: the API takes objects
    await client.request("GET", "/v1/x", {"id": "x"})  # E: only method and path may come without their names
    client.with_credentials(7)  # E: the key is text
    client.with_options(base_url="https://x")  # E: another host is another client
    client.base_url = "https://x"  # E: a property
    client.environment.upper()  # E: None with an access token
    client.persnalities  # E: misspelt namespace
    client.respnd(personality_id="p", message="m")  # E: misspelt method
    # async only: begin
    AsyncUniqOS(http_client=httpx.Client())  # E: the client of the other flavour
    client.close()  # E: it is called aclose
    with client:  # E: needs async with
        pass
    # async only: end


async def respond(client: AsyncUniqOS, typed: models.RespondRequest, untyped: Any) -> None:
    await client.respond()  # E: nothing given
    await client.respond(personality_id="p")  # E: message is missing
    await client.respond(message="m")  # E: personality_id is missing
    await client.respond("p", "m")  # E: no positional fields
    (await client.respond(message=untyped)).response  # E: personality_id is missing beside a message of any type
    (await client.respond(personality_id=untyped)).response  # E: message is missing beside an id of any type
    await client.respond(message="m", stream=True, timeout=3)  # E: personality_id is missing in a stream
    await client.respond(message="m", return_format="modulator_pack")  # E: personality_id is missing for a pack
    await client.respond(personality_id="p", mesage="m")  # E: misspelt and missing
    await client.respond(personality_id="p", message="m", usr_id="u")  # E: misspelt field
    await client.respond(personality_id="p", message=7)  # E: text wanted
    await client.respond(personality_id=None, message="m")  # E: required
    await client.respond(personality_id="p", message="m", mode="statefull")  # E: no such mode
    await client.respond(personality_id="p", message="m", context=["a"])  # E: an object wanted
    await client.respond(personality_id="p", message="m", return_format="json")  # E: no such format
    await client.respond(personality_id="p", message="m", timeuot=3)  # E: misspelt option
    await client.respond(personality_id="p", message="m", timeout="3")  # E: a number wanted
    await client.respond(personality_id="p", message="m", max_retries=1.5)  # E: a whole number wanted
    await client.respond(personality_id="p", message="m", headers=["a"])  # E: a mapping wanted
    await client.respond(personality_id="p", message="m", idempotency_key=7)  # E: text wanted
    await client.respond(personality_id="p", message="m", on_invalid_response="ignore")  # E: no such choice
    await client.respond(7)  # E: neither model nor mapping
    await client.respond(typed, timeuot=3)  # E: misspelt option
    await client.respond(typed, message="m")  # E: one object and keywords
    await client.respond(request=typed)  # E: positional only
    client.respond({"personality_id": "p"}, message="m", stream=True)  # E: one object and keywords
    client.respond(personality_id="p", stream=True)  # E: message is missing
    client.respond(personality_id="p", message="m", stream="yes")  # E: a boolean wanted
    client.respond(personality_id="p", message="m", stream=True, return_format="modulator_pack")  # E: no such stream
    client.respond(typed, stream=True, return_format="modulator_pack")  # E: no such stream
    await client.engine.respond(personality_id="p")  # E: message is missing
    client.engine.respond(personality_id="p", message="m", stream=True, return_format="modulator_pack")  # E: no such
    (await client.respond(personality_id="p", message="m")).reponse  # E: misspelt field
    (await client.respond(personality_id="p", message="m", return_format="modulator_pack")).response  # E: not in a pack
    number: int = (await client.respond(personality_id="p", message="m")).response  # E: it is text
    print(number)
    # async only: begin
    client.respond(personality_id="p", message="m").response  # E: not awaited
    async for _ in client.respond(personality_id="p", message="m"):  # E: not a stream
        pass
    async with client.respond(personality_id="p", message="m"):  # E: not a stream
        pass
    # async only: end


async def engine(client: AsyncUniqOS) -> None:
    await client.engine.infer_state(7)  # E: neither model nor mapping
    await client.engine.infer_state({}, {})  # E: one object
    (await client.engine.infer_state({})).primary_emotion  # E: undocumented: subscripts only
    await client.engine.recall_memory("q")  # E: neither model nor mapping
    (await client.engine.recall_memory({})).items_found  # E: undocumented: subscripts only


async def stream(client: AsyncUniqOS) -> None:
    opened = client.respond(personality_id="p", message="m", stream=True)
    opened.response  # E: a stream is no result
    opened.txt  # E: misspelt property
    opened.text = "x"  # E: a property
    opened.completion.latency_ms  # E: None before the end
    opened.metadata.interaction_id  # E: None before it arrived
    opened.http.status  # E: None before it is open
    await opened.open(timeout=3)  # E: options belong to respond
    async for event in opened:
        event.delta  # E: not in every event
        if event.type == "text":
            event.latency_ms  # E: not in this event
    async for text in opened.text_stream:
        text.delta  # E: it is text already
    # async only: begin
    opened.close()  # E: it is called aclose
    opened.until_done().text  # E: not awaited
    for _ in opened:  # E: needs async for
        pass
    with opened:  # E: needs async with
        pass
    for _ in opened.text_stream:  # E: needs async for
        pass
    # async only: end


async def personalities(client: AsyncUniqOS) -> None:
    p = client.personalities
    await p.list(7)  # E: neither model nor mapping
    (await p.list()).items_  # E: it is called data
    await p.create(nme="X")  # E: misspelt field
    await p.create(name=7)  # E: text wanted
    await p.create({"name": "X"}, timeuot=3)  # E: misspelt option
    await p.create("X")  # E: neither model nor mapping
    await p.get()  # E: the id is missing
    await p.get(7)  # E: an id is text
    await p.get("p", nonsense=1)  # E: no such option
    await p.get("p", timeout="3")  # E: a number wanted
    await p.get(id="p")  # E: it is called personality_id
    await p.archive()  # E: the id is missing
    await p.archive("p", reason="r")  # E: it takes options only
    await p.new_version()  # E: the id is missing
    await p.new_version("p", 7)  # E: neither model nor mapping
    await p.from_guided_prompt("a kind poet")  # E: neither model nor mapping
    await p.from_catalog()  # E: slug is missing
    await p.from_catalog(name="n")  # E: slug is missing
    await p.from_catalog(slug=7)  # E: text wanted
    await p.from_catalog({"slug": "s"}, name="n")  # E: one object and keywords
    await p.dry_run()  # E: the id is missing
    await p.dry_run("p", "m")  # E: neither model nor mapping
    await p.versions("p", limit=3)  # E: it takes options only
    await p.submit_for_review()  # E: the id is missing
    await p.review_status(None)  # E: an id is text
    await p.appeal()  # E: the id is missing
    (await p.get("p")).nme  # E: misspelt field
    # async only: begin
    p.get("p").name  # E: not awaited
    # async only: end


async def interactions(client: AsyncUniqOS) -> None:
    i = client.interactions
    await i.list(limit="3")  # E: a number wanted
    await i.list(form="2026-01-01")  # E: misspelt filter
    await i.list(from_=3)  # E: an instant wanted
    await i.list(group_by="day")  # E: a filter of aggregates
    await i.get()  # E: the id is missing
    await i.get("i", limit=3)  # E: it takes options only
    await i.aggregates(group_by="year")  # E: no such bucket
    await i.aggregates(cursor="c")  # E: a filter of list
    async for one in i.iterate(limit="3"):  # E: a number wanted
        print(one)
    async for one in i.iterate():
        one.status  # E: undocumented: subscripts only
    # async only: begin
    await i.iterate()  # E: an iterator, no call
    for _ in i.iterate():  # E: needs async for
        pass
    # async only: end
