"""Streams over real sockets: every event typed, every break told, every connection given back."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from tests._async.support import TURN, make_client, slept
from tests.support.rawserver import Handler, RawServer, body, header, reply, rst
from uniqos import AsyncRespondStream, AsyncUniqOS, errors, models
from uniqos._async import reader
from uniqos._async.transport.pool import AsyncPool

pytestmark = pytest.mark.anyio
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=latin-1\r\nX-Request-Id: req_s\r\n"


def frame(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


METADATA = frame(
    "metadata",
    '{"interaction_id":"int_1","inferred_emotional_state":{"primary":"joy"},'
    '"memory":{"consulted":true,"summary_used":null,"significant_moments_referenced":2}}',
)
HE, LLO = frame("text", '{"delta":"Hé"}'), frame("text", '{"type":"text","delta":"llo"}')
COMPLETION = frame(
    "completion",
    '{"memory":{"summary_used":"s","model_updated":true},"guardrails":{"applied":[]},"usage":{"turns_consumed":1,'
    '"active_relationship_counted":true,"llm_provider":"a","llm_model":"c"},"latency_ms":42}',
)
WHOLE = METADATA + HE + LLO + COMPLETION


def streaming(*parts: bytes, head: bytes = HEAD, close: bool = False) -> Handler:
    """Sends the parts as one chunk each; ends the body, or (``close``) the connection without an end."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for part in parts:
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        if close:
            connection.close()
        else:
            connection.sendall(b"0\r\n\r\n")

    return handle


def stream_of(client: AsyncUniqOS, **options: Any) -> AsyncRespondStream:
    return client.respond(**TURN, stream=True, **options)


async def test_a_stream_is_sent_and_read_as_the_contract_says() -> None:
    with RawServer(streaming(METADATA, HE, LLO, COMPLETION)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            assert not server.requests
            assert stream.http is None
            events = [event async for event in stream]
            assert [event.type for event in events] == ["metadata", "text", "text", "completion"]
            assert (stream.text, stream.events_emitted) == ("Héllo", 4)
            assert stream.metadata is events[0]
            assert stream.completion is events[3]
            assert stream.completion.latency_ms == 42
            assert stream.error is None
            assert events[1]["delta"] == "Hé"
            assert "type" not in events[1]
            assert events[1].http is stream.http
            assert stream.http is not None
            assert stream.http.request_id == "req_s"
            await client.respond(**TURN, stream=True).until_done()
    assert json.loads(body(server.requests[0])) == {**TURN, "stream": True}
    assert header(server.requests[0], "Accept") == "text/event-stream"
    assert header(server.requests[0], "Idempotency-Key")
    assert server.connections == 1


async def test_with_open_until_done_and_text_stream_lead_to_the_same() -> None:
    with RawServer(streaming(METADATA, HE, LLO, COMPLETION)) as server:
        async with make_client(server.url) as client:
            async with stream_of(client) as stream:
                assert stream.http is not None
                assert [piece async for piece in stream.text_stream] == ["Hé", "llo"]
            opened = await stream_of(client).open()
            assert (await opened.open()) is opened
            assert (await opened.until_done()).text == "Héllo"
            done = await client.engine.respond({**TURN, "stream": True}, stream=True).until_done()
            assert done.text == "Héllo"
            # async only: begin
            awaited = await stream_of(client)
            assert [event.type async for event in awaited][-1] == "completion"
            # async only: end


@pytest.mark.parametrize("way", ["with", "open", "iterate", "until_done", "text_stream"])
async def test_a_refusal_at_opening_raises_there_before_any_event(way: str) -> None:
    envelope = {"error": {"code": "rate_limit_exceeded", "message": "slow down", "request_id": "r"}}

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 429, json.dumps(envelope).encode(), {"Retry-After": "1"})

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client, max_retries=1)
            with pytest.raises(errors.RateLimitError) as caught:
                if way == "with":
                    async with stream:
                        pytest.fail("it must not open")
                elif way == "open":
                    await stream.open()
                elif way == "until_done":
                    await stream.until_done()
                elif way == "text_stream":
                    async for _ in stream.text_stream:
                        pytest.fail("it must not speak")
                else:
                    async for _ in stream:
                        pytest.fail("it must not emit")
            assert caught.value.retry_after_seconds == 1
            assert slept(client) == [1]
            with pytest.raises(errors.ConfigurationError) as used:
                await stream.open()
            assert used.value.code == "stream_consumed"
    assert len(server.requests) == 2
    assert len({header(request, "Idempotency-Key") for request in server.requests}) == 1


# async only: begin
async def test_awaiting_a_refused_stream_raises() -> None:
    with RawServer(lambda connection, request, number: reply(connection, 401)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.AuthenticationError):
                await stream_of(client)


# async only: end
async def test_what_is_no_stream_is_told_with_its_beginning() -> None:
    with RawServer(lambda connection, request, number: reply(connection, 200, b'{"response": "x"}')) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.ResponseDecodeError, match="text/event-stream") as caught:
                await stream_of(client).open()
    assert caught.value.body == b'{"response": "x"}'
    assert len(server.requests) == 1


async def test_a_stream_cut_at_any_byte_is_never_a_silent_success() -> None:
    cut = 0

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        part = WHOLE[:cut]
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        if part:
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        if clean:
            connection.sendall(b"0\r\n\r\n")
        else:
            connection.close()

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            for clean in (True, False):
                for cut in range(len(WHOLE)):
                    stream = stream_of(client)
                    with pytest.raises(errors.NetworkError) as caught:
                        await stream.until_done()
                    error, whole_frames = caught.value, WHOLE[:cut].count(b"\n\n")
                    assert error.code == "stream_interrupted"
                    assert error.details == {"events_emitted": whole_frames}
                    assert error.text == ["", "", "Hé", "Héllo"][whole_frames]
                    assert error.interaction_id == ("int_1" if whole_frames else None)
                    assert (error.request_id, error.http_status) == ("req_s", 200)
                assert len(server.requests) == (1 + (not clean)) * len(WHOLE)
            cut = len(WHOLE)
            assert (await stream_of(client).until_done()).text == "Héllo"


async def test_a_reset_after_the_end_does_not_matter() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        streaming(WHOLE, close=True)(connection, request, number)

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            assert (await stream_of(client).until_done()).text == "Héllo"


async def test_a_reset_in_the_middle_keeps_the_text() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        part = METADATA + HE
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n" % (len(part), part))
        time.sleep(0.05)  # else the reset would overtake the data
        rst(connection)

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await stream_of(client).until_done()
    assert (caught.value.code, caught.value.text) == ("stream_interrupted", "Hé")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda data: [data], id="lf"),
        pytest.param(lambda data: [data.replace(b"\n", b"\r\n")], id="crlf"),
        pytest.param(lambda data: [data.replace(b"\n", b"\r")], id="cr"),
        pytest.param(lambda data: [b"\xef\xbb\xbf" + data], id="bom"),
        pytest.param(lambda data: [bytes([byte]) for byte in data], id="one byte per chunk"),
        pytest.param(
            lambda data: [bytes([byte]) for byte in data.replace(b"\n", b"\r\n")], id="crlf, one byte per chunk"
        ),
        pytest.param(lambda data: [bytes([byte]) for byte in b"\xef\xbb\xbf" + data], id="bom, one byte per chunk"),
        pytest.param(lambda data: [b": hello\n\n", data.replace(b"\n\n", b"\n\n: ping\n\n")], id="comments"),
        pytest.param(lambda data: [data.replace(b"\n\n", b"\n\nid: 7\n\nevent: ping\ndata:\n\n")], id="id and ping"),
        pytest.param(lambda data: [data.replace(b"\n\n", b"\n\nretry: 10\n\n")], id="retry"),
        pytest.param(lambda data: [data.replace(b"data: {", b"data:{")], id="no blank"),
        pytest.param(lambda data: [data.replace(b",", b",\ndata: ")], id="data on many lines"),
        pytest.param(lambda data: [data.replace(b"event: ", b"unknown: field\nevent: ")], id="unknown field"),
        pytest.param(lambda data: [data, b"data: [DONE]\n\n"], id="done"),
    ],
)
async def test_frames_are_read_as_the_standard_says(encode: Any) -> None:
    with RawServer(streaming(*encode(WHOLE))) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            events = [event async for event in stream]
            assert [event.type for event in events] == ["metadata", "text", "text", "completion"]
            assert stream.text == "Héllo"


async def test_the_five_events_of_one_stream_are_all_given() -> None:
    """As the tests of the official SDK have it."""
    modulation = frame(
        "guardrail_modulation", '{"type":"guardrail_modulation","applied":["x"],"modulation_summary":"m"}'
    )
    error = frame("error", '{"type":"error","code":"oops"}')
    five = METADATA + HE + modulation + COMPLETION + error + b"data: [DONE]\n\n"
    names = ["metadata", "text", "guardrail_modulation", "completion", "error"]
    with RawServer(streaming(five)) as server:
        async with make_client(server.url) as client:
            assert [event.type async for event in stream_of(client)] == names
            sent_on = b"".join([part async for part in stream_of(client).frames()])
            assert sent_on.count(b"event: ") == 5
            assert sent_on.endswith(b"event: error\ndata: " + relayed_error(error) + b"\n\n")
        async with httpx.AsyncClient() as http_client:
            client = make_client(server.url, http_client=http_client)
            assert [event.type async for event in stream_of(client)] == names


def relayed_error(error: bytes) -> bytes:
    """What a service says of an error event that is not its caller's business."""
    told = json.loads(error.partition(b"data: ")[2])
    assert told["code"] == "oops"
    return b'{"type":"error","code":"upstream_error","message":"The service behind this one failed."}'


LATE = [
    pytest.param([HE], ["text"], id="text"),
    pytest.param([frame("error", '{"code": "late"}')], ["error"], id="an error"),
    pytest.param([COMPLETION], ["completion"], id="a completion"),
    pytest.param([METADATA.replace(b"int_1", b"int_2")], ["metadata"], id="metadata"),
    pytest.param([frame("mood", '{"x": 1}'), HE], ["unknown", "text"], id="one that nobody knows, in two parts"),
    pytest.param([b": bye\n\nevent: ping\ndata:\n\ndata: [DONE]\n\n" + HE], ["text"], id="pings and done"),
]


@pytest.mark.parametrize(("late", "names"), LATE)
async def test_what_comes_after_a_completion_is_given_and_changes_nothing(late: list[bytes], names: list[str]) -> None:
    with RawServer(streaming(METADATA, HE, COMPLETION, *late)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            events = [event async for event in stream]
            assert [event.type for event in events] == ["metadata", "text", "completion", *names]
            assert (stream.text, stream.events_emitted) == ("Hé", len(events))
            assert (stream.metadata, stream.completion) == (events[0], events[2])
            assert stream.error is (events[3] if names == ["error"] else None)
            assert [event async for event in stream] == []
            assert (await stream.until_done()) is stream
            assert [piece async for piece in stream_of(client).text_stream] == ["Hé"]
            assert (await client.respond(**TURN, stream=True).until_done()).text == "Hé"
    assert server.connections == 1


async def test_what_comes_after_an_error_event_is_given_and_the_turn_has_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with RawServer(
        streaming(
            METADATA, HE, frame("error", '{"code": "turn_timeout"}'), frame("error", '{"code": "b"}'), HE + COMPLETION
        )
    ) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            names = [event.type async for event in stream]
            assert names == ["metadata", "text", "error", "error", "text", "completion"]
            assert stream.text == "Hé"
            assert stream.error is not None
            assert stream.error.code == "turn_timeout"
            assert stream.completion is not None
            for use in (stream.until_done, stream_of(client).until_done):
                with pytest.raises(errors.TurnTimeoutError):
                    await use()
    assert not caplog.records


@pytest.mark.parametrize("ended", [COMPLETION, frame("error", '{"code": "internal_error"}')], ids=["well", "badly"])
@pytest.mark.parametrize(
    ("late", "close", "names"),
    [
        (frame("text", '{"delta": ["secret"]}') * 9 + HE, False, ["text"]),
        (frame("completion", '{"secret": 1}') + HE, False, ["text"]),
        (HE, True, ["text"]),
        (b"data: cut", True, []),
        (b"data: " + b"secret" * 1_500_000, False, []),
    ],
    ids=["broken", "known and broken", "connection broken", "cut", "huge"],
)
async def test_what_breaks_after_the_end_is_logged_and_spoils_nothing(
    ended: bytes, late: bytes, close: bool, names: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with RawServer(streaming(METADATA, HE, ended, late, close=close)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            events = [event.type async for event in stream]
            assert events[3:] == names
            assert (stream.text, stream.completion is None) == ("Hé", ended != COMPLETION)
            assert [event async for event in stream] == []
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "after the end" in caplog.text
    assert "secret" not in caplog.text


async def test_a_stream_that_is_left_after_its_completion_frees_its_connection() -> None:
    with RawServer(streaming(METADATA, HE, COMPLETION, frame("error", '{"code": "late"}'))) as server:
        async with make_client(server.url, max_connections=1, timeout=5) as client:
            for _ in range(3):
                async with stream_of(client) as stream:
                    async for event in stream:
                        if event.type == "completion":
                            break
                assert (await stream.until_done()).text == "Hé"
            assert (await stream_of(client).until_done()).completion


async def test_nothing_is_logged_where_nothing_comes_after_the_end(caplog: pytest.LogCaptureFixture) -> None:
    with RawServer(streaming(WHOLE, b": bye\n\nevent: ping\ndata:\n\ndata: [DONE]\n\n")) as server:
        async with make_client(server.url) as client:
            await stream_of(client).until_done()
    assert not caplog.records


async def test_only_line_ends_of_the_standard_end_a_line() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    with RawServer(
        streaming(
            METADATA,
            frame("text", json.dumps({"delta": text}, ensure_ascii=False).replace("\\u000b", "\x0b")),
            COMPLETION,
        )
    ) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.ResponseValidationError):  # raw control characters are not JSON
                await stream_of(client).until_done()
    text = "a\u2028b\u2029c\x85d"
    with RawServer(
        streaming(METADATA, frame("text", json.dumps({"delta": text}, ensure_ascii=False)), COMPLETION)
    ) as server:
        async with make_client(server.url) as client:
            assert (await stream_of(client).until_done()).text == text


async def test_done_without_a_completion_is_an_interruption() -> None:
    with RawServer(streaming(METADATA, HE, b"data: [DONE]\n\n")) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await stream_of(client).until_done()
    assert (caught.value.code, caught.value.text) == ("stream_interrupted", "Hé")


async def test_a_large_event_in_small_chunks_is_read_and_a_huge_one_cut_off() -> None:
    large = frame("text", json.dumps({"delta": "x" * (4 * 1024 * 1024)}))
    chunks = [large[start : start + 1024] for start in range(0, len(large), 1024)]
    with RawServer(streaming(METADATA, *chunks, COMPLETION)) as server:
        async with make_client(server.url) as client:
            assert len((await stream_of(client).until_done()).text) == 4 * 1024 * 1024
    with RawServer(streaming(METADATA, *([b"data: " + b"x" * 65536] * 200))) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError, match="more than 8388608 bytes") as caught:
                await stream_of(client).until_done()
    assert caught.value.code == "stream_interrupted"


async def test_a_compressed_stream_is_read() -> None:
    head = HEAD + b"Content-Encoding: gzip\r\n"
    with RawServer(streaming(gzip.compress(WHOLE, mtime=0), head=head)) as server:
        async with make_client(server.url) as client:
            assert (await stream_of(client).until_done()).text == "Héllo"


async def test_an_unknown_event_is_given_out() -> None:
    with RawServer(streaming(METADATA, frame("mood", '{"type":"m","x":1}'), COMPLETION)) as server:
        async with make_client(server.url) as client:
            events = [event async for event in stream_of(client)]
    unknown = events[1]
    assert isinstance(unknown, models.StreamEventUnknown)
    assert (unknown.name, unknown["x"], unknown["type"]) == ("mood", 1, "m")


async def test_guardrails_may_modulate() -> None:
    modulation = frame("guardrail_modulation", '{"applied":["a"],"modulation_summary":"softer"}')
    with RawServer(streaming(METADATA, HE, modulation, COMPLETION)) as server:
        async with make_client(server.url) as client:
            events = [event async for event in stream_of(client)]
    assert isinstance(events[2], models.StreamEventGuardrailModulation)
    assert (events[2].applied, events[2].modulation_summary) == (["a"], "softer")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("guardrail_block", errors.GuardrailBlockError),
        ("internal_error", errors.APIError),
        ("turn_timeout", errors.TurnTimeoutError),
        ("something_new", errors.APIError),
    ],
)
async def test_an_error_event_is_given_out_and_until_done_raises_its_class(
    code: str, kind: type[errors.APIError]
) -> None:
    event = frame("error", json.dumps({"code": code, "message": "no", "guardrail": "g", "category": "c"}))
    with RawServer(streaming(METADATA, HE, event)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            assert [e.type async for e in stream] == ["metadata", "text", "error"]
            assert stream.error is not None
            assert (stream.error.code, stream.error.guardrail) == (code, "g")
            with pytest.raises(kind) as caught:
                await stream_of(client).until_done()
            assert type(caught.value) is kind
            assert (caught.value.code, caught.value.message, caught.value.request_id) == (code, "no", "req_s")
            assert caught.value.details == {"guardrail": "g", "category": "c", "text": "Hé"}
            with pytest.raises(kind):
                async for _ in stream_of(client).text_stream:
                    pass


async def test_a_broken_event_raises_with_the_frame_and_the_text_so_far() -> None:
    with RawServer(streaming(METADATA, HE, frame("text", '{"delta": 7}'), COMPLETION)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            with pytest.raises(errors.ResponseValidationError) as caught:
                await stream.until_done()
            assert (caught.value.body, caught.value.text) == (b'{"delta": 7}', "Hé")
            assert caught.value.details[0]["loc"] == ["delta"]
            assert caught.value.request_id == "req_s"


async def test_a_silent_stream_times_out_and_pings_do_not_count_as_events() -> None:
    over = threading.Event()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"\r\n" + METADATA + HE)
        while not over.wait(0.02):
            connection.sendall(b": ping\n\n")

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await stream_of(client, timeout=0.3).until_done()
            over.set()
    assert (caught.value.code, caught.value.text) == ("stream_interrupted", "Hé")
    assert "no event within the timeout of 0.3 s" in str(caught.value)
    assert len(server.requests) == 1


async def test_each_event_has_its_own_time_but_a_deadline_bounds_the_whole() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"\r\n" + METADATA)
        for _ in range(8):
            time.sleep(0.05)
            connection.sendall(HE)
        connection.sendall(COMPLETION)
        connection.close()

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            assert (await stream_of(client, timeout=0.3).until_done()).text == "Hé" * 8
            with pytest.raises(errors.NetworkError, match="deadline") as caught:
                await stream_of(client, deadline=0.25).until_done()
    assert caught.value.code == "stream_interrupted"


@pytest.mark.parametrize("late", ["nothing", "an event", "events", "pings", "names", "comments"])
async def test_a_stream_is_read_on_after_its_end_for_a_while_and_no_longer(
    late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_SECONDS_FOR_THE_REST", 0.2)
    part = {"an event": HE, "events": HE, "pings": b": ping\n\n", "names": b"event: x\n\n", "comments": b":\n\n" * 9999}
    over = threading.Event()
    lingered: list[bool] = []

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"\r\n" + WHOLE + part.get(late, b""))
        try:
            while late not in ("nothing", "an event") and not over.wait(0.01):
                connection.sendall(part[late])
        except OSError:
            pass  # the client has left
        lingered.append(over.wait(20))

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            began = time.monotonic()
            stream = await stream_of(client).until_done()
            took = time.monotonic() - began
            over.set()
    assert stream.text == "Héllo"
    assert (stream.events_emitted > 4) == (late in ("an event", "events"))
    assert took < 5
    assert lingered == [True]  # the server would have gone on


async def test_abandoned_streams_give_their_connections_back() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if header(request, "Accept") != "text/event-stream":
            reply(connection, 200, b'{"response": "Hi!"}')
            return
        connection.sendall(HEAD + b"\r\n" + METADATA + HE)
        connection.recv(1)  # until the client leaves

    with RawServer(handle) as server:
        async with make_client(server.url, timeout=5) as client:
            room_for_one = AsyncPool(server.url, max_connections=1)
            client._requester.connections._pools.get(lambda: room_for_one)
            for number in range(200):
                if number % 4 == 0:
                    async with stream_of(client) as stream:
                        async for _ in stream:
                            break
                elif number % 4 == 1:
                    with pytest.raises(ZeroDivisionError):
                        async with stream_of(client) as stream:
                            async for _ in stream:
                                raise ZeroDivisionError
                elif number % 4 == 2:
                    opened = await stream_of(client).open()
                    await opened.aclose()
                    await opened.aclose()
                else:
                    never = stream_of(client)
                    await never.aclose()
            pool = client._requester.connections._pools.get(client._requester.connections._make_pool)
            assert pool is room_for_one
            assert (room_for_one.busy, room_for_one.idle) == (0, 0)
            assert (await client.respond(**TURN)).response == "Hi!"


async def test_a_finished_stream_is_empty() -> None:
    with RawServer(streaming(WHOLE)) as server:
        async with make_client(server.url) as client:
            stream = await stream_of(client).until_done()
            assert [event async for event in stream] == []
            assert (await stream.until_done()).text == "Héllo"
    assert len(server.requests) == 1


async def test_the_rest_of_a_stream_that_was_closed_is_no_success() -> None:
    with RawServer(streaming(WHOLE)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            async with stream:
                async for event in stream:
                    if event.type == "text":
                        break
            with pytest.raises(errors.NetworkError, match="closed") as caught:
                await stream.until_done()
            assert (caught.value.code, caught.value.text) == ("stream_interrupted", "Hé")
            with pytest.raises(errors.NetworkError):
                async for _ in stream.text_stream:
                    pytest.fail("there is no more")


async def test_what_broke_is_no_success_the_second_time_either() -> None:
    with RawServer(streaming(METADATA, HE)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            for _ in range(3):
                with pytest.raises(errors.NetworkError) as caught:
                    async for _event in stream:
                        pass
                assert caught.value.code == "stream_interrupted"
    with RawServer(lambda connection, request, number: reply(connection, 401)) as server:
        async with make_client(server.url) as client:
            stream = stream_of(client)
            with pytest.raises(errors.AuthenticationError):
                await stream.until_done()
            for _ in range(2):
                with pytest.raises(errors.ConfigurationError) as used:
                    await stream.until_done()
                assert used.value.code == "stream_consumed"
    assert len(server.requests) == 1


async def test_a_client_of_yours_does_not_wait_for_what_comes_after_the_end() -> None:
    over = threading.Event()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"\r\n" + WHOLE)
        over.wait(20)

    with RawServer(handle) as server:
        async with httpx.AsyncClient() as http_client:
            client = make_client(server.url, http_client=http_client)
            assert (await stream_of(client, timeout=0).until_done()).text == "Héllo"
            over.set()


async def test_a_broken_event_is_salvaged_where_that_was_asked_for() -> None:
    broken = frame("completion", '{"usage": {"turns_consumed": 1}}')
    with RawServer(streaming(METADATA, HE, broken)) as server:
        async with make_client(server.url, on_invalid_response="salvage") as client:
            stream = await stream_of(client).until_done()
            assert stream.text == "Hé"
            assert stream.completion is not None
            assert stream.completion.http is not None
            assert stream.completion.http.problems
