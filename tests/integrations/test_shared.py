"""Tests of what the models of all frameworks share: keys, kinds of failures and details."""

from __future__ import annotations

import asyncio
import importlib
import sys
from types import ModuleType

import pytest

from uniqos import UniqOS, errors, models
from uniqos._turn.open_keys import may_have_run
from uniqos.integrations._shared import Turns, details_of_stream, kind_of, turns_of


def test_a_turn_that_was_answered_has_a_new_key_when_it_is_begun_again() -> None:
    turns = Turns(UniqOS("uniq_test_abcd1234"), "pers_1")
    keys = []
    for _ in range(2):
        with turns.begin("run 1", "Hi", is_streamed=False).key as key:
            keys.append(key)
    assert len(set(keys)) == 2


UNKNOWN = [
    errors.NetworkError("cut"),
    errors.APIError("broken", http_status=500),
    errors.APIError("internal_error as an event", http_status=200),
    errors.UpstreamLLMError("as an event", http_status=200),
    errors.ResponseDecodeError("no JSON", http_status=200),
    errors.ResponseValidationError("broken", http_status=200),
    errors.UnexpectedError("odd", http_status=299),
    asyncio.CancelledError(),
]
KNOWN = [
    errors.NetworkError("refused", sent=False),
    errors.TurnTimeoutError("late", http_status=504),
    errors.TurnTimeoutError("as an event", http_status=200),
    errors.GuardrailBlockError("as an event", http_status=200),
    errors.ConflictError("another body", http_status=409),
    errors.QuotaExhaustedError("none left", http_status=429),
    errors.ServiceUnavailableError("later", http_status=503, from_api=True),
    errors.RequestValidationError("bad"),
    GeneratorExit(),
]


@pytest.mark.parametrize("error", UNKNOWN, ids=lambda error: type(error).__name__)
def test_a_turn_of_unknown_outcome_keeps_its_key_for_its_retry_alone(error: BaseException) -> None:
    turns = Turns(UniqOS("uniq_test_abcd1234"), "pers_1")
    first = turns.begin("run 1", "Hi", is_streamed=False)
    with pytest.raises(type(error)), first.key:
        raise error
    for other in (
        turns.begin("run 2", "Hi", is_streamed=False),
        turns.begin("run 1", "Ho", is_streamed=False),
        turns.begin("run 1", "Hi", is_streamed=True),
        turns.begin("run 1", "Hi", is_streamed=False, user_id="ada"),
    ):
        assert other.key.value != first.key.value
    assert (
        Turns(UniqOS("uniq_test_abcd1234"), "pers_1").begin("run 1", "Hi", is_streamed=False).key.value
        != first.key.value
    )
    assert Turns(turns.client, "pers_1").begin("run 1", "Hi", is_streamed=False).key.value == first.key.value


@pytest.mark.parametrize("error", KNOWN[:-1], ids=lambda error: type(error).__name__)
def test_a_retry_that_is_refused_does_not_make_the_lost_turn_a_new_one(error: BaseException) -> None:
    turns = Turns(UniqOS("uniq_test_abcd1234"), "pers_1")
    keys = []
    for failure in (errors.NetworkError("cut"), error, error):
        with pytest.raises(type(failure)), turns.begin("run 1", "Hi", is_streamed=False).key as key:
            keys.append(key)
            raise failure
    with turns.begin("run 1", "Hi", is_streamed=False).key as key:
        keys.append(key)
    assert len(set(keys)) == 1
    assert turns.begin("run 1", "Hi", is_streamed=False).key.value != keys[0]


@pytest.mark.parametrize("error", KNOWN, ids=lambda error: type(error).__name__)
def test_a_turn_that_did_not_run_or_was_left_has_a_new_key(error: BaseException) -> None:
    turns = Turns(UniqOS("uniq_test_abcd1234"), "pers_1")
    first = turns.begin("run 1", "Hi", is_streamed=False)
    with pytest.raises(type(error)), first.key:
        raise error
    assert turns.begin("run 1", "Hi", is_streamed=False).key.value != first.key.value


def test_an_answer_that_breaks_the_contract_may_have_been_billed() -> None:
    assert may_have_run(errors.ResponseValidationError("broken", http_status=200))
    assert not may_have_run(errors.ConfigurationError("bad"))


def test_every_error_of_a_call_has_a_kind() -> None:
    kinds = {
        errors.RateLimitError("", http_status=429): "rate_limit",
        errors.QuotaExhaustedError("", http_status=429): "quota",
        errors.PaymentRequiredError("", http_status=402): "quota",
        errors.AuthenticationError("", http_status=401): "authentication",
        errors.PermissionError("", http_status=403): "permission",
        errors.NotFoundError("", http_status=404): "not_found",
        errors.GuardrailBlockError("", http_status=200): "guardrail",
        errors.ConflictError("", http_status=409): "rejected",
        errors.ValidationError("", http_status=422): "rejected",
        errors.ServiceUnavailableError("", http_status=503): "unavailable",
        errors.TurnTimeoutError("", http_status=504): "timeout",
        errors.UpstreamLLMError("", http_status=502): "server",
        errors.APIError("", http_status=200): "server",
        errors.NetworkError(""): "connection",
        errors.ResponseDecodeError(""): "answer",
        errors.ResponseValidationError(""): "answer",
    }
    assert {error: kind_of(error) for error in kinds} == kinds


def test_the_details_of_a_stream_have_the_shape_of_an_answer() -> None:
    metadata = models.StreamEventMetadata.model_validate(
        {
            "interaction_id": "int_1",
            "memory": {"consulted": True, "summary_used": "sum_1", "significant_moments_referenced": 2},
        }
    )
    completion = models.StreamEventCompletion.model_validate(
        {
            "memory": {"summary_used": "sum_2", "model_updated": True},
            "guardrails": {"applied": []},
            "usage": {"turns_consumed": 1, "active_relationship_counted": False, "llm_provider": "", "llm_model": ""},
            "latency_ms": 5,
        }
    )
    details = details_of_stream(metadata, completion)
    assert details["memory"] == {
        "consulted": True,
        "summary_used": "sum_2",
        "significant_moments_referenced": 2,
        "model_updated": True,
    }
    assert details["interaction_id"] == "int_1"
    assert turns_of(details) == 1
    assert turns_of(details_of_stream(None, None)) is None


NEEDS = [
    ("pydantic_ai", "pydantic_ai.exceptions", "pydantic-ai-slim"),
    ("langchain", "langchain_core.exceptions", "langchain-core"),
    ("langgraph", "langgraph.store.base", "langgraph-checkpoint"),
    ("openai_agents", "agents", "openai-agents"),
]


@pytest.mark.parametrize("is_old", [False, True])
@pytest.mark.parametrize(("module", "needed", "package"), NEEDS)
def test_a_package_that_is_missing_or_too_old_is_told_by_what_to_install(
    module: str, needed: str, package: str, is_old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"uniqos.integrations.{module}", raising=False)
    for name in (needed, needed.partition(".")[0]):
        monkeypatch.setitem(sys.modules, name, ModuleType(name) if is_old else None)  # type: ignore[arg-type]
    with pytest.raises(errors.ConfigurationError, match=f'pip install "{package}>=') as caught:
        importlib.import_module(f"uniqos.integrations.{module}")
    assert caught.value.code == "missing_extra"
    assert isinstance(caught.value, ImportError)
