"""Property tests of answers: any JSON, raised or salvaged, can be read, dumped, pickled and compared silently."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SerializeAsAny, TypeAdapter
from pydantic_core import to_jsonable_python

from tests.wire.test_model import sample
from uniqos import errors, models
from uniqos._base.fields import json_fields, models_in
from uniqos._base.http import HttpInfo
from uniqos._base.model import Model
from uniqos._turn.events import BrokenEvent, parse_event, salvage_event
from uniqos._wire.decode import decode
from uniqos.api import operations
from uniqos.api.stream_events import EVENT_MODELS

HTTP = HttpInfo(200, ((b"X-Request-Id", b"req_1"),))
SECRET = "what a person said"
ANSWERS = sorted({op.returns for op in operations().values()} | {models.ModulatorPack}, key=lambda m: m.__name__)
FLAGS = ("by_alias", "exclude_unset", "exclude_defaults", "exclude_none", "round_trip")
HOSTILE = [
    "_fields_set", "_http", "_wire", "cls", "self", "values", "http", "items", "keys", "get", "copy", "model_dump",
    "model_fields", "model_extra", "__class__", "__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "\0",
]  # fmt: skip


def keys_of(model: type[Model]) -> list[str]:
    inner = [part for _, _, info in json_fields(model) for part in models_in(info.annotation, Model)]
    return [key for one in (model, *inner) for _, key, _ in json_fields(one)]


def json_values(keys: list[str]) -> st.SearchStrategy[Any]:
    """Generate JSON whose keys are often the fields or methods of a model."""
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    words = st.sampled_from([SECRET, "2026-01-01T00:00:00.000Z", "2026-01-01", "1", "/wA=", 10**30, -1, 0.5, []])
    names = st.sampled_from(keys + HOSTILE) | st.text(max_size=3)
    return st.recursive(
        plain | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5)
    )


def answers(model: type[Model]) -> st.SearchStrategy[bytes]:
    """Generate a valid answer with some values replaced, any JSON, or bytes that are nearly JSON."""
    values = json_values(keys_of(model))
    spoilt = st.dictionaries(st.sampled_from(keys_of(model) + HOSTILE), values, max_size=6)
    mixed = spoilt.map(lambda changed: {**sample(model, full=True), **changed})
    whole = (mixed | spoilt | values).map(lambda value: json.dumps(value).encode())
    pieces = st.sampled_from(
        [b"NaN", b"1e999", b"-Infinity", b"9" * 400, b'"\\ud800"', b"[" * 150 + b"]" * 150, b"\xff"]
    )
    return (
        whole | st.binary(max_size=20) | pieces.map(lambda piece: b'{"response": [], "data": [1], "x": ' + piece + b"}")
    )


def examine(model: Model) -> None:
    """Use a model in every way that a product may, with warnings as errors."""
    sent = model.to_dict()
    assert dict(model) == {**model} == sent == model
    assert len(model) == len(sent)
    assert [model[key] for key in model] == list(sent.values())
    for name in type(model).model_fields:
        getattr(model, name, None)
    assert isinstance(str(model), str)
    assert repr(model)
    assert model
    for mode, flags in itertools.product(("python", "json"), itertools.product((False, True), repeat=len(FLAGS))):
        model.model_dump(mode=mode, **dict(zip(FLAGS, flags, strict=True)))
    for options in ({}, {"by_alias": True, "exclude_unset": True}, {"round_trip": True}, {"exclude_none": True}):
        model.model_dump_json(**options)
    if "inf" not in repr(sent):  # pydantic writes a number that is too large for a float as null.
        kind_of_event = {"type": model.type} if hasattr(model, "type") else {}
        assert json.loads(model.model_dump_json()) == model.model_dump(mode="json") == kind_of_event | sent
    kind: Any = type(model)
    TypeAdapter(kind).dump_json(model)
    TypeAdapter(list[kind | None]).dump_python([model])
    to_jsonable_python(model)
    holder(kind).model_construct(one=model, any=model, either=model, many=[model]).model_dump_json()
    for again in (copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), lambda m: m.model_copy(deep=True)):
        other = again(model)
        assert type(other) is kind
        assert other == model
        assert other == sent
        assert other.http == model.http
        assert other.model_fields_set == model.model_fields_set
        assert other.model_dump() == model.model_dump()
    try:
        hashed = hash(model)
    except TypeError:  # An answer that contains a list cannot be hashed.
        hashed = None
    assert hashed is None or hashed == hash(copy.copy(model))


_holders: dict[Any, Any] = {}


def holder(kind: Any) -> Any:
    """Return a user's model that contains an answer."""
    if kind not in _holders:

        class Holder(BaseModel):
            one: kind
            any: SerializeAsAny[BaseModel]
            either: kind | models.EndUser
            many: list[kind]

        Holder.model_rebuild(_types_namespace={"kind": kind, "SerializeAsAny": SerializeAsAny, "models": models})
        _holders[kind] = Holder
    return _holders[kind]


def check(returns: type[Any], content: bytes) -> None:
    """Check that an answer becomes a usable model, or a usable error that carries the bytes."""
    for on_invalid in ("raise", "salvage"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                model = decode(returns, content, HTTP, on_invalid)
            except errors.ResponseValidationError as exc:
                assert on_invalid == "raise"
                model = exc.partial
                check_error(exc, content)
            except errors.ResponseDecodeError as exc:
                check_error(exc, content)
                continue
            assert isinstance(model, returns)
            assert model.http is not None
            examine(model)


def check_error(error: Any, content: bytes) -> None:
    assert error.body == content
    assert error.http_status == 200
    assert SECRET not in str(error)
    assert str(error)
    assert repr(error)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.body == content
    assert again.details == error.details


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_json_as_the_answer_of_any_operation_can_be_used(data: st.DataObject) -> None:
    returns = data.draw(st.sampled_from(ANSWERS))
    check(returns, data.draw(answers(returns)))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_json_as_an_event_of_a_stream_can_be_used(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*EVENT_MODELS, "message", "thought"]))
    model = EVENT_MODELS.get(name, models.StreamEventUnknown)
    content = data.draw(answers(model)).decode(errors="replace")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            event: Any = parse_event(name, content)
        except BrokenEvent:
            event = salvage_event(name, content)
        if event is not None and not isinstance(event, models.StreamEventUnknown):
            examine(event)


@pytest.mark.parametrize(
    ("returns", "sent"),
    [
        (models.RespondResult, {"response": {"words": SECRET}}),
        (models.RespondResult, {"response": None, "latency_ms": SECRET, "later": [1]}),
        (models.RespondResult, {"response": "x", "usage": [SECRET], "memory": SECRET}),
        (models.RespondResult, {"response": "x", "usage": {"turns_consumed": SECRET, "later": 1}}),
        (models.RespondResult, {"usage": {"turns_consumed": 1}}),
        (models.RespondResult, {"response": [], "_fields_set": [1], "cls": 2, "self": 3, "model_dump": 4}),
        (models.EndUserPage, {"data": [None, SECRET, {"user_id": [SECRET]}], "next_cursor": 7}),
        (models.EndUserPage, {"data": {"user_id": SECRET}}),
        (models.InteractionAggregates, {"data": [{"period_start": SECRET, "total_turns": "many"}]}),
        (models.InteractionAggregates, {"data": [{"period_start": "2026-01-01T00:00:00.000Z", "total_turns": []}]}),
        (models.ApiKeyList, {"data": [[]]}),
        (models.File, {"content": {"words": SECRET}}),
        (models.File, {"content": [SECRET], "content_type": 1}),
    ],
    ids=str,
)
def test_an_answer_that_breaks_the_contract_can_be_used_in_silence(returns: type[Any], sent: dict[str, Any]) -> None:
    check(returns, json.dumps(sent).encode())
    salvaged = decode(returns, json.dumps(sent).encode(), HTTP, "salvage")
    assert salvaged.http is not None
    assert salvaged.http.problems
    assert salvaged.model_dump(mode="json") == sent


def test_what_is_dumped_of_a_salvaged_answer_heeds_the_options() -> None:
    body = b'{"response": 7, "usage": {"turns_consumed": "x", "llm_model": null}, "later": null}'
    answer = decode(models.RespondResult, body, HTTP, "salvage")
    usage = {"turns_consumed": "x", "llm_model": None}
    assert answer.model_dump(exclude_unset=True) == {"response": 7, "usage": usage, "later": None}
    assert answer.model_dump(exclude_none=True) == {"response": 7, "usage": {"turns_consumed": "x"}}
    assert answer.model_dump(exclude_defaults=True) == {"response": 7, "usage": {"turns_consumed": "x"}, "later": None}
    assert answer.model_dump(include={"usage": {"turns_consumed"}}) == {"usage": {"turns_consumed": "x"}}
    assert answer.model_dump(exclude={"usage": {"llm_model"}, "later": True}, mode="json") == {
        "response": 7,
        "usage": {"turns_consumed": "x"},
    }
    changed = answer.model_copy(update={"latency_ms": 1})
    assert (changed["latency_ms"], changed["response"]) == (1, 7)


def test_a_model_that_was_built_without_validation_may_hold_anything_in_its_lists() -> None:
    made = models.ApiKeyList.model_construct(data=[None])
    assert made.model_dump() == made.model_dump(mode="json") == {"data": [None]}


@pytest.mark.parametrize("content", [b"[1", b"\xef\xbb\xbf[1", b"[NaN]", b"\xef\xbb\xbf{"])
def test_an_error_carries_the_bytes_as_they_came(content: bytes) -> None:
    with pytest.raises((errors.ResponseDecodeError, errors.ResponseValidationError)) as caught:
        decode(models.ApiKeyList, content, HTTP, "raise")
    assert caught.value.body == content


def with_each_value_replaced(value: Any, new: Any) -> Iterator[Any]:
    """Yield copies of a JSON value: each with one value in it replaced, or with one key more."""
    yield new
    if isinstance(value, dict):
        for key, inner in value.items():
            for changed in with_each_value_replaced(inner, new):
                yield {**value, key: changed}
        yield {**value, "unknown": new}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for changed in with_each_value_replaced(inner, new):
                yield [*value[:index], changed, *value[index + 1 :]]


@pytest.mark.parametrize("model", ANSWERS, ids=lambda model: model.__name__)
def test_nan_is_refused_wherever_it_stands(model: type[Model]) -> None:
    whole = sample(model, full=True)
    assert decode(model, json.dumps(whole).encode(), HTTP, "raise") == whole
    for broken in with_each_value_replaced(whole, float("nan")):
        with pytest.raises(errors.ResponseDecodeError, match="not the JSON"):
            decode(model, json.dumps(broken).encode(), HTTP, "salvage")
