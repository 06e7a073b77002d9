"""Models: attributes are Python values, subscripts are JSON values."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin

import pytest
from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, field_serializer
from pydantic_settings import BaseSettings, CliApp

from uniqos import errors, models
from uniqos._base import field_docs as field_docs_module
from uniqos._base.by_class import ByClass
from uniqos._base.fields import json_fields
from uniqos._base.http import HttpInfo
from uniqos._base.model import Model, RequestModel
from uniqos._base.response import from_wire
from uniqos._wire.decode import decode
from uniqos._wire.file import File, SavedFile
from uniqos.api import source_of
from uniqos.webhooks import WebhookEvent

HTTP = HttpInfo(200, ((b"X-Request-Id", b"req_1"),), retries=1)
BODY = (
    b'{"response": "hi", "inferred_emotional_state": {"primary": "joy", "at": "2026-01-01T00:00:00.000Z"},'
    b' "items": [1], "later": {"a": 1.50}}'
)
JSON = {
    "response": "hi",
    "inferred_emotional_state": {"primary": "joy", "at": "2026-01-01T00:00:00.000Z"},
    "items": [1],
    "later": {"a": 1.5},
}


def result() -> models.RespondResult:
    return decode(models.RespondResult, BODY, HTTP, "raise")


def all_models() -> list[type[Model]]:
    found = [getattr(models, name) for name in dir(models)]
    return [m for m in found if isinstance(m, type) and issubclass(m, Model) and m not in (Model, RequestModel)]


def test_attributes_subscripts_and_mapping_views_agree_with_the_bytes() -> None:
    r = result()
    assert r["response"] == r.response == r.get("response") == "hi"
    assert dict(r) == {**r} == JSON == r
    assert r == JSON
    assert r != {"response": "hi"}
    assert list(r) == list(JSON)
    assert list(r.keys()) == list(JSON)
    assert r["items"] == [1]
    assert next(iter(r.items())) == ("response", "hi")
    assert len(r) == 4
    assert "later" in r
    assert "usage" not in r
    assert r.usage is None
    with pytest.raises(KeyError):
        r["usage"]
    match r:
        case {"response": said}:
            assert said == "hi"
        case _:
            pytest.fail("a model is a mapping")


def test_the_text_of_the_server_is_kept_in_parts_too() -> None:
    event = WebhookEvent.model_validate_json(b'{"id": "1", "type": "t", "created_at": "2026-07-15T12:00:00.000Z"}')
    assert event.created_at == datetime(2026, 7, 15, 12, tzinfo=timezone.utc)
    state = result().inferred_emotional_state
    assert state is not None
    assert state["at"] == "2026-01-01T00:00:00.000Z"
    buckets = (
        b'{"data": [{"period_start": "2026-01-01T00:00:00.000Z", "total_turns": 1, "avg_latency_ms": 1,'
        b' "unique_personalities_count": 1, "primary_emotion_distribution": {"joy": 1}}]}'
    )
    bucket = decode(models.InteractionAggregates, buckets, HTTP, "raise").data[0]
    assert bucket["period_start"] == "2026-01-01T00:00:00.000Z"
    assert bucket.period_start == datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_a_model_is_true_even_when_it_is_empty() -> None:
    assert decode(models.ArchivedPersonality, b"{}", HTTP, "raise")


def test_http_is_no_field() -> None:
    r = result()
    assert r.http is HTTP
    assert "http" not in r.model_dump()
    assert "http" not in models.RespondResult.model_json_schema()["properties"]
    assert r == decode(models.RespondResult, BODY, HttpInfo(200), "raise")
    assert models.RespondResult(response="x").http is None


def test_a_field_called_http_is_in_the_subscripts() -> None:
    r = decode(models.RespondResult, b'{"response": "x", "http": 1}', HTTP, "raise")
    assert r.http is HTTP
    assert r["http"] == 1


@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        lambda m: pickle.loads(pickle.dumps(m)),
        lambda m: m.model_copy(),
        lambda m: m.model_copy(deep=True),
    ],
)
def test_copies_and_pickles_keep_everything(again: Callable[[Any], Any]) -> None:
    r = result()
    other = again(r)
    assert other == r
    assert other == JSON
    assert other.http == HTTP
    assert other.inferred_emotional_state["at"] == "2026-01-01T00:00:00.000Z"
    assert other.model_fields_set == r.model_fields_set


def test_a_changed_copy_shows_the_change_in_its_subscripts() -> None:
    changed = result().model_copy(update={"response": "bye"})
    assert changed["response"] == changed.response == "bye"
    assert changed["later"] == {"a": 1.5}


def test_a_hand_built_model_shows_what_would_be_sent() -> None:
    request = models.InteractionQuery.model_validate({"from": "2026-01-01T00:00:00Z", "limit": 1})
    assert dict(request) == {"from": "2026-01-01T00:00:00Z", "limit": 1}
    request.limit = 2
    assert request["limit"] == 2


def test_answers_are_frozen_and_requests_are_checked_when_they_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        result().response = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="mode"):
        models.RespondRequest(personality_id="p", message="m").mode = "x"  # type: ignore[assignment]


def test_no_field_hides_what_a_model_can_do() -> None:
    taken = {name for name in dir(Model) if not name.startswith("_")}
    for model in all_models():
        assert not taken & model.model_fields.keys(), model


@pytest.mark.parametrize("model", all_models(), ids=lambda m: m.__name__)
def test_every_model_survives_json_pickle_and_deepcopy(model: type[Model]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for full in (False, True):
            made = model.model_validate({**sample(model, full), "later": {"x": [1]}})
            assert model.model_validate(made.model_dump(mode="json")) == made
            assert model.model_validate(made.model_dump(mode="json", by_alias=True)) == made
            assert model.model_validate_json(made.model_dump_json()) == made
        assert pickle.loads(pickle.dumps(made)) == made
        assert copy.deepcopy(made) == made
        assert model.__doc__
        assert "undocumented" in model.__doc__ or "source" in model.__doc__ or "this version" in model.__doc__


def sample(model: type[Model], full: bool = False) -> dict[str, Any]:
    """Return JSON with the required fields of a model, or with all of them."""
    return {key: value_of(info.annotation) for _, key, info in json_fields(model) if info.is_required() or full}


def value_of(annotation: Any) -> Any:
    """Return a JSON value that fits an annotation."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, Model):
        return sample(annotation, full=True)
    if get_origin(annotation) in (Union, UnionType):
        return value_of(get_args(annotation)[0])
    if get_origin(annotation) is Annotated:
        return value_of(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if get_origin(annotation) is list:
        return [value_of(get_args(annotation)[0])]
    if get_origin(annotation) in (dict, Mapping):
        return {"key": 1}
    instant = "2026-01-01T00:00:00.000Z"
    simple = {datetime: instant, AwareDatetime: instant, bool: True, int: 1, float: 0.5, bytes: "/wA=", Path: "a/b"}
    return simple.get(annotation, "x")


def all_errors() -> list[type[errors.UniqOSError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [e for e in found if issubclass(e, errors.UniqOSError)]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda e: e.__name__)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_every_error_survives_pickle_and_copies(
    kind: type[errors.UniqOSError], again: Callable[[errors.UniqOSError], errors.UniqOSError]
) -> None:
    more: dict[str, Any] = (
        {"reason": "r"} if kind is errors.WebhookSignatureError else {"code": "c", "details": {"a": 1}}
    )
    error = kind("what happened", **more)
    error.request_id, error.http_status = "req_1", 418
    other = again(error)
    assert type(other) is kind
    assert str(other) == "what happened"
    assert vars(other) == vars(error)


def test_what_was_changed_in_an_answer_is_in_its_json() -> None:
    text = b'{"data": [{"user_id": "u", "metadata": {"ssn": 1, "plan": "x"}}, {"user_id": "v"}], "next_cursor": "c"}'
    page = decode(models.EndUserPage, text, HTTP, "raise")
    assert page.data is not None
    assert page.data[0].metadata is not None
    del page.data[1:]
    page.data[0].metadata.pop("ssn")
    wanted = {"data": [{"user_id": "u", "metadata": {"plan": "x"}}], "next_cursor": "c"}
    assert page.model_dump(mode="json") == json.loads(page.model_dump_json()) == wanted


def test_json_has_the_servers_order_and_numbers() -> None:
    text = '{"z":1,"latency_ms":3,"response":"x","inferred_emotional_state":{"valence":1,"primary":"joy"}}'
    assert decode(models.RespondResult, text.encode(), HTTP, "raise").model_dump_json() == text


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"include": {"response"}}, {"response"}),
        ({"exclude": {"response"}}, {"usage", "latency_ms"}),
        ({"exclude_none": True}, {"response", "latency_ms"}),
        ({"exclude_unset": True}, {"response", "usage", "latency_ms"}),
        ({"by_alias": True}, {"response", "usage", "latency_ms"}),
    ],
)
def test_the_options_of_a_dump_are_heeded(options: dict[str, Any], wanted: set[str]) -> None:
    answer = decode(models.RespondResult, b'{"response": "x", "usage": null, "latency_ms": 1}', HTTP, "raise")
    assert answer.model_dump(mode="json", **options).keys() == wanted


def test_a_subclass_of_yours_is_dumped_as_pydantic_does_it() -> None:
    class Mine(models.RespondRequest):
        tags: list[str] = Field(default_factory=list)
        level: int = 3
        note: str | None = Field(default=None, serialization_alias="otherNote")
        at: datetime = datetime(2026, 1, 1, tzinfo=timezone.utc)

        @field_serializer("at")
        def _day(self, value: datetime) -> str:
            return value.strftime("%d")

    made = Mine(personality_id="p", message="m")
    made.tags.append("x")
    wanted = {"personality_id": "p", "message": "m", "tags": ["x"], "level": 3, "at": "01"}
    assert made.model_dump(mode="json") == {**wanted, "note": None}
    assert made.model_dump(mode="json", by_alias=True) == {**wanted, "otherNote": None}


def test_metadata_that_were_never_given_cannot_be_changed_by_mistake() -> None:
    with pytest.raises(TypeError):
        models.EndUserUpdate().metadata["a"] = 1  # type: ignore[index]
    assert dict(models.EndUserUpdate()) == {}


def test_an_answer_is_a_mapping_and_a_request_is_not_since_tools_would_take_it_for_json() -> None:
    for model in all_models():
        assert issubclass(model, Mapping) is not issubclass(model, RequestModel)

    class Mine(models.RespondResult): ...

    class Asked(models.RespondRequest): ...

    assert isinstance(Mine(response="x"), Mapping)
    asked = Asked(personality_id="p", message="m")
    assert not isinstance(asked, Mapping)
    assert {**asked} == dict(asked.items()) == {"personality_id": "p", "message": "m"}
    assert (asked.get("user_id"), list(asked.values()), "message" in asked) == (None, ["p", "m"], True)
    assert asked == {"personality_id": "p", "message": "m"}


@pytest.mark.parametrize("model", [m for m in all_models() if issubclass(m, RequestModel) and m.model_fields])
def test_the_fields_of_a_request_are_options_of_a_command_line(model: Any, capsys: pytest.CaptureFixture[str]) -> None:
    class Settings(BaseSettings):
        turn: model

    with pytest.raises(SystemExit):
        CliApp.run(Settings, cli_args=["--help"])
    offered = capsys.readouterr().out
    for _, key, _ in json_fields(model):
        assert f"--turn.{key} " in offered


def test_a_turn_can_be_given_by_options_and_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    class Settings(BaseSettings, env_nested_delimiter="__"):
        turn: models.RespondRequest

    monkeypatch.setenv("TURN__MESSAGE", "from the environment")
    turn = CliApp.run(Settings, cli_args=["--turn.personality_id=p", "--turn.mode", "stateless"]).turn
    assert turn == {"personality_id": "p", "message": "from the environment", "mode": "stateless"}


@pytest.mark.parametrize("model", all_models(), ids=lambda m: m.__name__)
def test_the_docstring_of_a_model_says_the_source_that_the_model_has(model: type[Model]) -> None:
    source, text = source_of(model), model.__doc__ or ""
    said = re.search(r"\(source: (docs|official SDK)", text)
    wanted = f'"(source: {source})"' if source != "undocumented" else '"undocumented" and no "(source: ...)"'
    mend = f"the class {model.__name__} has source={source!r}: its docstring, which editors show, must say {wanted}"
    assert source == (said[1] if said else "undocumented"), mend
    assert said or "undocumented" in text or "this version" in text or model in (File, SavedFile), mend


def test_a_subclass_of_yours_has_the_source_of_its_base() -> None:
    class Mine(models.RespondResult): ...

    assert source_of(Mine) == source_of(models.RespondResult) == "docs"
    assert source_of(models.ModulatorPack) == "undocumented"


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_the_table_of_operations_is_the_same_without_docstrings(option: str) -> None:
    tables = [
        subprocess.run(
            [sys.executable, *options, "-m", "uniqos", "api", "list", "--json"], capture_output=True, check=True
        )
        for options in ([], [option])
    ]
    assert tables[0].stdout == tables[1].stdout
    assert b'"docs"' in tables[0].stdout


TURN = {
    "response": "Hi",
    "inferred_emotional_state": None,
    "interaction_id": "int_1",
    "memory": {
        "consulted": True,
        "summary_used": None,
        "significant_moments_referenced": 0,
        "model_updated": False,
    },
    "guardrails": {"applied": ["calm"], "since": "2026-01-01T00:00:00.000Z"},
    "usage": {"turns_consumed": 1, "active_relationship_counted": False, "llm_provider": "a", "llm_model": "b"},
    "latency_ms": 7,
    "score": 1.0,
}


@pytest.mark.parametrize(
    "again",
    [
        lambda pair: pair,
        lambda pair: [copy.copy(one) for one in pair],
        copy.deepcopy,
        lambda pair: pickle.loads(pickle.dumps(pair)),
        lambda pair: [one.model_copy() for one in pair],
    ],
)
def test_the_set_fields_of_one_answer_are_not_those_of_another(again: Callable[[Any], Any]) -> None:
    text = json.dumps(TURN, separators=(",", ":"))
    one, other = again([from_wire(models.RespondResult, text) for _ in range(2)])
    one.model_fields_set.discard("response")
    one.usage.model_fields_set.discard("llm_model")
    assert other.model_fields_set == TURN.keys()
    assert other.usage.model_fields_set == TURN["usage"].keys()
    dumped = one.model_dump(exclude_unset=True)
    assert dumped.keys() == TURN.keys() - {"response"}
    assert dumped["usage"].keys() == TURN["usage"].keys() - {"llm_model"}
    assert from_wire(models.RespondResult, text).model_dump_json() == text


def reordered(value: Any) -> Any:
    return {key: reordered(value[key]) for key in reversed(value)} if isinstance(value, dict) else value


@pytest.mark.parametrize("sent", [TURN, reordered(TURN), {**TURN, "latency_ms": 7.0}, {**TURN, "score": 1}])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_an_unchanged_answer_is_written_as_the_server_sent_it(sent: Any, separators: tuple[str, str]) -> None:
    text = json.dumps(sent, separators=separators)
    answer = from_wire(models.RespondResult, text.encode())
    compact = json.dumps(sent, separators=(",", ":"))
    assert answer.raw == text.encode()
    assert answer.model_dump_json() == compact
    assert TypeAdapter(models.RespondResult).dump_json(answer).decode() == compact
    assert json.dumps(answer.model_dump(mode="json"), separators=(",", ":")) == compact
    answer.model_dump(mode="json")["memory"].clear()
    assert answer["memory"] == sent["memory"]


def test_what_was_changed_within_an_answer_is_written_and_its_raw_text_stays() -> None:
    text = json.dumps(TURN, separators=(",", ":"))
    answer = from_wire(models.RespondResult, text)
    answer.guardrails.applied.append("kind")
    assert json.loads(answer.model_dump_json()) == {
        **TURN,
        "guardrails": {**TURN["guardrails"], "applied": ["calm", "kind"]},
    }
    assert answer.raw == text.encode()
    assert (answer.guardrails.raw, models.RespondResult.model_construct().raw) == (None, None)


def test_an_instant_is_written_as_the_server_wrote_it() -> None:
    text = '{"id":"evt_1","type":"x","created_at":"2026-01-01T10:00:00.000+02:00","data":[1.0]}'
    assert from_wire(models.WebhookEvent, text).model_dump_json() == text


class AnnotatedTurn(models.RespondResult):
    note: str = "none"


class AnnotatedUsage(models.TurnUsage):
    note: str = "none"


class TurnOfMine(models.RespondResult):
    usage: AnnotatedUsage | None = None


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [(AnnotatedTurn, {**TURN, "note": "none"}), (TurnOfMine, {**TURN, "usage": {**TURN["usage"], "note": "none"}})],
)
def test_an_answer_as_a_subclass_of_yours_is_written_with_its_defaults(kind: type[Model], wanted: Any) -> None:
    answer = from_wire(kind, json.dumps(TURN, separators=(",", ":")))
    assert json.loads(answer.model_dump_json()) == answer.model_dump(mode="json") == wanted


class Changeable(Model):
    """A class of a caller, whose models may be changed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=False, validate_assignment=True)
    word: str


class Lax(Model):
    """A class of a caller that keeps no further fields."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore", allow_inf_nan=True)
    number: float


class Whole(Model):
    """A class of a caller with parts."""

    parts: list[Changeable] | None = None
    lax: Lax | None = None


def test_a_change_of_a_part_sets_no_field_of_another_part() -> None:
    whole = from_wire(Whole, b'{"parts": [{"word": "a"}, {"word": "b"}]}')
    assert whole.parts is not None
    one, other = whole.parts
    one.later = 1  # type: ignore[attr-defined]
    assert one.model_fields_set == {"word", "later"}
    assert other.model_fields_set == {"word"}


@pytest.mark.parametrize("text", [b'{"lax": {"number": NaN}}', b'{"lax": {"number": 1, "later": Infinity}}'])
def test_a_number_that_json_has_not_is_refused_in_the_parts_of_a_callers_class(text: bytes) -> None:
    with pytest.raises(ValueError):
        from_wire(Whole, text)


def test_threads_that_compute_the_value_of_a_class_get_the_same_one() -> None:
    both = threading.Barrier(2)

    def compute(kind: type[Any]) -> set[str]:
        both.wait(5)
        return set()

    table = ByClass(compute)
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(table.__getitem__, [int, int])
    assert one is other is table[int]


def test_an_answer_that_an_earlier_build_pickled_still_loads() -> None:
    made = from_wire(models.RespondResult, json.dumps(TURN))
    for model, path in [(made, ()), (made.usage, ("usage",))]:
        state = model.__getstate__()
        slots = state["slots"]
        slots["_wire"] = (slots["_wire"], slots.pop("_path"))  # One slot held text and path.
        loaded = type(model).__new__(type(model))
        loaded.__setstate__(pickle.loads(pickle.dumps(state)))
        assert loaded == model
        assert loaded.to_dict() == model.to_dict()
        assert loaded.raw == (None if path else made.raw)
        assert pickle.loads(pickle.dumps(loaded)) == model


def test_sources_are_parsed_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, running, most = ast.parse, [0], [0]

    def slowly(source: str) -> ast.Module:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.01)
        running[0] -= 1
        return parse(source)

    monkeypatch.setattr(ast, "parse", slowly)
    field_docs_module._parse.cache_clear()
    kinds = [models.RespondRequest, models.Personality, models.TurnsUsage, models.RelationshipPage]
    with ThreadPoolExecutor(len(kinds)) as threads:
        found = list(threads.map(field_docs_module.field_docs, kinds))
    assert most == [1]
    assert "message" in found[0]
