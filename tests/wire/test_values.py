"""The values that are accepted and refused: by one rule in a body, a query, an object, an id and a model."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from datetime import date, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any
from uuid import UUID

import numpy as np
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniqos import UniqOS, errors, models
from uniqos._turn.request import encode_turn
from uniqos._wire.encode import encode
from uniqos._wire.paging import check_page_size, cursor_of
from uniqos.api import engine, interactions

TURN = {"personality_id": "p", "message": "m"}
SECONDS = "must be a number of seconds, 0 (no limit) to 2,000,000, got"
VISIBLE = "must be visible ASCII text, without line breaks, to travel in a header"
KEY = "uniq_test_abcdefgh12"


class Word(str, Enum):
    HELLO = "hello"


class Number(IntEnum):
    ONE = 1


class Endless(dict[str, Any]):
    """A mapping that contains itself."""

    def __init__(self) -> None:
        super().__init__(again=self)


def body(value: Any) -> Any:
    return json.loads(encode(engine.INFER_STATE, {"x": value}, {}).content or b"")["x"]


def free(value: Any) -> Any:
    return json.loads(encode(engine.RESPOND, {**TURN, "context": {"x": value}}, {}).content or b"")["context"]["x"]


def query(value: Any) -> str:
    return encode(interactions.LIST, {"x": value}, {}).path.partition("x=")[2]


def identifier(value: Any) -> str:
    return encode(interactions.GET, None, {}, (value,)).path.rpartition("/")[2]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("text", "text"),
        (np.str_("text"), "text"),
        (Word.HELLO, "hello"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.50"), "1.50"),
        (b"text", "text"),
        (timedelta(hours=1), "PT1H"),
    ],
    ids=repr,
)
def test_what_json_writes_as_text_is_taken_as_text_everywhere(value: Any, sent: str) -> None:
    assert (body(value), free(value), query(value), identifier(value)) == (sent,) * 4
    turn = encode(engine.RESPOND, None, {**TURN, "user_id": value, "idempotency_key": value, "headers": {"X": value}})
    assert json.loads(turn.content or b"")["user_id"] == sent
    assert turn.idempotency_key == sent
    assert turn.headers == [(b"X", sent.encode()), (b"Idempotency-Key", sent.encode())]
    request = models.RespondRequest(personality_id=value, message="m")
    request.user_id = value
    assert (request.personality_id, request.user_id) == (sent, sent)
    assert cursor_of({"cursor": value}, {}) in (sent, None)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (7, 7),
        (0.5, 0.5),
        (True, True),
        (Number.ONE, 1),
        (np.int64(7), 7),
        (np.uint8(7), 7),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array(7), 7),
    ],
    ids=repr,
)
def test_a_number_of_any_kind_is_a_number_but_never_an_id(value: Any, sent: Any) -> None:
    assert (body(value), type(body(value)), free(value)) == (sent, type(sent), sent)
    assert query(value) == ("true" if sent is True else str(sent))
    with pytest.raises(errors.RequestValidationError, match="interaction_id must be a string, got "):
        identifier(value)
    with pytest.raises(errors.RequestValidationError, match="user_id: Input should be a valid string"):
        encode(engine.RESPOND, None, {**TURN, "user_id": value})


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (float("nan"), "NaN is not JSON"),
        (float("-inf"), "-Infinity is not JSON"),
        (np.float32("inf"), "Infinity is not JSON"),
        (np.float64("nan"), "NaN is not JSON"),
        (object(), "a value of type object cannot be written as JSON"),
        (np.array([1, 2]), "a value of type ndarray cannot be written as JSON"),
        (np.datetime64("2026-01-01", "ns"), "a value of type datetime64 cannot be written as JSON"),
        (np.longdouble(1), "a value of type longdouble cannot be written as JSON"),
        (b"\xff", "a value of type bytes cannot be written as JSON"),
        ("\ud800", "the text holds half of a surrogate pair, which UTF-8 cannot encode"),
        ({"\ud800": 1}, "the text holds half of a surrogate pair, which UTF-8 cannot encode"),
        ({frozenset(): 1}, "a key of type frozenset cannot be written as JSON"),
        (Endless(), "the value contains itself, or has more than 250 levels"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_json_is_refused_everywhere_and_the_error_says_where(value: Any, says: str) -> None:
    for call, where in ((body, ["x"]), (free, ["context", "x"]), (query, ["x"])):
        with pytest.raises(errors.RequestValidationError) as caught:
            call(value)
        [problem] = caught.value.details
        assert problem["loc"][: len(where)] == where
        assert (problem["type"], problem["msg"]) == ("not_json", says)
        assert f"{'.'.join(where)}" in str(caught.value)
        assert str(caught.value).endswith(says)
    with pytest.raises(errors.RequestValidationError, match="interaction_id"):
        identifier(value)
    with pytest.raises(pydantic.ValidationError, match=says):
        models.RespondRequest(personality_id="p", message="m", context={"x": value})


def test_an_error_names_the_way_to_a_value_however_deep() -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(engine.RESPOND, None, {**TURN, "context": {"mood": [1, {"now": float("nan")}]}})
    assert str(caught.value) == "POST /v1/respond: context.mood.1.now: NaN is not JSON"
    assert caught.value.details == [
        {"loc": ["context", "mood", 1, "now"], "type": "not_json", "msg": "NaN is not JSON"}
    ]


@pytest.mark.parametrize("levels", [1, 100, 250, 251])
def test_what_a_model_takes_can_be_sent_however_deep_it_is(levels: int) -> None:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    request = models.RespondRequest(personality_id="p", message="m", context=value)
    assert json.loads(encode(engine.RESPOND, request, {}).content or b"")["context"] == value


def test_a_stack_that_is_nearly_full_is_no_reason_to_crash() -> None:
    value: Any = 1
    for _ in range(240):
        value = [value]

    def deeper(frames: int) -> None:
        if frames:
            deeper(frames - 1)
        else:
            free(value)

    with pytest.raises(errors.RequestValidationError, match="more than 250 levels"):
        deeper(sys.getrecursionlimit() - len(inspect.stack(0)) - 120)


@pytest.mark.parametrize(
    ("fields", "code", "loc"),
    [
        ({"mode": "stateful"}, "stateful_requires_user_id", ["user_id"]),
        ({"mode": "stateful", "user_id": ""}, "stateful_requires_user_id", ["user_id"]),
        ({"stream": True, "return_format": "modulator_pack"}, "stream_not_supported", ["stream"]),
    ],
)
def test_a_rule_over_several_fields_names_the_one_to_change(fields: dict[str, Any], code: str, loc: list[str]) -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(engine.RESPOND, {**TURN, **fields}, {})
    assert caught.value.code == code
    assert [(problem["loc"], problem["type"]) for problem in caught.value.details] == [(loc, code)]
    with pytest.raises(pydantic.ValidationError) as of_model:
        models.RespondRequest.model_validate({**TURN, **fields})
    assert [[*problem["loc"]] for problem in of_model.value.errors()] == [loc]


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}, None, 7, object(), date(2026, 1, 1)], ids=type)
def test_what_cannot_be_an_id_is_refused_by_the_parameters_name(value: Any) -> None:
    with UniqOS(KEY, base_url="http://127.0.0.1:9") as client:
        for call, name in (
            (client.personalities.get, "personality_id"),
            (client.interactions.get, "interaction_id"),
            (client.end_users.delete, "user_id"),
        ):
            with pytest.raises(errors.RequestValidationError, match=f"{name} must be a string, got "):
                call(value)
        with pytest.raises(
            errors.RequestValidationError,
            match=r"cursor: (Input should be a valid string|a value of type object cannot be written as JSON)",
        ):
            next(iter(client.interactions.iterate(cursor=value if value is not None else 7)))


@pytest.mark.parametrize("value", [np.bool_(True), True, 5, 5.0, np.int64(5), date(2026, 1, 1), [1]], ids=repr)
def test_an_instant_is_never_guessed_from_a_number_or_a_day(value: Any) -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(interactions.LIST, None, {"from_": value})
    assert str(caught.value) == (
        "GET /v1/interactions: from_: an instant is a datetime with a time zone, or such a text"
    )


def test_a_day_in_a_query_that_is_not_public_is_written_as_json_writes_it() -> None:
    assert query(date(2026, 1, 31)) == "2026-01-31" == body(date(2026, 1, 31))


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("timeout", np.float64(5), 5.0),
        ("timeout", np.float32(0.5), 0.5),
        ("deadline", np.int64(5), 5),
        ("max_retries", np.int32(2), 2),
        ("on_invalid_response", np.str_("raise"), "raise"),
    ],
)
def test_an_option_may_be_a_scalar_of_numpy(name: str, value: Any, taken: Any) -> None:
    request = encode(engine.RESPOND, TURN, {name: value})
    assert (getattr(request, name), type(getattr(request, name))) == (taken, type(taken))
    with UniqOS(KEY, **{name: value}) as client:
        assert type(getattr(client._requester.config, name)) is type(taken)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("timeout", Decimal(5), f"timeout {SECONDS} Decimal('5')"),
        ("timeout", np.bool_(True), f"timeout {SECONDS} True"),
        ("timeout", np.float64("nan"), f"timeout {SECONDS} nan"),
        ("max_retries", np.float64(2), "max_retries must be a whole number, 0 or more, got 2.0"),
        ("on_invalid_response", ["raise"], 'on_invalid_response must be "raise" or "salvage", got [\'raise\']'),
        ("idempotency_key", 7, f"idempotency_key {VISIBLE}"),
        ("idempotency_key", ["secret"], f"idempotency_key {VISIBLE}"),
        ("idempotency_key", b"\xff", f"idempotency_key {VISIBLE}"),
        ("headers", {"X": 7}, f"X {VISIBLE}"),
        ("headers", {"X": b"secret\n"}, f"X {VISIBLE}"),
    ],
)
def test_an_option_of_another_kind_is_refused_by_its_name(name: str, value: Any, says: str) -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(engine.RESPOND, TURN, {name: value})
    assert str(caught.value) == says


def test_a_page_size_may_be_a_scalar_of_numpy() -> None:
    check_page_size(None, {"limit": np.int64(5)})
    with pytest.raises(errors.RequestValidationError, match="got 0"):
        check_page_size({"limit": np.int64(0)}, {})


def test_an_assignment_is_checked_as_the_call_is() -> None:
    request = models.RespondRequest(personality_id="p", message="m")
    request.context = {"x": np.int64(3)}
    assert request.context == {"x": 3}
    for name, value in (("context", {"x": float("nan")}), ("message", "\ud800"), ("further", object())):
        with pytest.raises(pydantic.ValidationError) as caught:
            setattr(request, name, value)
        assert caught.value.errors()[0]["loc"][0] == name


CANDIDATES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2) | st.builds(lambda: 10**5000),
    st.floats(),
    st.text(max_size=3) | st.just("x" * 100_000) | st.sampled_from(["stateful", "text", "true", "\ud800", ""]),
    st.binary(max_size=2),
    st.uuids(),
    st.decimals(allow_nan=False) | st.just(Decimal("NaN")),
    st.datetimes(timezones=st.none() | st.just(timezone.utc)),
    st.dates(),
    st.sampled_from([Word.HELLO, Number.ONE, np.int64(1), np.bool_(True), np.float32("nan"), np.str_("stateful")]),
    st.just(object()),
)
ANYTHING = st.recursive(
    CANDIDATES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2) | CANDIDATES, inner, max_size=2),
    max_leaves=4,
)
FIELDS = sorted({*models.RespondRequest.model_fields} - {"stream", "return_format"})


def outcome(call: Callable[[], Any]) -> Any:
    """Return the result of a call, or the places of the values that it refuses."""
    try:
        return call()
    except (errors.RequestValidationError, pydantic.ValidationError) as exc:
        found = exc.details if isinstance(exc, errors.RequestValidationError) else exc.errors()
        return sorted((str([*problem["loc"]]), problem["type"]) for problem in found)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*FIELDS, "further"]), ANYTHING)
def test_a_model_and_a_call_accept_and_refuse_the_same(name: str, value: Any) -> None:
    fields = {**TURN, name: value}

    def built() -> bytes:
        content = encode(engine.RESPOND, models.RespondRequest(**fields), {}).content
        assert content is not None
        json.loads(content, parse_int=str)
        return content

    def turn(data: Any, keywords: dict[str, Any]) -> bytes | None:
        return encode_turn(engine.RESPOND, data, keywords, stream=False, return_format=None).content

    made = outcome(built)
    assert outcome(lambda: turn(fields, {})) == made
    if name == "further":
        return
    if value is not None:  # A keyword of None counts as absent.
        assert outcome(lambda: turn(None, fields)) == made
    unchecked = models.RespondRequest.model_construct(**fields)
    assert outcome(lambda: turn(unchecked, {})) == made
