# Generated from _async/sandbox/test_magic.py by python -m uniqos._generate. Do not edit.
"""Errors, faults and emotions by mark: in the message, and in a header of any operation."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests._sync.support import client_of, slept
from uniqos import UniqOSError, errors, models
from uniqos.sandbox import Sandbox
from uniqos.sandbox.faults.magic import COUNTED, HEADER
from uniqos.sandbox.persona.emotion import EMOTIONS
from uniqos.sandbox.refusal import KINDS


def turn(sandbox: Sandbox, message: str) -> dict[str, Any]:
    return {"personality_id": sandbox.personality_id, "message": message}


@pytest.mark.parametrize("code", KINDS)
def test_every_code_can_be_asked_for_of_any_operation_by_a_header(sandbox: Sandbox, code: str) -> None:
    before = sandbox.turns_billed
    headers = {HEADER: f"error={code}"}
    with client_of(sandbox, max_retries=0) as client:
        for ask in (
            lambda: client.personalities.list(headers=headers),
            lambda: client.end_users.create(user_id="magic_nobody", headers=headers),
            lambda: client.end_users.update("magic_nobody", metadata={}, headers=headers),
            lambda: client.webhooks.disable("wh_nobody", headers=headers),
            lambda: client.billing.invoices.pdf("in_nobody", headers=headers),
            lambda: client.invitations.get("nobody", headers=headers),
            lambda: client.respond(**turn(sandbox, "hello"), headers=headers),
        ):
            with pytest.raises(errors.APIError) as caught:
                ask()
            assert (caught.value.code, caught.value.http_status) == (code, KINDS[code].status)
            assert type(caught.value) is errors.error_class(code, KINDS[code].status)
            assert caught.value.details == KINDS[code].details
        with pytest.raises(errors.NotFoundError):
            client.end_users.get("magic_nobody")
    assert sandbox.turns_billed == before


def test_times_counts_by_key_else_message_else_method_and_path(sandbox: Sandbox) -> None:
    headers = {HEADER: "error=rate_limit_exceeded;retry_after=2;times=2"}
    with client_of(sandbox) as client:
        made = client.personalities.create(name="Zoe", headers=headers)
        assert made.http is not None
        assert made.http.retries == 2
        assert slept(client) == [2.0, 2.0]
        again = client.personalities.create(name="Zoe", headers=headers)
        assert again.http is not None
        assert again.http.retries == 2
        for retries in (2, 0):
            listed = client.personalities.versions(made.id, headers=headers)
            assert listed.http is not None
            assert listed.http.retries == retries
        message = f"hello {uuid.uuid4()}"
        for retries in (2, 0):
            state = client.engine.infer_state(message=message, headers=headers)
            assert state.http is not None
            assert state.http.retries == retries
        answered = client.respond(**turn(sandbox, "hello"), headers=headers)
        assert answered.http is not None
        assert answered.http.retries == 2


@pytest.mark.parametrize("mark", ["error=nonsense", "stream=nonsense", "emotion=envy", "review=approved", "x"])
def test_a_header_that_is_not_in_the_table_is_refused(sandbox: Sandbox, mark: str) -> None:
    with client_of(sandbox) as client:
        with pytest.raises(errors.ValidationError, match=f"{HEADER}: {mark}: .*choose from") as caught:
            client.personalities.list(headers={HEADER: mark})
    assert caught.value.details[0]["field"] == HEADER


def test_a_stream_fault_may_stand_in_the_header(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        stream = client.respond(**turn(sandbox, "hello"), stream=True, headers={HEADER: "stream=guardrail_block"})
        with pytest.raises(errors.GuardrailBlockError):
            stream.until_done()


@pytest.mark.parametrize("fault", ["bom", "crlf_split", "huge_event", "huge_event:7"])
def test_what_only_looks_odd_changes_nothing_of_what_is_read(sandbox: Sandbox, fault: str) -> None:
    with client_of(sandbox) as client:
        plain = client.respond(turn(sandbox, "I miss my dog."))
        stream = client.respond(turn(sandbox, f"I miss my dog. [[uniqos:stream={fault}]]"), stream=True).until_done()
    mebibytes = int(fault.partition(":")[2] or 4) if "huge" in fault else 0
    huge = "x" * (mebibytes * 2**20)
    assert stream.text.count("x") - plain.response.count("x") == len(huge)
    assert stream.text.replace(huge, "") == plain.response
    assert stream.metadata is not None
    assert stream.metadata.inferred_emotional_state == plain.inferred_emotional_state
    assert stream.completion is not None


def test_an_event_above_the_limit_of_the_sdk_ends_the_stream_and_keeps_its_text(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        stream = client.respond(**turn(sandbox, "hello [[uniqos:stream=huge_event:9]]"), stream=True)
        with pytest.raises(errors.NetworkError) as caught:
            stream.until_done()
        assert caught.value.code == "stream_interrupted"
        assert caught.value.text
        with pytest.raises(errors.ValidationError, match="stream=huge_event:64"):
            client.respond(**turn(sandbox, f"[[uniqos:stream=huge_event:{COUNTED['huge_event'] + 1}]]"))


@pytest.mark.parametrize("events", [0, 1, 5])
def test_a_stream_breaks_where_it_was_asked_to(sandbox: Sandbox, events: int) -> None:
    with client_of(sandbox) as client:
        stream = client.respond(**turn(sandbox, f"hello [[uniqos:stream=drop_after:{events}]]"), stream=True)
        with pytest.raises(errors.NetworkError) as caught:
            stream.until_done()
    assert caught.value.code == "stream_interrupted"
    assert caught.value.details == {"events_emitted": events}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_emotion_of_a_turn_can_be_asked_for(sandbox: Sandbox, emotion: str) -> None:
    message = f"The table is brown. [[uniqos:emotion={emotion}]]"
    with client_of(sandbox) as client:
        spoken = client.respond(**turn(sandbox, message))
        inferred = client.engine.infer_state(message="I am so happy!", headers={HEADER: f"emotion={emotion}"})
        assert spoken.interaction_id is not None
        kept = client.interactions.get(spoken.interaction_id)
        streamed = client.respond(**turn(sandbox, message), stream=True).until_done()
    state = models.EmotionalState.model_validate(inferred["inferred_emotional_state"])
    assert spoken.inferred_emotional_state is not None
    assert (spoken.inferred_emotional_state.primary, kept["primary_emotion"], state.primary) == (emotion,) * 3
    assert streamed.metadata is not None
    assert streamed.metadata.inferred_emotional_state == spoken.inferred_emotional_state
    assert emotion not in (state.secondary or [])
    pleasant = {"joy": True, "gratitude": True, "sadness": False, "anger": False, "fear": False}.get(emotion)
    for shown in (spoken.inferred_emotional_state, state):
        assert shown.valence is not None
        assert pleasant is None or (shown.valence > 0) is pleasant


def test_a_mark_in_the_message_goes_before_the_header(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        spoken = client.respond(**turn(sandbox, "hello [[uniqos:emotion=fear]]"), headers={HEADER: "emotion=joy"})
        with pytest.raises(UniqOSError) as caught:
            client.respond(**turn(sandbox, "hello [[uniqos:error=conflict]]"), headers={HEADER: "stream=drop_after:1"})
    assert spoken.inferred_emotional_state is not None
    assert spoken.inferred_emotional_state.primary == "fear"
    assert caught.value.code == "conflict"


def test_the_number_of_a_fault_in_the_header_is_not_that_of_one_in_the_message(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        stream = client.respond(
            **turn(sandbox, "hello [[uniqos:stream=huge_event]]"), stream=True, headers={HEADER: "stream=stall:1"}
        )
        stream.until_done()
    assert stream.text.count("x" * 2**20) == 4
