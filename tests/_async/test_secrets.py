"""The key and the words of people: in no text of ours, whatever fails, and however closely one looks."""

from __future__ import annotations

import base64
import copy
import logging
import pickle
import socket
import traceback
from typing import Any

import pytest

from tests._async.failures import FAILURES, SECRET, TURN, WORDS, failed
from tests._async.test_calls import ANSWER
from tests._async.test_streams import WHOLE, streaming
from tests.proxyserver import ProxyServer
from tests.rawserver import RawServer, header, reply
from uniqos import AsyncUniqOS, errors

pytestmark = pytest.mark.anyio
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
async def test_a_failure_tells_no_key_logs_no_words_and_survives_pickle_and_copies(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    error, server = await failed(name, log_level="debug")
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


async def test_the_local_variables_of_the_callers_own_errors_are_left_alone() -> None:
    def mine() -> None:
        note = "of the caller"
        raise KeyError(note)

    try:
        mine()
    except KeyError as own:
        error, _ = await failed("no time to send")
        text = "".join(traceback.TracebackException.from_exception(own, capture_locals=True).format())
    assert type(error) is errors.NetworkError
    assert "note = 'of the caller'" in text


async def test_no_success_tells_the_key_or_logs_the_words(caplog: pytest.LogCaptureFixture) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if header(request, "Accept") == "text/event-stream":
            streaming(WHOLE)(connection, request, number)
        else:
            reply(connection, 200, ANSWER, {"X-Request-Id": "req_1"})

    caplog.set_level(1)
    with RawServer(handle) as server:
        async with AsyncUniqOS(SECRET, base_url=server.url, log_level="debug") as client:
            answer = await client.respond(TURN)
            stream = await client.respond(**TURN, stream=True).until_done()
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


async def test_above_debug_a_call_that_succeeds_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with RawServer(lambda connection, request, number: reply(connection, 200, ANSWER)) as server:
        async with AsyncUniqOS(SECRET, base_url=server.url, log_level="info") as client:
            await client.respond(TURN)
    assert not caplog.records


async def refused_by_a_proxy(url: str, **kind: Any) -> tuple[errors.UniqOSError, str]:
    """The error, and what the client shows of itself."""
    with ProxyServer("user:another", **kind) as proxy:
        async with AsyncUniqOS(
            SECRET,
            base_url=url,
            proxy=proxy.url.replace("another", PASSWORD),
            max_retries=0,
            log_level="debug",
        ) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(TURN)
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
async def test_a_proxy_that_refuses_tells_neither_key_nor_password(
    url: str, kind: dict[str, Any], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    error, shown = await refused_by_a_proxy(url, **kind)
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
async def test_a_client_that_could_not_be_made_tells_no_key(arguments: dict[str, Any], code: str) -> None:
    live = SECRET.replace("test", "live")
    with pytest.raises(errors.ConfigurationError) as caught:
        AsyncUniqOS(live, **arguments)
    error = caught.value
    assert error.code == code
    seen = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert len(seen.stack) > 1
    for frame in seen.stack[1:]:  # the first is this test, which knows the key
        assert HIDDEN not in repr(frame.locals)
    assert HIDDEN not in f"{error} {error!r} {vars(error)}"


async def test_a_live_key_or_token_is_sent_over_plain_http_to_this_machine_only(
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
                AsyncUniqOS(**credential, base_url=url)
            with monkeypatch.context() as environment:
                environment.setenv("UNIQOS_BASE_URL", url)
                with pytest.raises(errors.ConfigurationError, match="unencrypted"):
                    AsyncUniqOS(**credential)
            with pytest.raises(errors.ConfigurationError, match="unencrypted"):
                AsyncUniqOS(SECRET, base_url=url).with_credentials(**credential)
        with RawServer(lambda connection, request, number: reply(connection, 200, ANSWER)) as server:
            async with AsyncUniqOS(**credential, base_url=server.url) as client:
                await client.respond(TURN)
            assert len(server.requests) == 1
        assert AsyncUniqOS(**credential, base_url="https://api.example").base_url == "https://api.example"
