"""Encoding and decoding, as tables: arguments to bytes, bytes to models or errors."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any
from urllib.parse import unquote

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.surface.test_surface import OFFICIAL
from uniqos import errors, models
from uniqos._base.http import HttpInfo
from uniqos._wire.decode import decode
from uniqos._wire.encode import encode
from uniqos._wire.operation import Operation, Request
from uniqos._wire.paging import check_page_size, next_page
from uniqos.api import end_users, engine, interactions, me, operations, organizations, personalities, relationships

HTTP = HttpInfo(200, ((b"X-Request-Id", b"req_1"),))
TURN = {"personality_id": "p", "message": "m"}
LAST_MINUTE = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-3)))


class Foreign(pydantic.BaseModel):
    personality_id: str
    message: str
    user_id: str | None = None


class Own(models.RespondRequest):
    pass


def header(request: Request, name: bytes) -> bytes | None:
    return next((value for key, value in request.headers if key == name), None)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (None, TURN),
        (TURN, {}),
        (models.RespondRequest(personality_id="p", message="m"), {}),
        (models.RespondRequest.model_construct(personality_id="p", message="m"), {}),
        (Own(personality_id="p", message="m"), {}),
        (Foreign(personality_id="p", message="m"), {}),
        (
            models.Personality.model_validate({"id": "x"})
            .model_copy(update=TURN)
            .model_dump(exclude={"id"}, exclude_unset=True),
            {},
        ),
    ],
)
def test_every_way_of_giving_a_body_sends_the_same_bytes(data: Any, fields: dict[str, Any]) -> None:
    assert encode(engine.RESPOND, data, fields).content == b'{"personality_id":"p","message":"m"}'


def test_absent_stays_absent_and_an_explicit_none_in_a_body_is_null() -> None:
    request = encode(engine.RESPOND, {**TURN, "user_id": None}, {})
    assert json.loads(request.content or b"") == {**TURN, "user_id": None}


def test_keys_the_public_contract_does_not_know_are_sent_from_mappings_and_models() -> None:
    body = {"name": "X", "big_five": {"openness": 0.5}}
    assert json.loads(encode(personalities.CREATE, body, {}).content or b"") == body
    assert json.loads(encode(personalities.CREATE, models.PersonalityCreate(**body), {}).content or b"") == body  # type: ignore[arg-type]


def test_metadata_are_replaced_cleared_or_left() -> None:
    for body in ({"metadata": {"plan": "pro"}}, {"metadata": {}}, {}):
        assert json.loads(encode(end_users.UPDATE, body, {}, ("u",)).content or b"") == body
        assert json.loads(encode(end_users.UPDATE, None, body, ("u",)).content or b"") == body
        assert json.loads(encode(end_users.UPDATE, models.EndUserUpdate(**body), {}, ("u",)).content or b"") == body


def test_a_reason_may_have_500_characters() -> None:
    for op in (end_users.DELETE, relationships.DELETE):
        reason = "ü" * 500
        assert json.loads(encode(op, None, {"reason": reason}, ("x",)).content or b"") == {"reason": reason}


def test_an_undocumented_body_takes_any_keyword() -> None:
    assert encode(engine.INFER_STATE, None, {"message": "hi", "timeout": 3}).content == b'{"message":"hi"}'


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: encode(engine.RESPOND, None, {**TURN, "mesage": "m"}), "did you mean 'message'"),
        (lambda: encode(personalities.GET, None, {"timeuot": 3}, ("p",)), "did you mean 'timeout'"),
        (lambda: encode(personalities.CREATE, None, {"big_five": {}}), "pass further keys of the API in a mapping"),
        (lambda: encode(engine.RESPOND, TURN, {"message": "m"}), "one object or as keywords"),
        (lambda: encode(me.UPDATE, None, {"name": "x", "idempotency_ky": "k"}), "did you mean 'idempotency_key'"),
        (lambda: encode(personalities.LIST, None, {"timeoutt": 1}), "did you mean 'timeout'"),
    ],
)
def test_a_wrong_keyword_is_a_type_error(call: Callable[[], Request], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        call()


@pytest.mark.parametrize(
    ("op", "data", "fields", "code", "says"),
    [
        (engine.RESPOND, None, {"message": "m"}, "invalid_request", "personality_id"),
        (engine.RESPOND, {**TURN, "message": 7}, {}, "invalid_request", "message"),
        (engine.RESPOND, {**TURN, "mode": "statefull"}, {}, "invalid_request", "mode"),
        (engine.RESPOND, {**TURN, "mode": "stateful"}, {}, "stateful_requires_user_id", "user_id"),
        (
            engine.RESPOND,
            {**TURN, "stream": True, "return_format": "modulator_pack"},
            {},
            "stream_not_supported",
            "cannot be streamed",
        ),
        (engine.RESPOND, {**TURN, "context": {"x": float("nan")}}, {}, "invalid_request", "context.x: NaN is not JSON"),
        (
            engine.RESPOND,
            {**TURN, "context": {"x": [float("-inf")]}},
            {},
            "invalid_request",
            "context.x.0: -Infinity is",
        ),
        (
            engine.RESPOND,
            {**TURN, "context": {"x": object()}},
            {},
            "invalid_request",
            "context.x: a value of type object cannot be written",
        ),
        (
            engine.RESPOND,
            {**TURN, "message": "\ud800"},
            {},
            "invalid_request",
            "message: the text holds half of a surrogate pair",
        ),
        (engine.RESPOND, [TURN], {}, "invalid_request", "a model or a mapping"),
        (interactions.LIST, None, {"from_": datetime(2026, 1, 1)}, "invalid_request", "from"),
        (interactions.LIST, None, {"limit": "many"}, "invalid_request", "limit"),
        (interactions.LIST, {"x": {"deep": 1}}, {}, "invalid_request", "x: a query holds"),
        (interactions.LIST, {"x": float("nan")}, {}, "invalid_request", "x: NaN is not JSON"),
        (interactions.LIST, {"x": float("inf")}, {}, "invalid_request", "x: Infinity is not JSON"),
        (interactions.LIST, {"x": 10**5000}, {}, "invalid_request", "out of range"),
        (interactions.LIST, None, {"to": LAST_MINUTE}, "invalid_request", "out of range"),
        (
            end_users.CREATE,
            {"user_id": "u", "metadata": {"a": [{"\ud800": 1}]}},
            {},
            "invalid_request",
            r"metadata\.a\.0: ",
        ),
        (interactions.AGGREGATES, None, {"group_by": "year"}, "invalid_request", "group_by"),
        (end_users.DELETE, None, {"reason": "x" * 501}, "invalid_request", "reason"),
        (end_users.DELETE, {"cascade": "everything"}, {}, "invalid_request", "cascade"),
        (end_users.MODEL_READABLE, {"language": "fr"}, {}, "invalid_request", "language"),
        (end_users.UPDATE, None, {"metadata": None}, "invalid_request", "metadata"),
        (end_users.CREATE, None, {"metadata": {}}, "invalid_request", "user_id"),
        (relationships.DELETE, None, {"cascade": "model_only"}, "invalid_request", "cascade"),
        (relationships.DELETE, None, {"reason": "x" * 501}, "invalid_request", "reason"),
        (organizations.REQUEST_DELETION, {"name": "Acme"}, {}, "invalid_request", "confirm_name"),
        (me.SWITCH_ORGANIZATION, {}, {}, "invalid_request", "organization_id"),
        (engine.RESPOND, TURN, {"timeout": -1}, "invalid_request", "timeout"),
        (engine.RESPOND, TURN, {"timeout": "3"}, "invalid_request", "timeout"),
        (engine.RESPOND, TURN, {"deadline": float("nan")}, "invalid_request", "deadline"),
        (engine.RESPOND, TURN, {"max_retries": 1.5}, "invalid_request", "max_retries"),
        (engine.RESPOND, TURN, {"max_retries": True}, "invalid_request", "max_retries"),
        (engine.RESPOND, TURN, {"on_invalid_response": "x"}, "invalid_request", "on_invalid_response"),
        (engine.RESPOND, TURN, {"idempotency_key": "a\r\nb"}, "invalid_request", "idempotency_key"),
        (engine.RESPOND, TURN, {"idempotency_key": "ü"}, "invalid_request", "idempotency_key"),
        (engine.RESPOND, TURN, {"idempotency_key": ""}, "invalid_request", "idempotency_key"),
        (engine.RESPOND, TURN, {"headers": {"X": "a\nb"}}, "invalid_request", "X must be"),
        (engine.RESPOND, TURN, {"headers": {"X y": "a"}}, "invalid_request", "header name"),
        (engine.RESPOND, TURN, {"headers": {"Authorization": "a"}}, "invalid_request", "own"),
    ],
)
def test_a_wrong_value_is_refused_before_http(
    op: Operation[Any], data: Any, fields: dict[str, Any], code: str, says: str
) -> None:
    with pytest.raises(errors.RequestValidationError, match=says) as caught:
        encode(op, data, fields, ("id",) * len(op.params))
    assert caught.value.code == code
    assert isinstance(caught.value, errors.ConfigurationError)


def test_a_refused_message_is_not_in_the_error() -> None:
    with pytest.raises(errors.RequestValidationError) as caught:
        encode(engine.RESPOND, {"personality_id": "p", "message": ["my secret"]}, {})
    assert "secret" not in repr(caught.value) + repr(caught.value.details)


@pytest.mark.parametrize("value", ["", ".", "..", "a\x00b", "a\nb", "\x7f", "\ud800", 7, None])
def test_an_impossible_id_is_refused_before_http(value: Any) -> None:
    with pytest.raises(errors.RequestValidationError, match="personality_id"):
        encode(personalities.GET, None, {}, (value,))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("pers_1", "pers_1"),
        ("a/b", "a%2Fb"),
        ("ü%", "%C3%BC%25"),
        ("a b?c#d", "a%20b%3Fc%23d"),
        ("...", "..."),
        ("../x", "..%2Fx"),
        ("%2e%2e", "%252e%252e"),
        ("{personality_id}", "%7Bpersonality_id%7D"),
    ],
)
def test_an_id_is_percent_encoded(value: str, path: str) -> None:
    assert encode(personalities.ARCHIVE, None, {}, (value,)).path == f"/v1/personalities/{path}/archive"


def test_every_path_that_is_another_operations_is_refused_as_an_id() -> None:
    table = operations()
    for name, op in table.items():
        pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", op.path))
        fixed = {o.path for o in table.values() if o.method == op.method and "{" not in o.path}
        taken = {found[1] for path in fixed if op.params and (found := pattern.fullmatch(path))}
        assert op.reserved == taken, name


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_whatever_the_ids_the_path_is_the_one_built_or_the_call_is_refused(ids: list[str]) -> None:
    for op in operations().values():
        data = dict.fromkeys(["personality_id", "message", "slug", "user_id", "confirm_name", "organization_id"], "x")
        try:
            path = encode(op, data if op.body else None, {}, tuple(ids[: len(op.params)])).path
        except errors.RequestValidationError:
            continue
        parts = re.fullmatch(re.sub(r"\{\w+\}", "([^/?#]+)", op.path), path)
        assert parts, path
        assert [unquote(part) for part in parts.groups()] == ids[: len(op.params)]
        assert not {".", ".."} & {*path.split("/")}
        assert path.isascii()


def test_queries_are_text_none_is_dropped_and_instants_are_utc() -> None:
    berlin = timezone(timedelta(hours=2))
    fields = {"from_": datetime(2026, 1, 1, 2, tzinfo=berlin), "to": None, "user_id": "ü&", "limit": 3}
    assert (
        encode(interactions.LIST, None, fields).path
        == "/v1/interactions?user_id=%C3%BC%26&from=2026-01-01T00%3A00%3A00Z&limit=3"
    )
    assert encode(interactions.LIST, {"from": "2026-01-01T00:00:00Z", "flag": True}, {}).path == (
        "/v1/interactions?from=2026-01-01T00%3A00%3A00Z&flag=true"
    )


def test_an_enum_travels_as_its_value() -> None:
    class Status(str, Enum):
        ACTIVE = "active"

    assert encode(personalities.LIST, {"status": Status.ACTIVE}, {}).path == "/v1/personalities?status=active"


def test_creations_and_turns_carry_one_uuid4_key_and_your_own_wins() -> None:
    for op, data in ((engine.RESPOND, TURN), (personalities.CREATE, {"name": "X"})):
        key = header(encode(op, data, {}), b"Idempotency-Key") or b""
        assert uuid.UUID(key.decode()).version == 4
        assert header(encode(op, data, {"idempotency_key": "mine"}), b"Idempotency-Key") == b"mine"
    for op in (personalities.LIST, engine.INFER_STATE, personalities.APPEAL):
        assert header(encode(op, None, {}), b"Idempotency-Key") is None


def test_every_operation_says_what_sending_it_twice_costs() -> None:
    """Of those that the official client has: a change of one would be a change for its users."""
    table = {name: op.resend for name, op in operations().items() if op.method == "POST" and name in OFFICIAL}
    assert table == {
        "engine.respond": "billed",
        "engine.infer_state": "safe",
        "engine.recall_memory": "safe",
        "personalities.create": "keyed",
        "personalities.archive": "once",
        "personalities.new_version": "keyed",
        "personalities.from_guided_prompt": "safe",
        "personalities.from_catalog": "keyed",
        "personalities.dry_run": "safe",
        "personalities.submit_for_review": "once",
        "personalities.appeal": "once",
        "end_users.create": "keyed",
        "relationships.memory.regenerate_summary": "limited",
        "me.switch_organization": "once",
        "organizations.create": "keyed",
        "organizations.appeal": "once",
        "organizations.request_transfer": "once",
        "organizations.confirm_transfer": "once",
        "organizations.cancel_deletion": "once",
        "organizations.members.invite": "keyed",
        "invitations.accept": "once",
        "api_keys.create": "keyed",
        "billing.subscription.suspend": "once",
        "billing.subscription.reactivate": "once",
        "billing.payment_methods.add": "keyed",
        "billing.alerts.create": "keyed",
        "webhooks.create": "keyed",
        "webhooks.regenerate_secret": "once",
        "webhooks.redeliver": "once",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"7",
        b"[]",
        b'"x"',
        b'{"response": "x"',
        b"<html>Bad gateway</html>",
        b'{"response": "x", "n": NaN}',
        b'{"response": "x", "n": -Infinity}',
        b'{"response": "\\ud800"}',
        b'{"response": "\xff"}',
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"response": "x", "n": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_a_decode_error_with_its_bytes(body: bytes) -> None:
    with pytest.raises(errors.ResponseDecodeError) as caught:
        decode(models.RespondResult, body, HTTP, "salvage")
    assert (caught.value.body, caught.value.http_status, caught.value.request_id) == (body, 200, "req_1")


def test_a_byte_order_mark_is_accepted_and_words_like_nan_in_text_too() -> None:
    assert decode(models.RespondResult, b'\xef\xbb\xbf{"response": "x"}', HTTP, "raise") == {"response": "x"}
    assert decode(models.RespondResult, b'{"response": "NaN Infinity"}', HTTP, "raise").response == "NaN Infinity"


def test_a_status_that_may_be_empty_gives_an_empty_model() -> None:
    assert decode(models.ArchivedPersonality, b"", HttpInfo(204), "raise") == {}


def test_a_broken_contract_raises_with_everything_that_was_paid_for() -> None:
    body = b'{"response": 7, "usage": {"turns_consumed": [], "llm_model": "c"}, "secret": "my text", "latency_ms": 3}'
    with pytest.raises(errors.ResponseValidationError) as caught:
        decode(models.RespondResult, body, HTTP, "raise")
    error = caught.value
    assert (error.code, error.request_id, error.http_status, error.body) == ("invalid_response", "req_1", 200, body)
    assert isinstance(error.partial, models.RespondResult)
    assert error.partial.usage is not None
    assert (error.partial.usage.llm_model, error.partial.latency_ms) == ("c", 3)
    assert [p["loc"] for p in error.details] == [["response"], ["usage", "turns_consumed"]]
    assert "my text" not in str(error) + repr(error.details)


def test_salvage_gives_the_answer_and_lists_the_problems() -> None:
    result = decode(models.RespondResult, b'{"response": 7, "x": 1}', HTTP, "salvage")
    assert result["response"] == 7
    assert result.http is not None
    assert result.http.problems[0]["loc"] == ["response"]
    assert result == {"response": 7, "x": 1}


def test_salvage_reaches_into_lists() -> None:
    page = decode(models.PersonalityPage, b'{"data": [{"id": 1}, {"id": "p2"}, 3]}', HTTP, "salvage")
    assert page.data[1].id == "p2"
    assert page["data"] == [{"id": 1}, {"id": "p2"}, 3]


@pytest.mark.parametrize(
    ("query", "filters", "cursor", "following"),
    [
        (None, {"limit": 2}, "c", (None, {"limit": 2, "cursor": "c"})),
        (None, {"limit": 2, "cursor": "b"}, "c", (None, {"limit": 2, "cursor": "c"})),
        ({"limit": 2}, {"timeout": 3}, "c", ({"limit": 2, "cursor": "c"}, {"timeout": 3})),
        (models.InteractionQuery(limit=2), {}, "c", ({"limit": 2, "cursor": "c"}, {})),
    ],
)
def test_the_next_page(query: Any, filters: Any, cursor: str, following: Any) -> None:
    assert next_page(query, filters, cursor) == following


@pytest.mark.parametrize("query", [None, {}, {"limit": 1}, {"limit": None}, models.InteractionQuery(limit=5), 7])
def test_a_page_may_have_any_size_from_one(query: Any) -> None:
    check_page_size(query, {"limit": 1} if query is None else {"limit": -1})
    check_page_size(None, {})


@pytest.mark.parametrize("size", [0, -1, True, 1.0, "5"])
def test_another_size_of_a_page_is_refused(size: Any) -> None:
    for query, filters in (
        (None, {"limit": size}),
        ({"limit": size}, {}),
        (models.RespondRequest.model_construct(limit=size), {}),
    ):
        with pytest.raises(errors.RequestValidationError) as caught:
            check_page_size(query, filters)
        assert str(caught.value) == f"limit must be a whole number, 1 or more, got {size!r}"
