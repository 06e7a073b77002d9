# Generated from _async/calls/test_resends.py by python -m uniqos._generate. Do not edit.
"""Any answer to any operation: how often it is asked, with which key, is what the retry policy promises."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests._sync.support import FakeClock, make_client
from uniqos import UniqOS, errors
from uniqos._policy.retry import may_resend, plan_by_error
from uniqos._sync import attempts
from uniqos._wire.operation import Operation
from uniqos.api import operations

OPERATIONS = operations()
BODIES: dict[str, dict[str, Any]] = {
    "RespondRequest": {"personality_id": "p", "message": "m"},
    "SwitchOrganization": {"organization_id": "o"},
}
CODES = ["rate_limit_exceeded", "service_unavailable", "quota_exhausted", "internal_error", "turn_timeout", "Other", ""]
ENVELOPE = st.fixed_dictionaries(
    {"code": st.sampled_from(CODES) | st.none() | st.integers()}, optional={"message": st.text(max_size=5)}
).map(lambda error: json.dumps({"error": error}).encode())
BODY = st.one_of(
    ENVELOPE,
    ENVELOPE.map(lambda body: body[:-1]),
    ENVELOPE.map(lambda body: b"[" + body + b"]"),
    ENVELOPE.map(lambda body: b'{"error":' + body + b"}"),
    st.sampled_from([b"", b"{}", b"<html>503</html>", b'{"error": "service_unavailable"}', b"\xef\xbb\xbf{}"]),
    st.binary(max_size=8),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            ["application/json", "application/problem+json", "text/html", "text/plain", ""]
        ),
        "Retry-After": st.sampled_from(["0", "2", "60", "61", "-1", "soon", "Thu, 01 Jan 1970 00:20:00 GMT"]),
        "Content-Encoding": st.sampled_from(["gzip", "br", "identity"]),
        "X-RateLimit-Limit": st.sampled_from(["1", "100", "0", "-5", "x"]),
        "X-RateLimit-Remaining": st.just("0"),
        "Location": st.just("http://elsewhere.example/"),
    },
)
STATUS = st.sampled_from([429, 500, 502, 503]) | st.integers(200, 599)
FAILURES = st.sampled_from(
    [
        *(httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.ReadTimeout("x"), httpx.ReadError("x")),
        *(httpx.RemoteProtocolError("x"), httpx.PoolTimeout("x"), httpx.WriteError("x"), httpx.ProxyError("x")),
    ]
)
ANSWERS = st.tuples(STATUS, HEADERS, BODY) | FAILURES


def call(client: UniqOS, op: Operation[Any]) -> Any:
    body = None if op.body is None else BODIES.get(op.body.__name__)
    if op.body is not None and body is None:
        body = {name: "x" for name, info in op.body.model_fields.items() if info.is_required()}
    return client._requester.call(op, body, {}, *["x"] * len(op.params))


def proves_that_nothing_ran(answer: Any) -> bool:
    """Said again in the test's own words: the API's whole envelope, or a failure before anything was sent."""
    if isinstance(answer, Exception):
        return isinstance(answer, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError))
    status, headers, body = answer
    kind = headers.get("Content-Type", "")
    if (kind and not kind.endswith("json")) or headers.get("Content-Encoding", "identity") != "identity":
        return False
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, TypeError, KeyError):
        return False
    return (status, code) in [(429, "rate_limit_exceeded"), (503, "service_unavailable")]


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(OPERATIONS)), answers=st.lists(ANSWERS, min_size=4, max_size=4))
def test_a_call_is_repeated_as_the_policy_says_and_always_with_the_same_key(name: str, answers: list[Any]) -> None:
    op = OPERATIONS[name]
    sent: list[httpx.Request] = []
    allowed: list[bool] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        answer = answers[len(sent) - 1]
        if isinstance(answer, Exception):
            raise answer
        status, headers, body = answer
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    with httpx.Client(transport=httpx.MockTransport(handle)) as http_client:
        client = make_client("http://api.example", http_client=http_client)

        def note(resend: Any, error: errors.UniqOSError, *rest: Any) -> Any:
            allowed.append(may_resend(op.resend, error))
            return plan_by_error(resend, error, *rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(attempts, "plan_by_error", note)
            try:
                call(client, op)
            except errors.UniqOSError:
                pass
        clock = client._requester.clock
        assert isinstance(clock, FakeClock)
    assert 1 <= len(sent) <= 4
    assert all(allowed[: len(sent) - 1])
    assert len({request.headers.get("idempotency-key") for request in sent}) == 1
    assert ("idempotency-key" in sent[0].headers) is (op.resend in ("keyed", "billed"))
    assert all(0 <= seconds <= 60 for seconds in clock.slept)
    for answer in answers[: len(sent) - 1]:
        if op.resend in ("once", "limited"):
            assert proves_that_nothing_ran(answer)
        if op.resend == "billed":
            assert not isinstance(answer, httpx.ReadTimeout)
        if not isinstance(answer, Exception):
            assert answer[0] in (429, 500, 502, 503)
