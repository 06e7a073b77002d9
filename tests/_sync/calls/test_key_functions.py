# Generated from _async/calls/test_key_functions.py by python -m uniqos._generate. Do not edit.
"""An API key that a function gives: read once for each call, checked as any key, and in no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests._sync.calls.test_calls import OK, answers, failing
from tests._sync.calls.test_secrets import told
from tests._sync.support import KEY, TURN, FakeClock, slept
from tests.support.rawserver import RawServer, header
from uniqos import UniqOS, errors

HIDDEN = "ROTATINGSECRET9"
FIRST, SECOND = "uniq_test_first12345", "uniq_test_second1234"
LIMITED = failing(429, "rate_limit_exceeded", Retry_After="2")


def client_of(url: str, source: Any, **options: Any) -> UniqOS:
    client = UniqOS(source, base_url=url, **options)
    client._requester.clock = FakeClock()
    return client


def keys_sent(server: RawServer) -> list[str | None]:
    return [header(request, "Authorization") for request in server.requests]


def test_the_function_is_called_once_for_each_call_and_not_for_each_attempt() -> None:
    keys: Iterator[str] = iter((FIRST, SECOND))
    with RawServer(answers(LIMITED, OK)) as server:
        with client_of(server.url, lambda: next(keys)) as client:
            assert client.environment is None
            client.respond(**TURN)
            client.with_options(timeout=9).respond(**TURN)
            assert "<function>" in repr(client)
            assert len(slept(client)) >= 1
    assert keys_sent(server) == [f"Bearer {FIRST}", f"Bearer {FIRST}", f"Bearer {SECOND}"]


def test_the_clients_headers_and_those_of_a_middleware_go_out_with_the_key_of_a_function() -> None:
    def trace(attempt: Any, next: Any) -> Any:
        return next(attempt.with_headers({"X-Trace": "t1", "X-Own": "middleware"}))

    with RawServer(answers(OK)) as server:
        options: dict[str, Any] = {"headers": {"X-Gateway": "g1", "X-Own": "client"}, "middleware": [trace]}
        with client_of(server.url, lambda: FIRST, **options) as client:
            client.respond(**TURN)
        with client_of(server.url, lambda: FIRST, headers={"X-Gateway": "g1"}) as client:
            client.respond(**TURN)
    first, second = server.requests
    assert [header(first, name) for name in ("X-Gateway", "X-Own", "X-Trace")] == ["g1", "middleware", "t1"]
    assert header(second, "X-Gateway") == "g1"
    assert first.count(b"X-Own") + first.count(b"x-own") == 1
    assert keys_sent(server) == [f"Bearer {FIRST}"] * 2


def test_other_credentials_may_be_a_function_too_and_a_key_replaces_one() -> None:
    with RawServer(answers(OK)) as server:
        with client_of(server.url, FIRST) as client:
            other = client.with_credentials(lambda: SECOND)
            other.respond(**TURN)
            other.with_credentials(FIRST).respond(**TURN)
            other.with_credentials(access_token="eyJ.a.b").respond(**TURN)
    assert keys_sent(server) == [f"Bearer {SECOND}", f"Bearer {FIRST}", "Bearer eyJ.a.b"]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "missing_api_key"),
        (None, "missing_api_key"),
        (7, "missing_api_key"),
        ("sk-1", "invalid_api_key_format"),
    ],
)
def test_a_wrong_key_of_the_function_is_told_before_anything_is_sent(key: Any, code: str) -> None:
    with RawServer(answers(OK)) as server:
        with client_of(server.url, lambda: key) as client:
            with pytest.raises(errors.ConfigurationError) as caught:
                client.respond(**TURN)
            stream = client.respond(**TURN, stream=True)
            with pytest.raises(errors.ConfigurationError):
                stream.open()
    assert caught.value.code == code
    assert not server.requests


@dataclass
class Vault:
    """A function with a key of its own, which Python cannot hash."""

    key: str = KEY

    def __call__(self) -> str:
        return self.key


def test_a_function_that_cannot_be_hashed_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(errors.ConfigurationError, match=r"Vault.*__hash__") as caught:
        client_of("http://127.0.0.1:9", Vault())
    assert KEY not in str(caught.value)


def test_a_function_that_fails_is_told_without_the_secrets_in_its_variables() -> None:
    def fetch() -> str:
        secret = f"uniq_test_{HIDDEN}"
        raise LookupError(f"no vault, {len(secret)}")

    with RawServer(answers(OK)) as server:
        with client_of(server.url, fetch) as client:
            with pytest.raises(errors.ConfigurationError, match=r"raised LookupError") as caught:
                client.respond(**TURN)
    assert caught.value.code == "api_key_unavailable"
    assert isinstance(caught.value.__cause__, LookupError)
    variables = told(caught.value).replace('secret = f"uniq_test_{HIDDEN}"', "")
    assert HIDDEN not in variables
    assert not server.requests


def test_a_malformed_key_of_the_function_is_shown_nowhere() -> None:
    with client_of("http://127.0.0.1:1", Source("".join(["uniq_test_", HIDDEN, " "]))) as client:
        with pytest.raises(errors.ConfigurationError) as caught:
            client.respond(**TURN)
    assert caught.value.code == "invalid_api_key_format"
    assert HIDDEN not in told(caught.value)


def test_a_call_that_fails_shows_no_key_of_the_function() -> None:
    key = "".join(["uniq_test_", HIDDEN])
    with RawServer(answers(failing(401, "authentication_error"))) as server:
        client = client_of(server.url, Source(key))
        with pytest.raises(errors.AuthenticationError) as caught:
            client.respond(**TURN)
        client.close()
    del key
    assert HIDDEN not in told(caught.value)
    assert keys_sent(server) == [f"Bearer uniq_test_{HIDDEN}"]


class Source:
    """A function object, whose repr shows nothing of its key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self) -> str:
        return self._key


def test_a_live_key_of_the_function_is_not_sent_unencrypted() -> None:
    client = UniqOS(lambda: "uniq_live_abcd1234", base_url="http://api.example")
    with pytest.raises(errors.ConfigurationError, match=r"unencrypted"):
        client.respond(**TURN)
    client.close()


def test_each_key_has_its_own_rate_limiter() -> None:
    keys: Iterator[str] = iter((FIRST, SECOND))
    with RawServer(answers(LIMITED, OK)) as server:
        with client_of(server.url, lambda: next(keys), max_retries=0) as client:
            with pytest.raises(errors.RateLimitError):
                client.respond(**TURN)
            client.respond(**TURN)
            assert not slept(client)
    assert len(server.requests) == 2
