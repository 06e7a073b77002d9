# Generated from _async/calls/test_secrets.py by python -m uniqos._generate. Do not edit.
"""The key and the words of people: in no text of ours, whatever fails, and however closely one looks."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import logging
import pickle
import socket
import traceback
from collections import deque
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

import pytest

from tests._sync.calls.test_calls import ANSWER
from tests._sync.failures import FAILURES, SECRET, TURN, WORDS, failed
from tests._sync.streams.test_streams import METADATA, WHOLE, streaming
from tests._sync.streams.test_streams import frame as event_frame
from tests.support.proxyserver import ProxyServer
from tests.support.rawserver import RawServer, header, reply
from uniqos import Observer, UniqOS, errors
from uniqos.sandbox import Sandbox

HIDDEN = SECRET[-12:]
SHOWN = "uniq_test_SECR..."
PASSWORD = "PROXYPASSWORD"


def told(error: BaseException) -> str:
    """All that an error, its causes and their tracebacks say, local variables included."""
    text, left = "", [error]
    while left:
        current = left.pop()
        seen = traceback.TracebackException.from_exception(current, capture_locals=True)
        text += "".join(seen.format()) + f"{current!s} {current!r} {current.args!r} {vars(current)!r}"
        # Those that "from None" hides too: some tools look at them.
        left += {kept for kept in (current.__cause__, current.__context__) if kept}
    return text


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """All that any logger was told, ours and those of the libraries below."""
    return caplog.text + "".join(repr(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("name", list(FAILURES))
def test_a_failure_tells_no_key_logs_no_words_and_survives_pickle_and_copies(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    error, server = failed(name, log_level="debug")
    text = told(error)
    assert "failures.py" in text
    assert SHOWN in text  # the client, as the caller's own local variable
    for request in server.requests:
        assert header(request, "Authorization") == f"Bearer {SECRET}"
    assert HIDDEN not in text
    assert HIDDEN not in logged(caplog)
    assert SHOWN in caplog.text
    assert WORDS[:9] not in logged(caplog)
    packed = pickle.dumps(error)
    assert HIDDEN.encode() not in packed
    for other in (pickle.loads(packed), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is type(error)
        assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))


def test_the_local_variables_of_the_callers_own_errors_are_left_alone() -> None:
    def mine() -> None:
        note = "of the caller"
        raise KeyError(note)

    try:
        mine()
    except KeyError as own:
        error, _ = failed("no time to send")
        text = "".join(traceback.TracebackException.from_exception(own, capture_locals=True).format())
    assert type(error) is errors.NetworkError
    assert "note = 'of the caller'" in text


def test_no_success_tells_the_key_or_logs_the_words(caplog: pytest.LogCaptureFixture) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if header(request, "Accept") == "text/event-stream":
            streaming(WHOLE)(connection, request, number)
        else:
            reply(connection, 200, ANSWER, {"X-Request-Id": "req_1"})

    caplog.set_level(1)
    with RawServer(handle) as server:
        with UniqOS(SECRET, base_url=server.url, log_level="debug") as client:
            answer = client.respond(TURN)
            stream = client.respond(**TURN, stream=True).until_done()
            child = client.with_options(timeout=3)
            other = client.with_credentials("uniq_test_OTHERSECRETSECRET99")
            things: list[Any] = [client, child, other, client.engine, client.personalities, answer, stream, stream.http]
            shown = "".join(
                f"{thing!r} {thing!s} {vars(thing) if hasattr(thing, '__dict__') else ''}" for thing in things
            )
            shown += repr(vars(client._requester)) + repr(vars(client._requester.connections))
    assert SHOWN in shown
    assert HIDDEN not in shown + logged(caplog)
    assert WORDS[:9] not in logged(caplog)
    assert "req_1" in caplog.text
    assert len(server.requests) == 2


FORGED = {
    "words": WORDS,
    "line break": "x\nuniqos: forged call=GET",
    "carriage return": "x\rforged",
    "ANSI": "\x1b[2J\x1b]0;forged\x07",
    "C1": "x\x9b31m",
    "other line breaks": "x\u2028forged\u2029forged\x85forged",
    "right to left": "\u202edegrof\u2066",
    "huge": "x" * 1_000_000,
}


class Notes(Observer):
    """Notes all that it is told."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def _note(self, event: Any) -> None:
        self.events.append(event)

    call_started = attempt_started = retrying = first_event = call_ended = _note


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", list(FORGED))
def test_what_an_error_says_forges_no_line_and_puts_no_words_into_logs_and_observers(
    kind: str, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    forged = FORGED[kind]
    envelope = {"code": forged, "message": forged, "request_id": forged, "details": forged}
    body = json.dumps({"error": envelope}).encode()
    retried = {"Retry-After": "0"} if len(forged) > 1000 else {"Retry-After": "0", "X-Request-Id": WORDS}
    end = event_frame("error", json.dumps(envelope)) if streamed else None

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if end is not None and number == 2:
            streaming(METADATA, end)(connection, request, number)
        else:
            reply(connection, 503, body, retried)

    caplog.set_level(1, "uniqos")
    notes, reports = Notes(), []
    with RawServer(handle) as server:
        with UniqOS(
            SECRET,
            base_url=server.url,
            log_level="debug",
            max_retries=1,
            observer=notes,
            on_drift=reports.append,
        ) as client:
            with pytest.raises(errors.APIError) as caught:
                (client.respond(**TURN, stream=True).until_done() if streamed else client.respond(TURN))
    error = caught.value
    assert len(server.requests) == 2
    assert error.envelope is not None
    assert (error.code, error.envelope["message"]) == (forged, forged)
    assert str(error).isprintable()
    assert len(str(error)) < 5000
    ours = [record for record in caplog.records if record.name.startswith("uniqos")]
    assert any("retrying" in record.getMessage() for record in ours)
    shown = [record.getMessage() for record in ours] + [repr(vars(record)) for record in ours]
    shown += [str(vars(record).get("uniqos")) for record in ours] + [str(report) for report in reports]
    for event in notes.events:
        for value in map(str, dataclasses.astuple(event)):
            shown.append(value)
    assert "unknown" in shown
    for text in shown:
        assert text.isprintable()
        assert len(text) < 3000
        assert "forged" not in text
        assert "zeppelin" not in text


def walked(root: object) -> Iterator[tuple[str, object]]:
    """All that is reachable through attributes, slots and containers, with the way to it."""
    seen: set[int] = set()
    queue: list[tuple[str, object]] = [("client", root)]
    while queue:
        way, thing = queue.pop()
        if id(thing) in seen or isinstance(thing, (type, ModuleType, FunctionType, MethodType)):
            continue
        seen.add(id(thing))
        yield way, thing
        if isinstance(thing, dict):
            queue += [(f"{way}.key", key) for key in thing] + [(f"{way}[{key!r}]", thing[key]) for key in thing]
        elif isinstance(thing, (list, tuple, set, frozenset, deque)):
            queue += [(f"{way}[]", item) for item in thing]
        elif not isinstance(thing, (str, bytes, int, float)):
            names = {name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())}
            for name in names | set(getattr(thing, "__dict__", ())):
                queue.append((f"{way}.{name}", getattr(thing, name, None)))


def test_nothing_that_is_reachable_from_a_client_shows_its_key_or_the_password_of_its_proxy() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if header(request, "Accept") == "text/event-stream":
            streaming(WHOLE)(connection, request, number)
        elif number == 1:
            reply(connection, 429, b'{"error": {"code": "rate_limit_exceeded"}}', {"Retry-After": "0"})
        else:
            reply(connection, 200, ANSWER)

    basic = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    with RawServer(handle) as server:
        proxy = server.url.replace("http://", f"http://user:{PASSWORD}@")
        for options in ({}, {"proxy": proxy}):
            with UniqOS(SECRET, base_url=server.url, **options) as client:
                child = client.with_options(timeout=3)
                client.respond(TURN)
                stream = client.respond(**TURN, stream=True).open()
                things = list(walked([client, child, client.engine, client.personalities, stream]))
                stream.close()
            hidden = [thing for _, thing in things if isinstance(thing, bytes) and thing.endswith(SECRET.encode())]
            assert hidden  # else this looks in the wrong places
            for way, thing in things:
                for secret in (HIDDEN, PASSWORD, basic):
                    assert secret not in repr(thing), way


MALFORMED: list[Any] = [
    "SECRETSECRET99",
    "uniq_test_abcd-SECRETSECRET99",
    " uniq_test_SECRETSECRET99",
    "uniq_live_SECRETSECRET99\n",
    "Bearer uniq_test_SECRETSECRET99",
    b"uniq_test_SECRETSECRET99",
    bytearray(b"uniq_test_SECRETSECRET99"),
    ["uniq_test_SECRETSECRET99"],
    {"key": "uniq_test_SECRETSECRET99"},
]


def ours(error: BaseException) -> str:
    """What the frames of the SDK show in a traceback with local variables, those of causes and contexts included."""
    text, left = "", [error]
    while left:
        current = left.pop()
        seen = traceback.TracebackException.from_exception(current, capture_locals=True)
        text += f"{current!s} {current.args!r} {vars(current)!r}"
        text += "".join(f"{frame.name} {frame.locals}\n" for frame in seen.stack if "tests" not in frame.filename)
        left += [kept for kept in (current.__cause__, current.__context__) if kept]
    return text


@pytest.mark.parametrize("malformed", MALFORMED, ids=repr)
def test_a_malformed_key_is_in_no_error_and_no_local_variable_of_ours(malformed: Any, sandbox: Sandbox) -> None:
    client = UniqOS(SECRET, base_url="https://api.example")
    token = f"\r{malformed}" if isinstance(malformed, str) else malformed
    for attempt in (
        lambda: UniqOS(malformed),
        lambda: UniqOS(access_token=token),
        lambda: client.with_credentials(malformed),
        lambda: client.with_credentials(access_token=token),
        lambda: sandbox.async_client(api_key=malformed),
        lambda: sandbox.in_process_async_client(api_key=malformed).__enter__(),
    ):
        with pytest.raises(errors.ConfigurationError) as caught:
            attempt()
        text = ours(caught.value)
        assert "api_key" in text
        assert "SECRETSECRET" not in text


@pytest.mark.parametrize(
    "url",
    [
        "https://user:PASSWORD@host:bad",
        "https://user:PASSWORD@host:99999",
        "https://user:PASSWORD@",
        "https://PASSWORD@host",
        "https://user:PASSWORD",
        "https://user:PASSWORD%40host",
        "https:/user:PASSWORD@host",
        "https://user:PASS/PASSWORD@host:bad",
        "https://user:PASSWORD@[::1",
        "https://user:PASSWORD@ho\u2100st",
        "https://user:PASSWORD@ho st",
        "ftp://user:PASSWORD@host",
        "user:PASSWORD@host",
        "https://host?key=PASSWORD",
        "https://host:bad?key=PASSWORD",
        "https://host/#PASSWORD",
        "http://user:PASSWORD@1.2.3.999",
        b"https://user:PASSWORD@host",
    ],
)
def test_a_wrong_base_url_or_proxy_is_refused_without_what_it_holds(
    url: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(1)

    def by_environment() -> UniqOS:
        monkeypatch.setenv("UNIQOS_BASE_URL", url)
        return UniqOS(SECRET, log_level="debug")

    with pytest.raises(errors.ConfigurationError) as caught:
        UniqOS(SECRET, base_url=url, log_level="debug")
    text = ours(caught.value)
    if isinstance(url, str):
        with pytest.raises(errors.ConfigurationError) as caught:
            by_environment()
        text += ours(caught.value)
    monkeypatch.delenv("UNIQOS_BASE_URL", raising=False)
    try:
        UniqOS(SECRET, proxy=url, log_level="debug")
    except errors.ConfigurationError as error:
        text += ours(error)
    assert "base_url" in text
    assert "PASSWORD" not in text + caplog.text


def test_above_debug_a_call_that_succeeds_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with RawServer(lambda connection, request, number: reply(connection, 200, ANSWER)) as server:
        with UniqOS(SECRET, base_url=server.url, log_level="info") as client:
            client.respond(TURN)
    assert not caplog.records


def refused_by_a_proxy(url: str, **kind: Any) -> tuple[errors.UniqOSError, str]:
    """The error, and what the client shows of itself."""
    with ProxyServer("user:another", **kind) as proxy:
        with UniqOS(
            SECRET,
            base_url=url,
            proxy=proxy.url.replace("another", PASSWORD),
            max_retries=0,
            log_level="debug",
        ) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(TURN)
            return caught.value, f"{client!r} {vars(client._requester)}"


@pytest.mark.parametrize("url", ["http://api.example", "https://api.example"])
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ({}, "proxy_authentication_required"),
        ({"socks": True}, "proxy_authentication_required"),
        ({"socks": True, "nonsense": True}, "proxy_error"),
    ],
)
def test_a_proxy_that_refuses_tells_neither_key_nor_password(
    url: str, kind: dict[str, Any], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    error, shown = refused_by_a_proxy(url, **kind)
    assert error.code == code
    text = told(error) + logged(caplog) + shown
    assert SHOWN in text
    for secret in (HIDDEN, PASSWORD, base64.b64encode(f"user:{PASSWORD}".encode()).decode()):
        assert secret not in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"timeout": -1.0}, "invalid_request"),
        ({"base_url": "http://api.example"}, "configuration_error"),
        ({"log_level": "loud"}, "configuration_error"),
        ({"http_client": 7}, "configuration_error"),
        ({"access_token": "eyJ.SECRETSECRET99.x"}, "configuration_error"),
    ],
)
def test_a_client_that_could_not_be_made_tells_no_key(arguments: dict[str, Any], code: str) -> None:
    live = SECRET.replace("test", "live")
    with pytest.raises(errors.ConfigurationError) as caught:
        UniqOS(live, **arguments)
    error = caught.value
    assert error.code == code
    seen = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert len(seen.stack) > 1
    for frame in seen.stack[1:]:  # the first is this test, which knows the key
        assert HIDDEN not in repr(frame.locals)
    assert HIDDEN not in f"{error} {error!r} {vars(error)}"


def test_a_live_key_or_token_is_sent_over_plain_http_to_this_machine_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = SECRET.replace("test", "live")
    credentials: list[dict[str, Any]] = [{"api_key": live}, {"access_token": "eyJ.a.b"}]
    for credential in credentials:
        for url in (
            "http://api.uniqos.ai",
            "http://10.0.0.1:8000",
            "http://127.0.0.1.example",
            "http://localhost.example",
        ):
            with pytest.raises(errors.ConfigurationError, match="unencrypted"):
                UniqOS(**credential, base_url=url)
            with monkeypatch.context() as environment:
                environment.setenv("UNIQOS_BASE_URL", url)
                with pytest.raises(errors.ConfigurationError, match="unencrypted"):
                    UniqOS(**credential)
            with pytest.raises(errors.ConfigurationError, match="unencrypted"):
                UniqOS(SECRET, base_url=url).with_credentials(**credential)
        with RawServer(lambda connection, request, number: reply(connection, 200, ANSWER)) as server:
            with UniqOS(**credential, base_url=server.url) as client:
                client.respond(TURN)
            assert len(server.requests) == 1
        assert UniqOS(**credential, base_url="https://api.example").base_url == "https://api.example"
