"""A caller's own models, which are sent as they serialize themselves, wherever they are given."""

from __future__ import annotations

import json
from collections import UserDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel, computed_field, create_model, field_serializer, model_serializer
from pydantic.dataclasses import dataclass as pydantic_dataclass

from uniqos import errors, models
from uniqos._turn.request import encode_turn
from uniqos._wire.encode import encode
from uniqos._wire.paging import check_page_size, cursor_of, next_page
from uniqos.api import end_users, engine, interactions

TURN = {"personality_id": "p", "message": "m"}
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class Profile(BaseModel):
    plan: str = "pro"
    since: datetime = NOON
    note: str | None = None


PROFILE = {"plan": "pro", "since": "2026-01-01T12:00:00Z"}


class Turn(BaseModel):
    who: str = Field("p", serialization_alias="personality_id")
    message: str = "m"
    mode: str = "stateful"
    user: str | None = Field(None, alias="user_id")
    llm_override: Any = None


class OurTurn(models.RespondRequest):
    mode: Literal["stateless", "stateful"] | None = "stateful"
    user_id: str | None = "u"
    profile: Profile = Profile()
    tags: set[str] = Field(default_factory=lambda: {"a"})
    nickname: str | None = None


class Shouted(BaseModel):
    text: str = "hi"
    quiet: str | None = None

    @field_serializer("text")
    def _louder(self, value: str) -> str:
        return value.upper()

    @field_serializer("quiet")
    def _never_null(self, value: str | None) -> str:
        return value or "silence"


class Wrapped(BaseModel):
    inner: Profile = Profile()
    gone: int | None = None

    @model_serializer(mode="wrap")
    def _with_kind(self, handler: Any) -> dict[str, Any]:
        return {"kind": "wrapped", **handler(self)}


class Counted(BaseModel):
    words: list[str] = Field(default_factory=lambda: ["a", "b"])

    @computed_field(alias="numberOfWords")  # type: ignore[prop-decorator]
    @property
    def number(self) -> int:
        return len(self.words)

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def profile(self) -> Profile:
        return Profile()

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def nothing(self) -> None:
        return None


class Hidden(BaseModel):
    secret: str | None = Field(None, exclude=True)
    shown: str | None = Field(None, serialization_alias="secret")


class Names(RootModel[list[str]]):
    root: list[str] = Field(default_factory=lambda: ["x"])


class Free(BaseModel, extra="allow"): ...


class Base(BaseModel):
    name: str = "base"


class Derived(Base):
    more: str = "derived"


class Holder(BaseModel):
    held: Base = Derived()
    anything: pydantic.SerializeAsAny[Base] = Derived()


class Rare(BaseModel):
    rate: float = float("nan")
    huge: int = 2**70


@dataclass
class Card:
    profile: Profile = field(default_factory=Profile)
    note: str | None = None


@pydantic_dataclass
class Ticket:
    number: int = Field(1, serialization_alias="no")
    profile: Profile = Field(default_factory=Profile, serialization_alias="who")


class Pair(NamedTuple):
    one: Profile = Profile()
    two: int = 2


class Kind(Enum):
    PLAIN = "plain"
    MODEL = Profile()


def context(value: Any) -> Any:
    """Return the JSON of a value inside the object ``context``."""
    content = json.loads(encode(engine.RESPOND, None, {**TURN, "context": {"p": value}}).content or b"")
    assert content == json.loads(encode(engine.RESPOND, {**TURN, "context": {"p": value}}, {}).content or b"")
    return content["context"]["p"]


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        (Turn(user_id="u"), {**TURN, "mode": "stateful", "user_id": "u"}),
        (Turn(user_id="u", llm_override=None), {**TURN, "mode": "stateful", "user_id": "u", "llm_override": None}),
        (Turn(mode="stateless", user_id=None), {**TURN, "mode": "stateless", "user_id": None}),
        (
            OurTurn(**TURN),  # type: ignore[arg-type]
            {**TURN, "mode": "stateful", "user_id": "u", "profile": PROFILE, "tags": ["a"]},
        ),
        (models.RespondRequest(**TURN), TURN),  # type: ignore[arg-type]
        (models.RespondRequest(**TURN, user_id=None), {**TURN, "user_id": None}),  # type: ignore[arg-type]
    ],
    ids=["defaults", "a None that was set", "another None", "a subclass of ours", "ours", "ours with a None"],
)
def test_a_body_is_sent_with_the_defaults_of_the_callers_class_alone(made: BaseModel, sent: dict[str, Any]) -> None:
    assert json.loads(encode(engine.RESPOND, made, {}).content or b"") == sent
    for stream in (False, True):
        turn = encode_turn(engine.RESPOND, made, {}, stream=stream, return_format=None)
        assert json.loads(turn.content or b"") == (sent | {"stream": True} if stream else sent)


@pytest.mark.parametrize(
    ("make", "sent"),
    [
        (Profile, PROFILE),
        (lambda: Profile(note=None), {**PROFILE, "note": None}),
        (lambda: [Profile(), {"deep": (Profile(),)}], [PROFILE, {"deep": [PROFILE]}]),
        (lambda: MappingProxyType({"a": Profile()}), {"a": PROFILE}),
        (lambda: UserDict(a=Profile()), {"a": PROFILE}),
        (lambda: deque([Profile()]), [PROFILE]),
        (lambda: (Profile() for _ in range(2)), [PROFILE, PROFILE]),
        (Card, {"profile": PROFILE, "note": None}),
        (Ticket, {"no": 1, "who": PROFILE}),
        (Pair, [PROFILE, 2]),
        (lambda: Kind.MODEL, PROFILE),
        (Shouted, {"text": "HI", "quiet": "silence"}),
        (Wrapped, {"kind": "wrapped", "inner": PROFILE}),
        (Counted, {"words": ["a", "b"], "numberOfWords": 2, "profile": PROFILE, "nothing": None}),
        (lambda: Hidden(shown=None), {"secret": None}),
        (Names, ["x"]),
        (lambda: Free(a=Profile(), b=None), {"a": PROFILE, "b": None}),  # type: ignore[call-arg]
        (Holder, {"held": {"name": "base"}, "anything": {"name": "base", "more": "derived"}}),
        (Rare, {"rate": None, "huge": 2**70}),
        (lambda: OurTurn(**TURN).profile, PROFILE),  # type: ignore[arg-type]
        (lambda: models.RespondRequest(**TURN, context={"p": Profile()}), {**TURN, "context": {"p": PROFILE}}),  # type: ignore[arg-type]
        (
            lambda: models.RespondResult.model_validate_json('{"response": "x", "usage": null, "n": 1.0}'),
            {"response": "x", "usage": None, "n": 1.0},
        ),
        (lambda: Profile.model_construct(plan=7, note=None), {"plan": 7, "since": PROFILE["since"], "note": None}),  # type: ignore[arg-type]
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_model_in_a_free_object_is_sent_as_it_serializes(make: Callable[[], Any], sent: Any) -> None:
    content = json.loads(encode(engine.RESPOND, None, {**TURN, "context": {"p": make()}}).content or b"")
    assert content["context"]["p"] == sent
    request = models.RespondRequest(**TURN, context={"p": make()})  # type: ignore[arg-type]
    assert request.to_dict()["context"]["p"] == sent
    assert encode(engine.RESPOND, request, {}).content == encode(engine.RESPOND, request, {}).content
    mapping = encode(end_users.CREATE, {"user_id": "u", "metadata": {"p": make()}, "further": make()}, {})
    assert json.loads(mapping.content or b"") == {"user_id": "u", "metadata": {"p": sent}, "further": sent}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (NOON, "2026-01-01T12:00:00Z"),
        (date(2026, 1, 1), "2026-01-01"),
        (timedelta(hours=1), "PT1H"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.50"), "1.50"),
        (Kind.PLAIN, "plain"),
        ({1}, [1]),
        (b"text", "text"),
        ({1: "a", None: "b", UUID(int=1): "c"}, {"1": "a", "None": "b", str(UUID(int=1)): "c"}),
    ],
    ids=str,
)
def test_other_values_in_a_free_object_are_written_as_pydantic_writes_them(value: Any, sent: Any) -> None:
    assert context(value) == sent


def test_a_subclass_of_ours_shows_what_it_sends() -> None:
    made = OurTurn(personality_id="p", message="m")
    sent = {**TURN, "mode": "stateful", "user_id": "u", "profile": PROFILE, "tags": ["a"]}
    assert made.to_dict() == sent
    assert made["mode"] == "stateful"
    assert OurTurn.model_validate(made.model_dump()) == made


def test_what_a_subclass_declares_keeps_the_types_of_its_own() -> None:
    class Tagged(models.RespondRequest):
        profile: Profile
        labels: set[str]
        tags: frozenset[str] = Field(frozenset(), validation_alias="the_tags")

    profile = Profile()
    made = Tagged.model_validate({**TURN, "profile": profile, "labels": {"x"}, "the_tags": frozenset({"y"})})
    assert made.profile is profile
    assert (made.labels, made.tags) == ({"x"}, {"y"})
    made.labels = {"z"}
    assert made.labels == {"z"}


def test_a_subclass_may_take_anything_where_it_says_how() -> None:
    class Rendered(models.RespondRequest):
        _draft: Any = pydantic.PrivateAttr(None)

        @pydantic.field_validator("message", mode="before")
        @classmethod
        def _render(cls, value: Any) -> str:
            return "rendered" if isinstance(value, complex) else value

        @property
        def draft(self) -> Any:
            return self._draft

        @draft.setter
        def draft(self, value: Any) -> None:
            self._draft = value

    made = Rendered(personality_id="p", message=1j)  # type: ignore[arg-type]
    made.draft = draft = object()
    assert (made.message, made.draft) == ("rendered", draft)
    made.message = 2j  # type: ignore[assignment]
    assert encode(engine.RESPOND, made, {}).content == b'{"personality_id":"p","message":"rendered"}'


class Query(BaseModel):
    user: str = Field("u", serialization_alias="user_id")
    since: datetime = Field(NOON, serialization_alias="from")
    size: int = Field(5, serialization_alias="limit")
    page: str | None = Field("c", serialization_alias="cursor")


class OurQuery(models.InteractionQuery):
    limit: int | None = 5
    cursor: str | None = "c"


def test_a_query_is_sent_with_the_defaults_of_the_callers_class() -> None:
    path = "/v1/interactions?user_id=u&from=2026-01-01T12%3A00%3A00Z&limit=5&cursor=c"
    assert encode(interactions.LIST, Query(), {}).path == path
    assert encode(interactions.LIST, OurQuery(), {}).path == "/v1/interactions?limit=5&cursor=c"
    assert encode(interactions.LIST, Query(page=None), {}).path == path.removesuffix("&cursor=c")


@pytest.mark.parametrize("query", [Query(), OurQuery()], ids=["another", "a subclass of ours"])
def test_the_pages_of_a_callers_query_keep_its_defaults(query: BaseModel) -> None:
    assert cursor_of(query, {}) == "c"
    check_page_size(query, {})
    following, _ = next_page(query, {}, "d")
    assert isinstance(following, dict)
    assert (following["limit"], following["cursor"]) == (5, "d")


def test_a_page_size_is_found_under_its_json_name() -> None:
    with pytest.raises(errors.RequestValidationError, match="limit must be a whole number, 1 or more, got 0"):
        check_page_size(Query(size=0), {})


class Broken(BaseModel):
    a: int = 1

    @field_serializer("a")
    def _fail(self, value: int) -> int:
        raise KeyError("my secret")


class Scalar(BaseModel):
    @model_serializer
    def _text(self) -> str:
        return "my secret"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: encode(engine.RESPOND, Names(), {}), "body: Names serializes to a list, not to a JSON object"),
        (lambda: encode(engine.RESPOND, Scalar(), {}), "body: Scalar serializes to a str, not to a JSON object"),
        (lambda: encode(engine.RESPOND, Broken(), {}), "body: Broken cannot be sent: its serializer raised "),
        (lambda: context([Broken()]), "context.p.0: Broken cannot be sent: its serializer raised "),
        (lambda: encode_turn(engine.RESPOND, Scalar(), {}, stream=True, return_format=None), "Scalar serializes to"),
        (lambda: cursor_of(Scalar(), {}), "Scalar serializes to"),
        (lambda: next_page(Broken(), {}, "c"), "Broken cannot be sent"),
    ],
)
def test_a_model_that_cannot_be_sent_is_refused_by_its_name(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        call()
    assert says in str(caught.value)
    assert "secret" not in str(caught.value) + repr(caught.value.details)


def test_the_failure_of_a_callers_serializer_is_the_cause() -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(engine.RESPOND, Broken(), {})
    assert "_fail" in str(caught.value.__cause__)


# A property test: pydantic's JSON of a random model, compared with the JSON that is sent.

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.datetimes(),
    st.uuids(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.binary(max_size=0),
    st.sampled_from(Kind).filter(lambda kind: kind is Kind.PLAIN),
)
MODELS = st.sampled_from(
    [
        Profile,
        Shouted,
        Wrapped,
        Counted,
        Names,
        Holder,
        Card,
        Ticket,
        lambda: Profile(note=None),
        lambda: Turn(user=None),
    ]
).map(lambda make: make())
VALUES = st.recursive(
    SCALARS | MODELS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def random_models(draw: st.DrawFn) -> BaseModel:
    """Generate a model of a random class with some fields set."""
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)):
        default = draw(st.none() | VALUES)
        alias = draw(st.none() | st.just(f"{name}_alias"))
        exclude = draw(st.sampled_from([None, None, True]))
        fields[name] = (Any, Field(default, serialization_alias=alias, exclude=exclude))
        if draw(st.booleans()):
            values[name] = draw(st.none() | VALUES)
    if draw(st.booleans()):
        fields["part"] = (Profile, Profile(note=draw(st.none())) if draw(st.booleans()) else Profile())
    made: BaseModel = create_model("Random", **fields)(**values)
    return made


def drop_defaults(value: Any, dumped: Any) -> Any:
    """Return a dump without each None that is only a default: the rule that is tested."""
    if isinstance(value, Names):
        return dumped
    if isinstance(value, BaseModel) and isinstance(dumped, dict):
        names = {(info.serialization_alias or name): name for name, info in type(value).model_fields.items()}
        given = value.model_fields_set
        unset = {key for key, name in names.items() if name not in given and getattr(value, name) is None}
        parts = {**names, **{key: key for key in type(value).model_computed_fields}}
        return {
            key: drop_defaults(getattr(value, parts[key]) if key in parts else None, inner)
            for key, inner in dumped.items()
            if not (key in unset and inner is None)
        }
    if isinstance(value, (list, tuple)) and isinstance(dumped, list):
        return [drop_defaults(*both) for both in zip(value, dumped, strict=True)]
    if isinstance(value, dict) and isinstance(dumped, dict):
        return {key: drop_defaults(value[key], inner) for key, inner in dumped.items()}
    if isinstance(value, (Card, Ticket)):
        return {
            key: drop_defaults(value.profile if key in ("profile", "who") else None, part)
            for key, part in dumped.items()
        }
    return dumped


@settings(max_examples=150, deadline=None)
@given(random_models())
def test_any_model_is_sent_as_its_serializer_gives_it_less_each_none_that_nobody_set(model: BaseModel) -> None:
    wanted = drop_defaults(model, json.loads(model.model_dump_json(by_alias=True)))
    assert json.loads(encode(engine.INFER_STATE, model, {}).content or b"") == wanted
    assert context(model) == wanted
    assert context({"deep": [model]}) == {"deep": [wanted]}


@settings(max_examples=60, deadline=None)
@given(random_models())
def test_any_subclass_of_ours_is_sent_as_its_serializer_gives_it(model: BaseModel) -> None:
    fields: dict[str, Any] = {name: (Any, info) for name, info in type(model).model_fields.items()}
    mine = create_model("Mine", __base__=models.InferStateRequest, **fields)
    made = mine(**{name: getattr(model, name) for name in model.model_fields_set})
    wanted = drop_defaults(made, json.loads(made.model_dump_json(by_alias=True)))
    assert json.loads(encode(engine.INFER_STATE, made, {}).content or b"") == wanted


def values_of(model: Any) -> Iterator[Any]:
    """Yield the values of a request model, nested ones included."""
    yield model
    for inner in model.values() if isinstance(model, dict) else model if isinstance(model, list) else ():
        yield from values_of(inner)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=3))
def test_what_was_validated_is_plain_json_and_is_what_is_sent(value: dict[str, Any]) -> None:
    request = models.RespondRequest(personality_id="p", message="m", context=value)
    assert {type(inner) for inner in values_of(request.context)} <= {dict, list, str, int, float, bool, type(None)}
    assert json.loads(encode(engine.RESPOND, request, {}).content or b"")["context"] == request.context
