"""Clients go into the processes of a pool; answers and errors come back from there whole."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.support.pooled_calls import respond
from uniqos import AsyncUniqOS, UniqOS, errors, models
from uniqos.sandbox import Sandbox, serve

both = pytest.mark.parametrize("flavour", ["sync", "async"])


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as running:
        yield running


@pytest.fixture(scope="module")
def billing() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        yield running


def client_of(sandbox: Sandbox, flavour: str) -> UniqOS | AsyncUniqOS:
    make = UniqOS if flavour == "sync" else AsyncUniqOS
    return make(sandbox.api_key, base_url=sandbox.url, max_retries=0)


@both
def test_an_answer_comes_back_from_another_process_whole(
    pool: ProcessPoolExecutor, billing: Sandbox, flavour: str
) -> None:
    client = client_of(billing, flavour)
    before = billing.turns_billed
    turn = {"personality_id": billing.personality_id, "message": "hello"}
    for process, answer in pool.map(respond, [client] * 3, [turn] * 3):
        assert process != os.getpid()
        assert type(answer) is models.RespondResult
        assert answer.response == answer["response"]
        assert answer.usage is not None
        assert answer.http is not None
        assert answer.http.request_id
        assert answer.http.rate_limit is not None
    assert billing.turns_billed == before + 3


@both
@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("error=rate_limit_exceeded;retry_after=7", errors.RateLimitError),
        ("error=quota_exhausted", errors.QuotaExhaustedError),
        ("error=guardrail_blocked", errors.GuardrailBlockError),
    ],
)
def test_an_error_comes_back_from_another_process_whole(
    pool: ProcessPoolExecutor, billing: Sandbox, flavour: str, mark: str, kind: type[errors.APIError]
) -> None:
    turn = {"personality_id": billing.personality_id, "message": f"[[uniqos:{mark}]]"}
    with pytest.raises(errors.APIError) as caught:
        pool.submit(respond, client_of(billing, flavour), turn).result(30)
    error = caught.value
    assert type(error) is kind
    assert error.request_id == billing.journal.entries()[0]["request_id"]
    assert error.envelope is not None
    assert error.envelope["code"] == error.code
    assert error.retry_after_seconds == (7 if kind is errors.RateLimitError else None)


@both
def test_a_broken_answer_comes_back_from_another_process_with_what_fits(
    pool: ProcessPoolExecutor, billing: Sandbox, flavour: str
) -> None:
    turn = {"personality_id": billing.personality_id, "message": "hello"}
    billing.fault(path="/v1/respond", truncate=20, times=1)
    with pytest.raises(errors.ResponseDecodeError) as caught:
        pool.submit(respond, client_of(billing, flavour), turn).result(30)
    assert len(caught.value.body) == 20
    with pytest.raises(errors.RequestValidationError) as refused:
        pool.submit(respond, client_of(billing, flavour), {"message": "hello"}).result(30)
    assert refused.value.details[0]["loc"] == ["personality_id"]
