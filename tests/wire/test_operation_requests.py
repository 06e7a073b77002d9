"""The encoding of arguments: the request, to the last header, and the text of each refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, Literal

import pydantic
import pytest

from uniqos import errors, models
from uniqos._base.model import OpenRequest, RequestModel
from uniqos._wire.encode import encode, without_none
from uniqos._wire.operation import Operation, Request
from uniqos._wire.paging import cursor_of, next_page
from uniqos.api import end_users, engine, interactions, personalities

TURN = {"personality_id": "p", "message": "m"}
LONGEST = 32 * 1024


class Order(RequestModel):
    """A request with kinds of fields that the API lacks: a constant, an alias, a default, the name of an option."""

    kind: Literal["order"] = "order"
    from_: str = pydantic.Field("here", alias="from", serialization_alias="from")
    rows: list[dict[str, int]] = pydantic.Field(default_factory=list)
    deadlines: int = 0


Order.__module__ = "uniqos.api.orders"  # Otherwise the class would count as a caller's, whose defaults are sent.


class Foreign(pydantic.BaseModel):
    model_config: ClassVar[pydantic.ConfigDict] = pydantic.ConfigDict(populate_by_name=True)
    who: str = pydantic.Field(serialization_alias="personality_id")
    message: str
    page: str | None = pydantic.Field(None, serialization_alias="cursor")


ORDER = Operation("POST", "/v1/orders", models.Personality, body=Order)
ORDERS = Operation("GET", "/v1/orders", models.Personality, query=Order)
OPEN = Operation("POST", "/v1/open", models.Personality, body=OpenRequest)
DEEP = Operation("GET", "/v1/{a}/x/{b}/y/{c}", models.Personality, reserved=frozenset({"list"}))


@pytest.mark.parametrize(
    ("path", "params"),
    [("/v1/x", ()), ("/v1/{a_id}", ("a_id",)), ("/v1/{a_id}/x/{b}", ("a_id", "b")), ("/v1/{a}{b}/x", ("a", "b"))],
)
def test_an_operation_knows_the_parameters_of_its_path_in_order(path: str, params: tuple[str, ...]) -> None:
    op = Operation("GET", path, models.Personality)
    assert (op.params, op.label) == (params, f"GET {path}")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_only_a_post_may_cost_something_twice(method: Any) -> None:
    op = Operation(method, "/v1/x", models.Personality)
    assert op.resend == op.returning(models.ModulatorPack).resend == "safe"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("resend", ["keyed", "billed", "once", "limited"])
def test_a_resend_is_refused_for_a_method_that_is_always_safe(method: Any, resend: Any) -> None:
    with pytest.raises(ValueError, match=f"{method} /v1/x: resend='{resend}' is for POST alone"):
        Operation(method, "/v1/x", models.Personality, resend=resend)


@pytest.mark.parametrize("resend", ["safe", "keyed", "billed", "once", "limited"])
def test_a_post_says_what_it_costs(resend: Any) -> None:
    assert Operation("POST", "/v1/x", models.Personality, resend=resend).resend == resend
    assert Operation("POST", "/v1/x", models.Personality).resend == "once"


def test_an_operation_that_returns_another_model_is_else_the_same() -> None:
    pack = engine.RESPOND.returning(models.ModulatorPack)
    assert pack.returns is models.ModulatorPack
    assert engine.RESPOND.returns is models.RespondResult
    assert (pack.label, pack.body, pack.resend) == ("POST /v1/respond", models.RespondRequest, "billed")


@pytest.mark.parametrize(
    ("op", "path", "expected"),
    [
        (personalities.GET, ("p",), ("GET", "/v1/personalities/p", None, "safe", None)),
        (personalities.ARCHIVE, ("p",), ("POST", "/v1/personalities/p/archive", None, "once", None)),
        (end_users.DELETE, ("u",), ("DELETE", "/v1/end-users/u", None, "safe", None)),
        (end_users.UPDATE, ("u",), ("PATCH", "/v1/end-users/u", b"{}", "safe", None)),
        (ORDER, (), ("POST", "/v1/orders", b"{}", "once", None)),
        (ORDERS, (), ("GET", "/v1/orders", None, "safe", None)),
    ],
)
def test_a_request_without_arguments(op: Operation[Any], path: tuple[str, ...], expected: tuple[Any, ...]) -> None:
    request = encode(op, None, {}, path)
    assert (request.method, request.path, request.content, request.resend, request.idempotency_key) == expected
    assert (request.label, request.headers) == (op.label, [])


@pytest.mark.parametrize("fields", [{}, {"idempotency_key": "mine"}], ids=["its own key", "your key"])
def test_a_request_knows_the_one_key_it_sends(fields: dict[str, Any]) -> None:
    request = encode(engine.RESPOND, TURN, fields)
    assert request.idempotency_key is not None
    assert request.headers == [(b"Idempotency-Key", request.idempotency_key.encode())]


def test_a_key_of_yours_goes_with_any_operation() -> None:
    request = encode(personalities.ARCHIVE, None, {"idempotency_key": "mine"}, ("p",))
    assert (request.idempotency_key, request.headers) == ("mine", [(b"Idempotency-Key", b"mine")])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("timeout", 0.5),
        ("deadline", 0),
        ("deadline", 90),
        ("max_retries", 0),
        ("max_retries", 7),
        ("on_invalid_response", "raise"),
        ("on_invalid_response", "salvage"),
    ],
)
def test_an_option_goes_with_the_request_and_not_into_the_body(name: str, value: Any) -> None:
    request = encode(engine.RESPOND, None, {**TURN, name: value})
    assert getattr(request, name) == value
    assert request.content == b'{"personality_id":"p","message":"m"}'


def test_options_of_none_are_the_clients() -> None:
    nothing = dict.fromkeys(
        ["timeout", "deadline", "max_retries", "headers", "idempotency_key", "on_invalid_response"], None
    )
    request = encode(personalities.GET, None, nothing, ("p",))
    assert (request.timeout, request.deadline, request.max_retries, request.on_invalid_response) == (None,) * 4
    assert request.headers == []


def test_headers_of_yours_are_sent_as_they_are() -> None:
    headers = {"X-Trace": "a b\tc", "traceparent": "00-1"}
    assert encode(personalities.GET, None, {"headers": headers}, ("p",)).headers == [
        (b"X-Trace", b"a b\tc"),
        (b"traceparent", b"00-1"),
    ]


@pytest.mark.parametrize("name", ["X", "x-trace", "0", "!#$%&'*+.^_`|~-"])
@pytest.mark.parametrize("value", ["!", "~", "a b", "a\tb", "a" * 4000], ids=len)
def test_what_is_visible_can_be_a_header(name: str, value: str) -> None:
    request = encode(personalities.GET, None, {"headers": {name: value}}, ("p",))
    assert request.headers == [(name.encode(), value.encode())]


@pytest.mark.parametrize("name", ["", " X", "X ", "X:", "X(", "ü", "X\n"])
def test_what_is_no_token_cannot_be_the_name_of_a_header(name: str) -> None:
    with pytest.raises(errors.RequestValidationError, match="is not a header name"):
        encode(personalities.GET, None, {"headers": {name: "a"}}, ("p",))


@pytest.mark.parametrize("value", ["", " ", " a", "a ", "\ta", "a\t", "a\x1fb", "a\x7fb", "a\x80b", "\x00", "a\n", "ü"])
def test_what_is_not_visible_cannot_be_the_value_of_a_header(value: str) -> None:
    with pytest.raises(errors.RequestValidationError, match="must be visible ASCII text"):
        encode(personalities.GET, None, {"headers": {"X": value}}, ("p",))


@pytest.mark.parametrize(
    "name",
    [
        "Accept",
        "Accept-Encoding",
        "authorization",
        "Content-Length",
        "Content-Type",
        "HOST",
        "Idempotency-Key",
        "Transfer-Encoding",
        "X-Uniqos-Sdk",
    ],
)
def test_what_the_sdk_sends_itself_cannot_be_set(name: str) -> None:
    with pytest.raises(errors.RequestValidationError, match=f"the header {name} is the SDK's own"):
        encode(personalities.GET, None, {"headers": {name: "x"}}, ("p",))


@pytest.mark.parametrize(
    ("value", "part"),
    [(" ", "%20"), ("~", "~"), ("\x80", "%C2%80"), ("...", "..."), (".a", ".a"), ("\U0001f600", "%F0%9F%98%80")],
)
def test_an_id_may_hold_anything_but_control_characters(value: str, part: str) -> None:
    assert encode(personalities.GET, None, {}, (value,)).path == f"/v1/personalities/{part}"


@pytest.mark.parametrize("value", ["\x00", "a\x1f", "a\tb", "\x7fa"])
def test_an_id_with_a_control_character_is_refused(value: str) -> None:
    with pytest.raises(errors.RequestValidationError, match="control characters"):
        encode(personalities.GET, None, {}, (value,))


@pytest.mark.parametrize("data", [Foreign(who="p", message="m"), Foreign.model_construct(who="p", message="m")])
def test_another_model_is_sent_by_its_aliases(data: Foreign) -> None:
    assert encode(engine.RESPOND, data, {}).content == b'{"personality_id":"p","message":"m"}'


def test_only_what_was_set_is_sent_under_its_json_name() -> None:
    given = {"from": "there", "rows": [{"a": 1}]}
    assert encode(ORDER, given, {}).content == b'{"from":"there","rows":[{"a":1}]}'
    assert encode(ORDERS, {"from": "there"}, {}).path == "/v1/orders?from=there"


def test_an_unchecked_model_is_checked_before_it_is_sent() -> None:
    with pytest.raises(errors.RequestValidationError, match="message: Input should be a valid string"):
        encode(engine.RESPOND, models.RespondRequest.model_construct(personality_id="p", message=7), {})


def test_a_field_named_almost_like_an_option_is_a_field() -> None:
    assert encode(ORDER, None, {"deadlines": 3}).content == b'{"deadlines":3}'


def test_where_any_keyword_is_sent_only_what_looks_much_like_an_option_is_refused() -> None:
    assert encode(OPEN, None, {"time": 3, "key": "k"}).content == b'{"time":3,"key":"k"}'
    with pytest.raises(TypeError) as caught:
        encode(OPEN, None, {"time": 3, "max_retry": 1})
    assert str(caught.value) == (
        "POST /v1/open: unexpected keyword argument 'max_retry'; did you mean 'max_retries'? "
        "If it is a key of the body, pass the body as a mapping"
    )
    assert encode(OPEN, {"max_retry": 1}, {}).content == b'{"max_retry":1}'


def test_a_replacement_character_is_text_like_any_other() -> None:
    text = "\ufffd"
    body = {**TURN, "message": text, "context": {text: [text, {text: 1}]}}
    assert (encode(engine.RESPOND, body, {}).content or b"").count(text.encode()) == 4


@pytest.mark.parametrize(
    ("op", "data", "where"),
    [
        (engine.RESPOND, {**TURN, "context": {"\ud800": 1}}, "context"),
        (engine.RESPOND, {**TURN, "context": {"a": {"\ud800": 1}}}, "context.a"),
        (ORDER, {"rows": [{"a": 1}, {"\ud800": 1}]}, "rows.1"),
    ],
    ids=["in an object", "in an object of it", "in a list"],
)
def test_a_key_with_half_a_surrogate_pair_is_refused_wherever_it_is(op: Operation[Any], data: Any, where: str) -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(op, data, {})
    assert (
        str(caught.value) == f"{op.label}: {where}: the text holds half of a surrogate pair, which UTF-8 cannot encode"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (0.5, "0.5"),
        ("a", "a"),
        (datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-01T00%3A00%3A00Z"),
    ],
)
@pytest.mark.usefixtures("far_from_utc")
def test_a_value_in_a_query_is_text(value: Any, text: str) -> None:
    assert encode(interactions.LIST, {"x": value}, {}).path == f"/v1/interactions?x={text}"


def test_as_many_ids_as_the_path_has_are_needed() -> None:
    for ids in (("p",), ("p", "q", "r", "s")):
        with pytest.raises(ValueError, match="zip"):
            encode(DEEP, None, {}, ids)


def test_a_path_may_be_as_long_as_servers_read_and_no_longer() -> None:
    room = LONGEST - len("/v1/personalities/")
    assert len(encode(personalities.GET, None, {}, ("x" * room,)).path) == LONGEST
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(personalities.GET, None, {}, ("x" * (room + 1),))
    assert str(caught.value) == (
        "GET /v1/personalities/{personality_id}: path and query have 32769 bytes; "
        "shorten the ids or the query to at most 32768"
    )


INVALID_ID = "an id must not be empty, '.', '..' or hold control characters"
SECONDS = "must be a number of seconds, 0 (no limit) to 2,000,000, got"
QUERY = "a query holds text, numbers, booleans and datetimes, not"
VISIBLE = "must be visible ASCII text, without line breaks, to travel in a header"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: encode(personalities.GET, None, {}, (7,)), "personality_id must be a string, got int"),  # type: ignore[arg-type]
        (lambda: encode(personalities.GET, None, {}, ("..",)), f"'..' is not a valid personality_id: {INVALID_ID}"),
        (
            lambda: encode(personalities.GET, None, {}, ("\ud800",)),
            "'\\ud800' is not a valid personality_id: it holds half of a surrogate pair, which UTF-8 cannot encode",
        ),
        (
            lambda: encode(DEEP, None, {}, ("1", "2", "list")),
            "'list' is not a valid c: that path belongs to another operation",
        ),
        (
            lambda: encode(engine.RESPOND, [TURN], {}),  # type: ignore[arg-type]
            "POST /v1/respond: the body must be a model or a mapping, got list",
        ),
        (
            lambda: encode(engine.RESPOND, None, {"message": 7}),
            "POST /v1/respond: personality_id: Field required; message: Input should be a valid string",
        ),
        (
            lambda: encode(ORDER, {"rows": [{"a": "x"}]}, {}),
            "POST /v1/orders: rows.0.a: Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            lambda: encode(engine.RESPOND, {**TURN, "mode": "stateful"}, {}),
            'POST /v1/respond: user_id: mode="stateful" needs a user_id; pass one, or use mode="stateless"',
        ),
        (
            lambda: encode(interactions.LIST, {"x": "\ud800"}, {}),
            "GET /v1/interactions: x: the text holds half of a surrogate pair, which UTF-8 cannot encode",
        ),
        (
            lambda: encode(interactions.LIST, {"x": datetime(2026, 1, 1)}, {}),
            "x needs a time zone: pass datetime.now(timezone.utc), for example",
        ),
        (
            lambda: encode(interactions.LIST, {"x": 10**5000}, {}),
            "x is out of range: the number has too many digits, or the UTC date is outside the years 1 to 9999",
        ),
        (lambda: encode(interactions.LIST, {"x": float("inf")}, {}), "GET /v1/interactions: x: Infinity is not JSON"),
        (lambda: encode(interactions.LIST, {"x": [1]}, {}), f"x: {QUERY} list"),
        (lambda: encode(engine.RESPOND, TURN, {"timeout": -1}), f"timeout {SECONDS} -1"),
        (lambda: encode(engine.RESPOND, TURN, {"timeout": True}), f"timeout {SECONDS} True"),
        (lambda: encode(engine.RESPOND, TURN, {"deadline": float("inf")}), f"deadline {SECONDS} inf"),
        (
            lambda: encode(engine.RESPOND, TURN, {"max_retries": -1}),
            "max_retries must be a whole number, 0 or more, got -1",
        ),
        (
            lambda: encode(engine.RESPOND, TURN, {"on_invalid_response": "ignore"}),
            'on_invalid_response must be "raise" or "salvage", got \'ignore\'',
        ),
        (lambda: encode(engine.RESPOND, TURN, {"headers": [("X", "1")]}), "headers must be a mapping, got list"),
        (lambda: encode(engine.RESPOND, TURN, {"headers": {"X y": "1"}}), "'X y' is not a header name"),
        (lambda: encode(engine.RESPOND, TURN, {"headers": {7: "1"}}), "7 is not a header name"),
        (lambda: encode(engine.RESPOND, TURN, {"headers": {"X": "secret\n"}}), f"X {VISIBLE}"),
        (
            lambda: encode(engine.RESPOND, TURN, {"headers": {"Host": "x"}}),
            "the header Host is the SDK's own; see the options for what you want to set",
        ),
        (lambda: encode(engine.RESPOND, TURN, {"idempotency_key": "secret\n"}), f"idempotency_key {VISIBLE}"),
        (lambda: encode(engine.RESPOND, TURN, {"idempotency_key": 7}), f"idempotency_key {VISIBLE}"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_is_right(call: Callable[[], Request], says: str) -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        call()
    assert str(caught.value) == says


def test_a_refused_body_lists_each_problem() -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(engine.RESPOND, None, {"message": 7})
    assert caught.value.details == [
        {"loc": ["personality_id"], "type": "missing", "msg": "Field required"},
        {"loc": ["message"], "type": "string_type", "msg": "Input should be a valid string"},
    ]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: encode(personalities.GET, None, {"zzz": 1}, ("p",)),
            "GET /v1/personalities/{personality_id}: unexpected keyword argument 'zzz'",
        ),
        (
            lambda: encode(personalities.CREATE, None, {"name": "X", "zzz": 1}),
            "POST /v1/personalities: unexpected keyword argument 'zzz'; pass further keys of the API in a mapping",
        ),
        (
            lambda: encode(engine.RESPOND, None, {**TURN, "mesage": "m"}),
            "POST /v1/respond: unexpected keyword argument 'mesage'; did you mean 'message'?",
        ),
        (
            lambda: encode(engine.RESPOND, TURN, {"user_id": "u", "mode": "stateful"}),
            "POST /v1/respond: give the body as one object or as keywords, not both: user_id, mode",
        ),
    ],
)
def test_a_wrong_keyword_says_which(call: Callable[[], Request], says: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == says


def test_a_keyword_of_none_was_not_given() -> None:
    assert without_none({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}


@pytest.mark.parametrize(
    ("query", "filters", "cursor"),
    [
        (None, {"cursor": "c", "limit": 2}, "c"),
        (None, {"limit": 2}, None),
        ({"cursor": "c"}, {"cursor": "of no use"}, "c"),
        ({}, {"cursor": "of no use"}, None),
        (models.InteractionQuery(cursor="c"), {}, "c"),
        (models.InteractionQuery(), {}, None),
        (Order(), {}, None),
        ([("cursor", "c")], {}, None),
    ],
)
def test_the_cursor_a_page_is_asked_with(query: Any, filters: dict[str, Any], cursor: str | None) -> None:
    assert cursor_of(query, filters) == cursor


@pytest.mark.parametrize(
    ("query", "following"),
    [
        (models.InteractionQuery.model_validate({"from": "2026-01-01T00:00:00Z"}), {"from", "cursor"}),
        (Foreign(who="p", message="m", page="b"), {"personality_id", "message", "cursor"}),
        (models.InteractionQuery.model_construct(limit="many"), {"limit", "cursor"}),
    ],
    ids=["ours", "another", "an unchecked one"],
)
def test_the_next_page_of_a_model_is_asked_for_by_its_json_names(query: Any, following: set[str]) -> None:
    asked, filters = next_page(query, {}, "c")
    assert isinstance(asked, dict)
    assert (set(asked), asked["cursor"], filters) == (following, "c", {})
