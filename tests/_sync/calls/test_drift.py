# Generated from _async/calls/test_drift.py by python -m uniqos._generate. Do not edit.
"""What an answer holds beyond the contract is told once, and without any of its text."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests._sync.support import TURN, make_client
from tests.support.rawserver import Handler, RawServer, reply
from uniqos import ConfigurationError, DriftReport, UniqOS, models


def always(value: Any) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if isinstance(value, list):
            text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in value)
            reply(connection, 200, text.encode(), {"Content-Type": "text/event-stream"})
        else:
            reply(connection, 200, json.dumps(value).encode())

    return handle


def findings(value: Any, call: str, *args: Any, **options: Any) -> list[str]:
    """What is told of an answer that comes twice."""
    told: list[DriftReport] = []
    with RawServer(always(value)) as server:
        with make_client(server.url, on_drift=told.append, **options) as client:
            for sender in (client, client.with_options(timeout=5)):
                method: Any = sender
                for name in call.split("."):
                    method = getattr(method, name)
                method(*args)
    return [str(report) for report in told]


def test_fields_that_are_new_are_told_wherever_they_are() -> None:
    turn = {
        "response": "my secret",
        "mood": "my secret",
        "inferred_emotional_state": {"primary": "joy", "why": {"deep": "my secret"}},
    }
    assert findings(turn, "respond", TURN) == [
        "POST /v1/respond: unknown_field RespondResult.mood",
        "POST /v1/respond: unknown_field RespondResult.inferred_emotional_state.why",
    ]
    assert findings({"data": [{"id": "p", "new": 1}, {"id": "q", "new": 2}]}, "personalities.list") == [
        "GET /v1/personalities: unknown_field PersonalityPage.data[].new"
    ]


def test_of_an_undocumented_shape_every_field_is_told() -> None:
    assert findings({"name": "my secret", "mail": None}, "me.get") == [
        "GET /v1/me: unknown_field Me.name",
        "GET /v1/me: unknown_field Me.mail",
    ]


def test_words_that_a_vocabulary_does_not_have_are_told_where_they_are_words() -> None:
    assert findings({"status": "erasing"}, "deletions.get", "del_1") == [
        "GET /v1/deletions/{deletion_id}: unknown_value Deletion.status (erasing)"
    ]
    assert findings({"status": "this is my secret text"}, "deletions.get", "del_1") == [
        "GET /v1/deletions/{deletion_id}: unknown_value Deletion.status"
    ]
    assert findings({"status": "pending"}, "deletions.get", "del_1") == []


def test_names_that_are_text_are_not_told() -> None:
    assert findings({"I am Ann and this is my secret": 1}, "me.get") == ["GET /v1/me: unknown_field Me.?"]


def test_what_was_salvaged_is_told() -> None:
    assert findings({"status": 5}, "deletions.get", "del_1", on_invalid_response="salvage") == [
        "GET /v1/deletions/{deletion_id}: salvaged Deletion.status (literal_error)",
        "GET /v1/deletions/{deletion_id}: salvaged Deletion.status (string_type)",
    ]
    answer = {"response": 7, "usage": {"turns_consumed": ["my secret"]}}
    assert findings(answer, "respond", TURN, on_invalid_response="salvage") == [
        "POST /v1/respond: salvaged RespondResult.response (string_type)",
        "POST /v1/respond: salvaged RespondResult.usage.turns_consumed (int_type)",
    ]


def test_events_are_looked_at_like_answers() -> None:
    told: list[DriftReport] = []
    events = [
        ["text", {"delta": "my secret", "tone": "my secret"}],
        ["heartbeat", {"at": "my secret"}],
        ["error", {"code": "internal_error"}],
    ]
    with RawServer(always(events)) as server:
        with make_client(server.url, on_drift=told.append) as client:
            for _ in client.respond(TURN, stream=True):
                pass
    assert [str(report) for report in told] == [
        "POST /v1/respond: unknown_field StreamEventText.tone",
        "POST /v1/respond: unknown_event StreamEventUnknown.heartbeat",
    ]
    assert (told[0].kind, told[0].operation, told[0].model, told[0].where) == (
        "unknown_field",
        "POST /v1/respond",
        "StreamEventText",
        "tone",
    )


def test_what_is_as_expected_is_not_told() -> None:
    turn = {"response": "x", "latency_ms": 1, "guardrails": {"applied": []}, "inferred_emotional_state": None}
    assert findings(turn, "respond", TURN) == []


def test_a_report_that_fails_costs_no_answer_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(report: DriftReport) -> None:
        raise RuntimeError("no")

    with RawServer(always({"response": "x", "new": 1})) as server:
        with make_client(server.url, on_drift=fail) as client:
            assert (client.respond(TURN)).response == "x"
    assert "on_drift failed" in caplog.text
    assert "RespondResult.new" in caplog.text


def test_a_client_tells_each_finding_once_and_another_client_tells_it_again() -> None:
    told: list[DriftReport] = []
    with RawServer(always({"response": "x", "new": 1})) as server:
        for _ in range(2):
            with make_client(server.url, on_drift=told.append) as client:
                for _ in range(3):
                    client.respond(models.RespondRequest(**TURN))
    assert len(told) == 2


def test_each_function_is_told_by_itself() -> None:
    one: list[DriftReport] = []
    other: list[DriftReport] = []
    with RawServer(always({"response": "x", "new": 1})) as server:
        with make_client(server.url, on_drift=one.append) as client:
            client.respond(TURN)
            client.with_options(on_drift=other.append).respond(TURN)
            client.with_options(on_drift=one.append).respond(TURN)
    assert (len(one), len(other)) == (1, 1)


def test_only_a_plain_function_will_do() -> None:

    with pytest.raises(ConfigurationError, match="on_drift"):
        UniqOS("uniq_test_abcd1234", on_drift=7)


def test_of_hundreds_of_thousands_of_new_fields_a_thousand_are_looked_at() -> None:
    value = {"response": "x", **{f"field_{number}": 1 for number in range(200_000)}}
    assert len(findings(value, "engine.respond", TURN)) == 1_000
