"""An httpx client of the caller's: its default headers, params and cookies, and hooks that raise for the status."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from tests._async.calls.test_calls import ANSWER, OK, answers, failing
from tests._async.streams.test_streams import COMPLETION, HE, METADATA, streaming
from tests._async.support import KEY, TURN, make_client, slept
from tests.support.rawserver import RawServer, header, reply
from uniqos import errors

pytestmark = pytest.mark.anyio
OURS = {
    "Authorization": f"Bearer {KEY}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "Content-Type": "application/json",
}
"""What the SDK sends, whatever the client's defaults are."""


TRUST = ssl.create_default_context()


def new_client(**options: Any) -> httpx.AsyncClient:
    """A client of the caller's; a TLS context of its own would take most of a test's time."""
    return httpx.AsyncClient(verify=TRUST, **options)


async def sent_by(http_client: httpx.AsyncClient, **options: Any) -> bytes:
    """Send a turn through ``http_client``; gives the request as it arrived."""
    with RawServer(answers(OK)) as server:
        async with http_client:
            await make_client(server.url, http_client=http_client).respond(**TURN, **options)
    return server.requests[0]


def count(request: bytes, name: str) -> int:
    return request.partition(b"\r\n\r\n")[0].lower().count(b"\r\n" + name.lower().encode() + b":")


async def test_headers_params_and_cookies_of_the_client_are_sent() -> None:
    http_client = new_client(
        headers=[("X-Gateway-Key", "g"), ("X-Tag", "1"), ("X-Tag", "2")],
        params={"tenant": "t 1", "flag": ["a", "b"], "ä": "&="},
        cookies={"route": "a"},
    )
    request = await sent_by(http_client)
    assert request.split(b" ")[1] == b"/v1/respond?tenant=t+1&flag=a&flag=b&%C3%A4=%26%3D"
    assert (header(request, "X-Gateway-Key"), count(request, "X-Tag")) == ("g", 2)
    assert header(request, "Cookie") == "route=a"


@pytest.mark.parametrize("own", [*OURS, "Host", "Content-Length", "X-Uniqos-Sdk", "Idempotency-Key"])
async def test_what_the_sdk_sends_wins_over_a_default_of_the_client(own: str) -> None:
    request = await sent_by(new_client(headers={own: "77777", own.upper(): "77777"}))
    assert count(request, own) == 1
    assert header(request, own) != "77777"
    for name, value in OURS.items():
        assert (name, header(request, name)) == (name, value)


@pytest.mark.parametrize("name", ["Idempotency-Key", "Content-Type", "Transfer-Encoding", "Content-Length"])
async def test_what_only_the_sdk_may_set_is_not_taken_from_the_client_either(name: str) -> None:
    with RawServer(lambda connection, request, number: reply(connection, 200, b'{"id": "p"}')) as server:
        async with new_client(headers={name: "7"}) as http_client:
            client = make_client(server.url, http_client=http_client)
            await client.personalities.get("p")
            await client.personalities.archive("p")
    assert [header(request, name) for request in server.requests] == [None, "0" if name == "Content-Length" else None]


@pytest.mark.parametrize(
    ("of_client", "of_call", "sent"),
    [
        (None, None, "uniqos-python/"),
        ("my-app/1", None, "my-app/1"),
        (None, "this-call/2", "this-call/2"),
        ("my-app/1", "this-call/2", "this-call/2"),
    ],
)
async def test_the_user_agent_is_the_call_s_else_the_client_s_else_ours(
    of_client: str | None, of_call: str | None, sent: str
) -> None:
    http_client = new_client(headers={"User-Agent": of_client} if of_client else None)
    request = await sent_by(http_client, headers={"User-Agent": of_call} if of_call else None)
    assert (header(request, "User-Agent") or "").startswith(sent)
    assert count(request, "User-Agent") == 1


async def test_a_header_of_the_call_wins_over_the_client_s() -> None:
    http_client = new_client(headers={"X-Tenant": "client", "Cookie": "a=client"}, cookies={"b": "jar"})
    request = await sent_by(http_client, headers={"x-tenant": "call"})
    assert (header(request, "X-Tenant"), count(request, "X-Tenant")) == ("call", 1)
    assert (header(request, "Cookie"), count(request, "Cookie")) == ("a=client", 1)


async def test_the_query_of_the_call_stays_as_it_is_and_wins_over_the_client_s() -> None:
    with RawServer(
        lambda connection, request, number: reply(connection, 200, b'{"data": [], "next_cursor": null}')
    ) as server:
        async with new_client(params={"user_id": "client", "tenant": "t"}) as http_client:
            client = make_client(server.url, http_client=http_client)
            await client.interactions.list(user_id="ü 1+2")
            await client.personalities.list()
    assert [request.split(b" ")[1] for request in server.requests] == [
        b"/v1/interactions?user_id=%C3%BC+1%2B2&tenant=t",
        b"/v1/personalities?user_id=client&tenant=t",
    ]


async def test_cookies_go_where_they_belong_and_those_of_answers_come_back() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, ANSWER, {"Set-Cookie": "lb=2; Path=/v1/respond"} if number == 1 else {})

    cookies = httpx.Cookies()
    cookies.set("here", "1", domain="127.0.0.1", path="/v1")
    cookies.set("elsewhere", "1", domain="other.example")
    cookies.set("deeper", "1", domain="127.0.0.1", path="/v1/personalities")
    with RawServer(handle) as server:
        async with new_client(cookies=cookies) as http_client:
            client = make_client(server.url, http_client=http_client)
            for _ in range(2):
                await client.respond(**TURN)
            await client.personalities.archive("p")
    found = [sorted((header(request, "Cookie") or "").split("; ")) for request in server.requests]
    assert found == [["here=1"], ["here=1", "lb=2"], ["deeper=1", "here=1"]]


async def test_a_hook_sees_the_request_as_it_is_sent_and_each_attempt_has_the_defaults_once() -> None:
    seen: list[tuple[str, str | None]] = []

    async def look(request: httpx.Request) -> None:
        seen.append((str(request.url.query), request.headers.get("x-tenant")))

    with RawServer(answers((503, {"Retry-After": "0"}, b""), OK)) as server:
        async with new_client(
            headers={"X-Tenant": "t"}, params={"a": "1"}, event_hooks={"request": [look]}
        ) as http_client:
            await make_client(server.url, http_client=http_client).respond(**TURN)
    assert seen == [("b'a=1'", "t")] * 2
    assert [count(request, "X-Tenant") for request in server.requests] == [1, 1]


async def test_streams_warm_up_and_other_credentials_have_the_defaults_too() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 1:
            streaming(METADATA, HE, COMPLETION)(connection, request, number)
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" if number == 2 else b"")
            if number == 3:
                reply(connection, 200, ANSWER)

    with RawServer(handle) as server:
        async with new_client(headers={"X-Tenant": "t"}) as http_client:
            client = make_client(server.url, http_client=http_client)
            await client.respond(**TURN, stream=True).until_done()
            await client.warm_up()
            await client.with_credentials("uniq_test_another99").respond(**TURN)
    assert [header(request, "X-Tenant") for request in server.requests] == ["t"] * 3


async def test_base_url_and_timeout_of_the_client_are_ignored() -> None:
    http_client = new_client(base_url="http://elsewhere.example/prefix", timeout=1e-9, follow_redirects=True)
    request = await sent_by(http_client)
    assert request.startswith(b"POST /v1/respond HTTP/1.1\r\n")


async def reads_and_raises(response: httpx.Response) -> None:
    await response.aread()
    response.raise_for_status()


async def raises(response: httpx.Response) -> None:
    response.raise_for_status()


async def reads_a_piece_and_raises(response: httpx.Response) -> None:
    async for _ in response.aiter_raw(8):
        break
    response.raise_for_status()


class Raises(httpx.Auth):
    """Looks at the answer itself, as some auth does."""

    requires_response_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield request
        response.raise_for_status()


WHOLE = {
    "a hook": {"event_hooks": {"response": [reads_and_raises]}},
    "auth": {"auth": Raises()},
}
LOST = {
    "a hook that does not read": {"event_hooks": {"response": [raises]}},
    "a hook that reads a piece": {"event_hooks": {"response": [reads_a_piece_and_raises]}},
}
REFUSALS: dict[tuple[int, str], tuple[type[errors.APIError], int]] = {
    (400, "guardrail_blocked"): (errors.GuardrailBlockError, 1),
    (401, "invalid_token"): (errors.AuthenticationError, 1),
    (402, "payment_required"): (errors.PaymentRequiredError, 1),
    (403, "permission_denied"): (errors.PermissionError, 1),
    (404, "not_found"): (errors.NotFoundError, 1),
    (409, "conflict"): (errors.ConflictError, 1),
    (422, "validation_error"): (errors.ValidationError, 1),
    (429, "rate_limit_exceeded"): (errors.RateLimitError, 4),
    (429, "quota_exhausted"): (errors.QuotaExhaustedError, 1),
    (500, "internal_error"): (errors.APIError, 4),
    (502, "upstream_llm_error"): (errors.UpstreamLLMError, 4),
    (503, "service_unavailable"): (errors.ServiceUnavailableError, 4),
    (504, "turn_timeout"): (errors.TurnTimeoutError, 1),
}


@pytest.mark.parametrize("stream", [False, True], ids=["answer", "stream"])
@pytest.mark.parametrize("way", list(WHOLE))
@pytest.mark.parametrize(("status", "code"), list(REFUSALS))
async def test_a_refusal_for_which_a_hook_or_auth_raises_is_the_api_s_own(
    status: int, code: str, way: str, stream: bool
) -> None:
    kind, attempts = REFUSALS[status, code]
    refused = failing(status, code, x_request_id="req_1", retry_after="0")
    with RawServer(answers(refused)) as server:
        async with new_client(**WHOLE[way]) as http_client:
            client = make_client(server.url, http_client=http_client)
            with pytest.raises(errors.APIError) as caught:
                if stream:
                    await client.respond(**TURN, stream=True).until_done()
                else:
                    await client.respond(**TURN)
    error = caught.value
    assert type(error) is kind
    assert (error.http_status, error.code, error.request_id, error.from_api) == (status, code, "req_1", True)
    assert error.envelope == json.loads(refused[2])["error"]
    assert error.http is not None
    assert error.http.headers["x-request-id"] == "req_1"
    assert len(server.requests) == attempts
    assert len({header(request, "Idempotency-Key") for request in server.requests}) == 1


@pytest.mark.parametrize("way", list(LOST))
@pytest.mark.parametrize(("status", "attempts"), [(401, 1), (403, 1), (404, 1), (429, 1), (500, 4), (503, 4), (504, 1)])
async def test_a_refusal_that_a_hook_has_not_read_is_told_by_its_status(status: int, attempts: int, way: str) -> None:
    refused = failing(status, "other_words", x_request_id="req_1", retry_after="7")
    with RawServer(answers(refused)) as server:
        async with new_client(**LOST[way]) as http_client:
            client = make_client(server.url, http_client=http_client)
            with pytest.raises(errors.APIError) as caught:
                await client.respond(**TURN)
            assert slept(client) == [7.0] * (attempts - 1)
    error = caught.value
    assert type(error) is errors.error_class(None, status)
    assert (error.http_status, error.request_id, error.complete, error.from_api) == (status, "req_1", False, False)
    assert error.retry_after_seconds == 7.0
    assert len(server.requests) == attempts


@pytest.mark.parametrize("way", [*WHOLE, *LOST])
async def test_a_call_without_a_key_is_sent_again_only_if_the_hook_has_read_the_api_s_word(way: str) -> None:
    refused = failing(503, "service_unavailable", retry_after="0")
    with RawServer(answers(refused)) as server:
        async with new_client(**{**WHOLE, **LOST}[way]) as http_client:
            with pytest.raises(errors.ServiceUnavailableError):
                await make_client(server.url, http_client=http_client).personalities.appeal("p")
    assert len(server.requests) == (4 if way in WHOLE else 1)


@pytest.mark.parametrize("way", [*WHOLE, *LOST])
async def test_an_answer_after_a_retry_is_an_answer_and_a_redirect_a_redirect(way: str) -> None:
    moved = (307, {"Location": "http://elsewhere.example/"}, b"")
    with RawServer(answers((503, {"Retry-After": "0"}, b"{}"), OK, moved)) as server:
        async with new_client(**{**WHOLE, **LOST}[way]) as http_client:
            client = make_client(server.url, http_client=http_client)
            if way != "a hook that reads a piece":  # which makes any answer unreadable
                assert (await client.respond(**TURN)).response == "Hi!"
                with pytest.raises(errors.ResponseDecodeError, match="redirects are not followed") as caught:
                    await client.respond(**TURN)
                assert (caught.value.code, caught.value.http_status) == ("redirect", 307)
                assert len(server.requests) == 3


class Token(httpx.Auth):
    """Asks another server for a token first."""

    def __init__(self, url: str) -> None:
        self.url = url

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield httpx.Request("POST", self.url)
        response.raise_for_status()
        yield request


@pytest.mark.parametrize("status", [401, 429, 503])
async def test_a_refusal_of_another_server_is_not_taken_for_the_api_s(status: int) -> None:
    with RawServer(answers((status, {}, b"{}"))) as tokens, RawServer(answers(OK)) as server:
        async with new_client(auth=Token(tokens.url)) as http_client:
            client = make_client(server.url, http_client=http_client)
            with pytest.raises(httpx.HTTPStatusError) as caught:
                await client.respond(**TURN)
    assert caught.value.response.status_code == status
    assert (len(tokens.requests), len(server.requests)) == (1, 0)


class Mine(Exception):
    """An error of the caller's own."""


@pytest.mark.parametrize("where", ["request", "response"])
async def test_an_error_of_a_hook_s_own_comes_as_it_is_and_is_not_tried_again(where: str) -> None:
    async def fail(message: httpx.Request | httpx.Response) -> None:
        raise Mine

    with RawServer(answers(OK)) as server:
        async with new_client(event_hooks={where: [fail]}) as http_client:
            with pytest.raises(Mine):
                await make_client(server.url, http_client=http_client).respond(**TURN)
    assert len(server.requests) == (where == "response")


async def test_a_success_of_which_a_hook_does_not_approve_is_its_own_error() -> None:
    async def disapprove(response: httpx.Response) -> None:
        raise httpx.HTTPStatusError("no", request=response.request, response=response)

    with RawServer(answers(OK)) as server:
        async with new_client(event_hooks={"response": [disapprove]}) as http_client:
            with pytest.raises(httpx.HTTPStatusError, match="no"):
                await make_client(server.url, http_client=http_client).respond(**TURN)
    assert len(server.requests) == 1
