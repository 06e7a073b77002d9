"""Faults that are switched on for requests to come, and what the journal tells of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests._async.support import client_of
from uniqos import (
    APIError,
    ConfigurationError,
    NetworkError,
    RateLimitError,
    ResponseDecodeError,
    ServiceUnavailableError,
)
from uniqos.sandbox import FAULTS, Latency, Rule, Sandbox, serve
from uniqos.sandbox.state.store import Store

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def local() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        yield running


@pytest.fixture
def sandbox(local: Sandbox) -> Sandbox:
    local.reset()
    return local


def turn(sandbox: Sandbox) -> dict[str, str]:
    return {"personality_id": sandbox.personality_id, "message": "hello"}


async def test_a_rule_fails_the_requests_it_speaks_of_and_no_others(sandbox: Sandbox) -> None:
    sandbox.fault(method="POST", path="/v1/respond", code="service_unavailable", retry_after="0", times=2)
    async with client_of(sandbox, fake_clock=False) as client:
        await client.personalities.list()
        answer = await client.respond(**turn(sandbox))
        assert answer.http is not None
        assert answer.http.retries == 2
    assert sandbox.turns_billed == 1
    (call,) = [one for one in sandbox.journal.calls() if one["attempts"] > 1]
    assert call["statuses"] == [503, 503, 200]


async def test_a_rule_may_be_about_the_nth_request_and_carry_another_status(sandbox: Sandbox) -> None:
    sandbox.fault(path="/v1/personalities*", nth=2, code="rate_limit_exceeded", status=429, retry_after="7")
    async with client_of(sandbox, fake_clock=False, max_retries=0) as client:
        await client.personalities.list()
        with pytest.raises(RateLimitError) as caught:
            await client.personalities.list()
        await client.personalities.list()
    assert caught.value.retry_after_seconds == 7


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"content_type": "text/html"}, ResponseDecodeError),
        ({"truncate": 10}, ResponseDecodeError),
        ({"redirect": "http://evil.example/"}, ResponseDecodeError),
        ({"gzip_bomb": 64}, ResponseDecodeError),
        ({"drop": True}, NetworkError),
        ({"code": "internal_error", "status": 599}, APIError),
        ({"latency": {"ms": 400}}, NetworkError),
    ],
)
async def test_each_kind_of_fault_is_the_error_that_it_should_be(
    sandbox: Sandbox, rule: dict[str, object], error: type[Exception]
) -> None:
    sandbox.fault(path="/v1/personalities", **rule)
    async with client_of(sandbox, fake_clock=False, max_retries=0, timeout=0.3 if "latency" in rule else 10) as client:
        with pytest.raises(error):
            await client.personalities.list()
    sandbox.clear_faults()
    async with client_of(sandbox, fake_clock=False) as client:
        await client.personalities.list()


async def test_a_turn_whose_answer_was_dropped_is_billed_once_and_comes_again(sandbox: Sandbox) -> None:
    sandbox.fault(path="/v1/respond", drop=True, times=1)
    async with client_of(sandbox, fake_clock=False) as client:
        answer = await client.respond(**turn(sandbox))
    assert answer.http is not None
    assert (answer.http.retries, answer.http.headers.get("idempotent-replayed")) == (1, "true")
    assert sandbox.turns_billed == 1


@pytest.mark.parametrize("fault", list(FAULTS))
async def test_each_fault_below_http_is_survived_and_billed_once(sandbox: Sandbox, fault: str) -> None:
    with sandbox.proxy(fault, times=1) as url:  # type: ignore[arg-type]
        async with client_of(sandbox, fake_clock=False, base_url=url) as client:
            await client.respond(**turn(sandbox))
            await client.personalities.list()
    assert sandbox.turns_billed == 1


async def test_without_retries_each_fault_below_http_is_a_network_error(sandbox: Sandbox) -> None:
    for fault in FAULTS:
        with sandbox.proxy(fault) as url:
            async with client_of(sandbox, fake_clock=False, base_url=url, max_retries=0, timeout=0.5) as client:
                if fault == "cut_keep_alive":
                    await client.respond(**turn(sandbox))
                    continue
                with pytest.raises(NetworkError):
                    await client.respond(**turn(sandbox))


async def test_the_time_can_stand_still_and_move_on(sandbox: Sandbox) -> None:
    sandbox.clock.freeze()
    async with client_of(sandbox, fake_clock=False) as client:
        first = await client.personalities.create(name="A")
        sandbox.clock.advance(3600)
        second = await client.personalities.create(name="B")
    assert first["created_at"][:13] != second["created_at"][:13]


async def test_after_a_reset_all_is_as_at_the_start(sandbox: Sandbox) -> None:
    sandbox.fault(code="service_unavailable")
    sandbox.reset()
    async with client_of(sandbox, fake_clock=False, max_retries=0) as client:
        made = await client.personalities.create(name="A")
        sandbox.reset()
        assert made.id not in [one.id for one in (await client.personalities.list()).data]
    assert sandbox.turns_billed == 0


async def test_a_rule_that_is_none_is_refused(sandbox: Sandbox) -> None:
    nothing: list[dict[str, object]] = [{}, {"path": "/v1/respond", "times": 2}, {"drop": False}]
    texts = [{name: text} for name in ("retry_after", "content_type", "redirect") for text in ("ä", "1\r\nX: 2", " 1")]
    for wrong in ({"code": "nonsense"}, {"nht": 1}, {"status": 99}, *nothing, *texts):
        with pytest.raises(ConfigurationError, match="the rule of a fault is not valid"):
            sandbox.fault(**wrong)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"latency": 3},
            "latency: Input should be a valid dictionary or instance of Latency. latency is: The time that",
        ),
        ({"latency": {"ms": -1}}, "latency.ms: Input should be greater than or equal to 0"),
        ({"code": "nonsense"}, "not valid: code must be one of validation_error, guardrail_blocked, "),
        ({"nht": 1}, "it has no field 'nht'; its fields are method, path, nth, "),
        ({"nth": 0}, "nth: Input should be greater than or equal to 1. nth is: The number of the one matching request"),
        ({"retry_after": " 1"}, "retry_after: it must be printable ASCII without a space at either end"),
        ({}, "a rule must change the answer: give one of latency, code, status, "),
    ],
)
async def test_a_wrong_rule_is_told_with_the_field_and_its_meaning(
    sandbox: Sandbox, fields: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sandbox.fault(**fields)
    text = str(caught.value)
    assert message in text
    assert "Value error" not in text
    assert "body:" not in text


async def test_every_field_of_a_rule_is_described() -> None:
    for model in (Rule, Latency):
        assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize(("fault", "times"), [("nonsense", None), ("drip", -1)])
async def test_a_fault_that_is_none_is_refused(sandbox: Sandbox, fault: Any, times: int | None) -> None:
    with pytest.raises(ConfigurationError, match="fault"):
        with sandbox.proxy(fault, times=times):
            pass


async def test_the_error_of_a_rule_is_the_apis(sandbox: Sandbox) -> None:
    sandbox.fault(code="service_unavailable")
    async with client_of(sandbox, fake_clock=False, max_retries=0) as client:
        with pytest.raises(ServiceUnavailableError) as caught:
            await client.personalities.list()
    assert caught.value.request_id is not None
    assert sandbox.journal.entries()[0]["request_id"] == caught.value.request_id


@pytest.mark.parametrize("of_a_rule", [True, False])
async def test_a_rule_changes_the_answer_of_an_error_as_any_other(sandbox: Sandbox, of_a_rule: bool) -> None:
    path = "/v1/personalities" if of_a_rule else "/v1/nowhere"
    code = {"code": "service_unavailable"} if of_a_rule else {}
    sandbox.fault(path=path, content_type="text/html", truncate=9, retry_after="3", **code)
    async with httpx.AsyncClient() as plain:
        answer = await plain.get(sandbox.url + path, headers={"Authorization": f"Bearer {sandbox.api_key}"})
    assert (answer.status_code, answer.text) == (503 if of_a_rule else 404, '{"error":')
    assert [answer.headers[name] for name in ("content-type", "retry-after")] == ["text/html", "3"]
    assert sandbox.journal.entries()[0]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_that_has_no_body_is_sent_without_one(sandbox: Sandbox, status: int) -> None:
    sandbox.fault(path="/v1/personalities", status=status, times=1)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {sandbox.api_key}"}) as plain:
        answer = await plain.get(sandbox.url + "/v1/personalities")
        assert (answer.status_code, answer.content) == (status, b"")
        assert "content-length" not in answer.headers
        # Over the same connection: nothing of a body is left on it.
        assert (await plain.get(sandbox.url + "/v1/personalities")).status_code == 200


async def test_a_request_is_noted_though_the_store_is_broken(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Store, "one", broken)
    async with client_of(sandbox, fake_clock=False, max_retries=0) as client:
        with pytest.raises(APIError) as caught:
            await client.personalities.list()
    (entry,) = sandbox.journal.entries()
    assert (caught.value.http_status, entry["status"], entry["turns_billed"]) == (500, 500, 0)
