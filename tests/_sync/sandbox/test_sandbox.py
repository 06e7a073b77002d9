# Generated from _async/sandbox/test_sandbox.py by python -m uniqos._generate. Do not edit.
"""The sandbox through the clients: state, money, and every error and fault on demand."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from tests._sync.support import FakeClock, client_of
from uniqos import UniqOS, errors, models
from uniqos.sandbox import Sandbox
from uniqos.sandbox.faults.magic import STREAM_FAULTS
from uniqos.sandbox.refusal import KINDS


def test_a_turn_is_answered_counted_and_kept_without_its_text(sandbox: Sandbox) -> None:
    before = sandbox.turns_billed
    with client_of(sandbox) as client:
        result = client.respond(personality_id=sandbox.personality_id, message="I love my new zeppelin!")
        assert result.response
        assert result.inferred_emotional_state is not None
        assert result.inferred_emotional_state.primary == "joy"
        assert result.usage is not None
        assert result.usage.turns_consumed == 1
        assert result.interaction_id is not None
        kept = client.interactions.get(result.interaction_id)
        assert kept["primary_emotion"] == "joy"
        assert "zeppelin" not in json.dumps(kept.to_dict())
        assert result.http is not None
        assert result.http.request_id
        assert result.http.rate_limit is not None
        assert result.http.rate_limit.reset is not None
    assert sandbox.turns_billed == before + 1


@pytest.mark.parametrize("code", KINDS)
def test_every_error_code_can_be_asked_for(sandbox: Sandbox, code: str) -> None:
    before = sandbox.turns_billed
    with client_of(sandbox, max_retries=0) as client:
        with pytest.raises(errors.APIError) as said:
            client.respond(personality_id=sandbox.personality_id, message=f"[[uniqos:error={code}]]")
        with pytest.raises(errors.APIError) as opened:
            client.respond(
                personality_id=sandbox.personality_id, message=f"[[uniqos:error={code}]]", stream=True
            ).open()
        with pytest.raises(errors.APIError) as named:
            client.personalities.get(f"pers_error_{code}")
        with pytest.raises(errors.APIError) as interaction:
            client.interactions.get(f"int_error_{code}")
    for caught in (said, opened, named, interaction):
        error = caught.value
        assert (error.code, error.http_status) == (code, KINDS[code].status)
        assert type(error) is errors.error_class(code, KINDS[code].status)
        assert error.request_id
        assert error.details == KINDS[code].details
    assert sandbox.turns_billed == before


def test_an_error_may_come_some_times_with_a_wait_and_another_status(sandbox: Sandbox) -> None:
    message = "[[uniqos:error=rate_limit_exceeded;retry_after=2;times=2]] hello"
    before = sandbox.turns_billed
    with client_of(sandbox) as client:
        result = client.respond(personality_id=sandbox.personality_id, message=message)
        assert result.http is not None
        assert result.http.retries == 2
        clock = client._requester.clock
        assert isinstance(clock, FakeClock)
        assert clock.slept == [2.0, 2.0]
        with pytest.raises(errors.QuotaExhaustedError) as caught:
            client.respond(personality_id=sandbox.personality_id, message="[[uniqos:error=quota_exhausted;status=403]]")
        assert caught.value.http_status == 403
        with pytest.raises(errors.ValidationError, match="choose from"):
            client.respond(personality_id=sandbox.personality_id, message="[[uniqos:error=nonsense]]")
    assert sandbox.turns_billed == before + 1


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_every_stream_fault_can_be_asked_for(sandbox: Sandbox, fault: str) -> None:
    with client_of(sandbox) as client:
        stream = client.respond(
            personality_id=sandbox.personality_id,
            message=f"hello [[uniqos:stream={fault}]]",
            stream=True,
            timeout=0.5 if fault == "stall" else None,
        )
        if fault in ("drop_after", "stall", "no_completion"):
            with pytest.raises(errors.NetworkError) as cut:
                stream.until_done()
            assert cut.value.code == "stream_interrupted"
            assert cut.value.interaction_id
        elif fault == "malformed_frame":
            with pytest.raises(errors.ResponseValidationError) as broken:
                stream.until_done()
            assert broken.value.body == b'{"type":"text","delta":"cut'
        elif fault == "error_event":
            with pytest.raises(errors.APIError) as failed:
                stream.until_done()
            assert failed.value.code == "internal_error"
        elif fault == "guardrail_block":
            with pytest.raises(errors.GuardrailBlockError):
                stream.until_done()
        else:
            names = [event.type for event in stream]
            assert names[0] == "metadata"
            assert names[-1] == "completion"
            assert ("guardrail_modulation" in names) is (fault == "guardrail")
            assert ("unknown" in names) is (fault == "unknown_event")


def test_a_stream_says_what_the_plain_answer_says(sandbox: Sandbox) -> None:
    turn = {"personality_id": sandbox.personality_id, "message": "I miss my dog."}
    with client_of(sandbox) as client:
        plain = client.respond(turn)
        stream = client.respond(turn, stream=True).until_done()
    assert stream.text == plain.response
    assert stream.metadata is not None
    assert stream.metadata.inferred_emotional_state == plain.inferred_emotional_state
    assert stream.completion is not None
    assert stream.completion.usage.turns_consumed == 1


def test_the_same_key_replays_the_answer_and_is_billed_once(sandbox: Sandbox) -> None:
    before = sandbox.turns_billed
    turn = {"personality_id": sandbox.personality_id, "message": "hello"}
    key = str(uuid.uuid4())
    with client_of(sandbox) as client:
        first = client.respond(turn, idempotency_key=key)
        again = client.respond(turn, idempotency_key=key)
        assert again == first
        assert again.http is not None
        assert again.http.headers["Idempotent-Replayed"] == "true"
        with pytest.raises(errors.ConflictError):
            client.respond({**turn, "message": "other"}, idempotency_key=key)
        streamed = client.respond(turn, stream=True, idempotency_key=f"{key}-stream").until_done()
        replayed = client.respond(turn, stream=True, idempotency_key=f"{key}-stream").until_done()
        assert replayed.text == streamed.text
        assert replayed.metadata == streamed.metadata
    assert sandbox.turns_billed == before + 2


def test_memory_changes_with_the_turns_of_a_user(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        clone = client.personalities.from_catalog(slug="warm-mentor", name="Mo")
        assert (clone["default_mode"], clone["name"]) == ("stateful", "Mo")
        turn = {"personality_id": clone["id"], "user_id": "ada"}
        with pytest.raises(errors.ValidationError):
            client.respond(personality_id=clone["id"], message="hello")
        first = client.respond({**turn, "message": "My name is Ada. I am furious at my landlord!"})
        assert first.memory is not None
        assert (first.memory.consulted, first.memory.summary_used) == (False, None)
        second = client.respond({**turn, "message": "hello again"})
        assert second.memory is not None
        assert second.memory.consulted
        assert second.memory.summary_used == "Ada has spoken 1 time(s) about landlord, last with anger."
        assert second.memory.significant_moments_referenced == 1
        assert "Ada" in second.response
        other = client.respond({**turn, "user_id": "bob", "message": "hello"})
        assert other.memory is not None
        assert not other.memory.consulted
        recalled = client.engine.recall_memory(**turn, query="landlord")
        assert recalled["topics"] == ["landlord"]


def test_the_same_words_get_the_same_answer_and_the_personality_colours_it(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        said = [
            (client.respond(personality_id=f"pers_sandbox_{name}", message="I am so sad.")).response
            for name in ("warm", "warm", "calm", "blunt")
        ]
    assert said[0] == said[1]
    assert len(set(said)) == 3


@pytest.mark.parametrize(
    ("message", "primary"),
    [
        ("I am so happy and proud!", "joy"),
        ("Thank you so much.", "gratitude"),
        ("I miss her, I feel so alone.", "sadness"),
        ("This is unfair and I am furious.", "anger"),
        ("I am afraid of tomorrow.", "fear"),
        ("Wow, that was unexpected!", "surprise"),
        ("How does it work?", "curiosity"),
        ("The table is brown.", "neutral"),
        ("I am not happy, this is terrible.", "sadness"),
        ("Estoy muy triste.", "sadness"),
    ],
)
def test_emotions_are_read_without_a_turn(sandbox: Sandbox, message: str, primary: str) -> None:
    before = sandbox.turns_billed
    with client_of(sandbox) as client:
        state = models.EmotionalState.model_validate(
            (client.engine.infer_state(message=message))["inferred_emotional_state"]
        )
    assert state.primary == primary
    assert state.valence is not None
    assert -1 <= state.valence <= 1
    assert state.confidence is not None
    assert 0 <= state.confidence <= 1
    assert state.intensity in ("low", "medium", "high")
    assert sandbox.turns_billed == before


def test_personalities_have_versions_a_review_and_an_end(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        made = client.personalities.create({"name": "Zoe", "big_five": {"openness": 0.9}})
        assert client.personalities.get(made.id) == made
        newer = client.personalities.new_version(made.id, name="Zoe II")
        assert newer["version"] == 2
        assert newer["big_five"] == made["big_five"]
        lineage = client.personalities.versions(made.id)
        assert [p.name for p in lineage.data] == ["Zoe II", "Zoe"]
        assert made.id in [p.id for p in (client.personalities.list()).data]
        assert (client.personalities.submit_for_review(newer["id"])).status == "pending_review"
        assert (client.personalities.review_status(newer["id"]))["status"] == "pending_review"
        for identifier in (newer["id"],):
            with pytest.raises(errors.ConflictError):
                client.respond(personality_id=identifier, message="hello")
        with pytest.raises(errors.ConflictError):
            client.personalities.appeal(newer["id"], reason="please")
        assert (client.personalities.archive(made.id))["status"] == "archived"
        with pytest.raises(errors.ConflictError):
            client.respond(personality_id=made.id, message="hello")
        with pytest.raises(errors.NotFoundError):
            client.respond(personality_id="pers_nobody", message="hello")
        with pytest.raises(errors.NotFoundError):
            client.personalities.from_catalog(slug="nobody")
        with pytest.raises(errors.ValidationError) as caught:
            client.personalities.create({"name": "X", "big_five": {"openness": 7}})
        assert caught.value.details == [{"field": "big_five"}]
        proposal = client.personalities.from_guided_prompt(description="a warm and curious friend")
        accepted = client.personalities.create(proposal["proposal"])
        assert (accepted.source, accepted.source_ref) == ("guided_prompt", "a warm and curious friend")
        assert accepted["big_five"]["agreeableness"] == 0.9


def test_a_dry_run_is_for_people_of_the_portal(sandbox: Sandbox) -> None:
    before = sandbox.turns_billed
    with client_of(sandbox) as client:
        with pytest.raises(errors.PermissionDeniedError):
            client.personalities.dry_run(sandbox.personality_id, message="hello")
    with client_of(sandbox, access_token=sandbox.access_token) as client:
        assert (client.personalities.dry_run(sandbox.personality_id, message="hello"))["response"]
    assert sandbox.turns_billed == before


def test_a_modulator_pack_asks_no_model_and_is_not_billed(sandbox: Sandbox) -> None:
    before = sandbox.turns_billed
    with client_of(sandbox) as client:
        pack = client.respond(personality_id=sandbox.personality_id, message="hello", return_format="modulator_pack")
    assert "Big Five" in pack["system_prompt"]
    assert sandbox.turns_billed == before


def test_interactions_are_paged_filtered_and_counted(sandbox: Sandbox) -> None:
    start = datetime.now(timezone.utc) - timedelta(seconds=1)
    with client_of(sandbox) as client:
        user = str(uuid.uuid4())
        for message in ("I am happy", "I am sad", "I am afraid", "I am happy", "hello"):
            client.respond(personality_id=sandbox.personality_id, message=message, mode="stateful", user_id=user)
        page = client.interactions.list(user_id=user, limit=2)
        assert len(page.data) == 2
        assert page.next_cursor
        emotions = [i["primary_emotion"] for i in client.interactions.iterate(user_id=user, limit=2)]
        assert emotions == ["neutral", "joy", "fear", "sadness", "joy"]
        assert (client.interactions.list(user_id="nobody")) == {"data": [], "next_cursor": None}
        assert not (client.interactions.list(user_id=user, to=start)).data
        assert len((client.interactions.list({"user_id": user, "from": start})).data) == 5
        (total,) = (client.interactions.aggregates(user_id=user)).data
        assert (total.period_start, total.total_turns, total.unique_personalities_count) == (None, 5, 1)
        assert total.primary_emotion_distribution == {"joy": 2, "sadness": 1, "fear": 1, "neutral": 1}
        for group_by in ("day", "week", "month"):
            buckets = (client.interactions.aggregates(user_id=user, group_by=group_by)).data
            assert sum(bucket.total_turns for bucket in buckets) == 5
            assert buckets[0].period_start is not None
        with pytest.raises(errors.ValidationError):
            client.interactions.list(cursor="nonsense")
        with pytest.raises(errors.NotFoundError):
            client.interactions.get("int_nobody")


def test_credentials_are_checked(sandbox: Sandbox) -> None:
    for credential, code in (
        ({"api_key": "uniq_test_somebodyelse"}, "authentication_error"),
        ({"access_token": "nonsense"}, "invalid_token"),
        ({"access_token": "sandbox.expired.token"}, "token_expired"),
    ):
        with UniqOS(base_url=sandbox.url, **credential) as client:
            with pytest.raises(errors.AuthenticationError) as caught:
                client.personalities.list()
            assert caught.value.code == code
    with httpx.Client(base_url=sandbox.url) as http:
        assert (http.get("/v1/personalities")).json()["error"]["code"] == "authentication_error"
        assert (http.get("/v1/nothing")).json()["error"]["code"] == "not_found"
        assert (http.delete("/v1/personalities")).status_code == 405
        known = {"Authorization": f"Bearer {sandbox.api_key}"}
        assert (http.post("/v1/respond", content=b"{", headers=known)).status_code == 400
        assert (http.post("/v1/respond", content=b" " * (2 * 1024 * 1024), headers=known)).status_code == 413
        refused = http.post("/v1/respond", json={"message": 7}, headers=known)
        assert [p["loc"] for p in refused.json()["error"]["details"]] == [["personality_id"], ["message"]]
        assert refused.headers["X-Request-Id"] == refused.json()["error"]["request_id"]
        assert "stand-in" in (http.get("/")).json()["what"]
