# Generated from _async/sandbox/test_people.py by python -m uniqos._generate. Do not edit.
"""The people of the sandbox through the clients: who they are, what is learned of them, and how they are forgotten."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests._sync.support import client_of
from uniqos import UniqOS, errors
from uniqos.sandbox import Sandbox, serve
from uniqos.sandbox.persona.emotion import EMOTIONS
from uniqos.sandbox.persona.seeds import CATALOG

CALM = "pers_sandbox_calm"
DAY = 86400


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        yield running


@pytest.fixture
def own(_running: Sandbox) -> Sandbox:
    """A sandbox as it starts, whose time stands still until a test moves it."""
    _running.reset()
    _running.clock.freeze()
    return _running


def say(client: UniqOS, user_id: str, message: str, personality_id: str = CALM) -> Any:
    return client.respond(personality_id=personality_id, user_id=user_id, mode="stateful", message=message)


def answers_of(sandbox: Sandbox, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    return httpx.request(options.pop("method", "POST"), f"{sandbox.url}{path}", headers=headers, **options)


def rows_about(sandbox: Sandbox, word: str) -> list[str]:
    """Every line of the database that holds a word."""
    return [line for line in sandbox._settings.store.dump().splitlines() if word in line]


def test_the_catalog_says_what_a_clone_will_be(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        entries = (client.catalog.list()).data or []
        assert [entry["slug"] for entry in entries] == list(CATALOG)
        for entry in entries:
            assert entry["description"]
            assert client.catalog.get(entry["slug"]) == entry
        clone = client.personalities.from_catalog(slug="stoic-coach")
        assert clone["big_five"] == (client.catalog.get("stoic-coach"))["big_five"]
        with pytest.raises(errors.NotFoundError):
            client.catalog.get("nobody")


def test_vocabularies_have_versions_and_their_changelogs_tell_them_apart(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        for vocabulary, kind in ((client.vocabularies.topics, "topics"), (client.vocabularies.emotions, "emotions")):
            current = vocabulary.current()
            assert current["version"] == "v2"
            assert vocabulary.version("v2") == current
            names = {term["name"] for term in current[kind]}
            older = {term["name"] for term in (vocabulary.version("v1"))[kind]}
            newest, first = (vocabulary.changelog())["data"]
            assert (newest["version"], first["version"]) == ("v2", "v1")
            assert names - older == set(newest["added"])
            assert older == set(first["added"])
            with pytest.raises(errors.NotFoundError):
                vocabulary.version("v9")
        emotions = client.vocabularies.emotions.current()
    assert [term["name"] for term in emotions["emotions"]] == list(EMOTIONS)


def test_an_end_user_is_made_once_and_told_so(own: Sandbox) -> None:
    made = answers_of(own, "/v1/end-users", json={"user_id": "ada", "metadata": {"plan": "pro"}})
    again = answers_of(own, "/v1/end-users", json={"user_id": "ada", "metadata": {"plan": "other"}})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    assert made.json()["metadata"] == {"plan": "pro"}
    assert answers_of(own, "/v1/end-users", json={"user_id": " "}).status_code == 422
    with client_of(own) as client:
        with pytest.raises(errors.NotFoundError):
            client.end_users.get("bob")


def test_a_stateful_turn_and_create_make_the_same_end_user(own: Sandbox) -> None:
    with client_of(own) as client:
        client.end_users.create(user_id="ada", metadata={"plan": "pro"})
        say(client, "ada", "hello")
        say(client, "ada", "hello", own.personality_id)
        say(client, "bob", "hello")
        assert answers_of(own, "/v1/end-users", json={"user_id": "bob"}).status_code == 200
        client.respond(personality_id=CALM, message="hello", user_id="eve")
        ada = client.end_users.get("ada")
        assert ada.metadata == {"plan": "pro"}
        assert [r["personality_id"] for r in ada["relationships"]] == [own.personality_id, CALM]
        assert [user.user_id for user in client.end_users.iterate(limit=1)] == ["bob", "ada"]


def test_metadata_are_replaced_as_a_whole_cleared_or_left(own: Sandbox) -> None:
    with client_of(own) as client:
        client.end_users.create(user_id="ada", metadata={"a": 1, "b": 2})
        assert (client.end_users.update("ada", metadata={"c": 3})).metadata == {"c": 3}
        assert (client.end_users.update("ada", {})).metadata == {"c": 3}
        assert (client.end_users.update("ada", metadata={})).metadata == {}
        with pytest.raises(errors.NotFoundError):
            client.end_users.update("bob", metadata={})


def test_what_is_learned_of_somebody_changes_with_the_turns_and_holds_no_text(own: Sandbox) -> None:
    message = "I am so worried about my exam, but I love hiking and I hate crowds!"
    with client_of(own) as client:
        client.end_users.create(user_id="ada")
        empty = client.end_users.model("ada")
        assert (empty["turns_observed"], empty["communication_style"]) == (0, None)
        assert empty["traits"]["neuroticism"] == {"value": 0.5, "confidence": 0.0}
        say(client, "ada", message)
        first = client.end_users.model("ada")
        assert first["traits"]["neuroticism"]["value"] > 0.5
        assert first["recurring_topics"] == []
        assert first["stated_preferences"] == [
            {"kind": "likes", "subject": "hiking"},
            {"kind": "dislikes", "subject": "crowds"},
        ]
        say(client, "ada", "Is my exam hard? I prefer short answers. I don't like hiking.", own.personality_id)
        second = client.end_users.model("ada")
        assert second["turns_observed"] == 2
        assert {"topic": "study", "word": "exam", "turns": 2} in second["recurring_topics"]
        assert {"kind": "prefers", "subject": "short answers"} in second["stated_preferences"]
        assert {"kind": "dislikes", "subject": "hiking"} in second["stated_preferences"]
        assert second["communication_style"]["question_share"] == 0.5
        assert second["traits"]["neuroticism"]["confidence"] > 0
        told = json.dumps([second.to_dict(), (client.end_users.export("ada")).to_dict()])
        assert "worried about" not in told
        with pytest.raises(errors.NotFoundError):
            client.end_users.model("bob")


def test_the_model_is_readable_in_english_and_in_spanish(own: Sandbox) -> None:
    with client_of(own) as client:
        client.end_users.create(user_id="ada")
        assert (client.end_users.model_readable("ada"))["text"].startswith("Nothing has been learned")
        nothing = client.end_users.model_readable("ada", "es")
        assert nothing["text"] == "Todavía no se ha aprendido nada de esta persona."
        for message in ("I am worried about my boss.", "Is my boss angry? I am afraid.", "I love hiking."):
            say(client, "ada", message)
        english = client.end_users.model_readable("ada", "en")
        spanish = client.end_users.model_readable("ada", "es")
    assert (english["language"], spanish["language"]) == ("en", "es")
    for part in ("3 turn(s)", "easily worried", "English", "boss (work)", "Likes: hiking"):
        assert part in english["text"]
    for part in ("3 turno(s)", "propensa a preocuparse", "inglés", "boss (trabajo)", "Le gusta: hiking"):
        assert part in spanish["text"]


def test_relationships_are_filtered_paged_and_remember(own: Sandbox) -> None:
    with client_of(own) as client:
        say(client, "ada", "My name is Ada. I am furious at my landlord!")
        say(client, "ada", "hello", own.personality_id)
        say(client, "bob", "hello")
        assert len([r for r in client.relationships.iterate(limit=2)]) == 3
        assert len((client.relationships.list(user_id="ada")).data or []) == 2
        (one,) = (client.relationships.list(user_id="ada", personality_id=CALM)).data or []
        assert client.relationships.get(one["id"]) == one
        memory = client.relationships.memory.get(one["id"])
        assert memory["summary"] == "Ada has spoken 1 time(s) about landlord, last with anger."
        assert [moment["emotion"] for moment in memory["significant_moments"]] == ["anger"]
        assert (memory["metrics"]["turns"], memory["metrics"]["recent_emotions"]) == (1, {"anger": 1})
        for call in (client.relationships.get, client.relationships.memory.get, client.relationships.memory.delete):
            with pytest.raises(errors.NotFoundError):
                call("rel_nobody")


def test_a_summary_is_made_anew_once_an_hour(own: Sandbox) -> None:
    with client_of(own) as client:
        say(client, "ada", "hello")
        say(client, "bob", "hello")
        bob, ada = [r["id"] for r in client.relationships.iterate()]
        assert (client.relationships.memory.regenerate_summary(ada))["summary"]
        assert client.relationships.memory.regenerate_summary(bob)
        own.clock.advance(1000.5)
        with pytest.raises(errors.RateLimitError) as caught:
            client.relationships.memory.regenerate_summary(ada)
        assert (caught.value.code, caught.value.retry_after_seconds) == ("rate_limit_exceeded", 2600)
        own.clock.advance(2599.5)
        assert client.relationships.memory.regenerate_summary(ada)


@pytest.mark.parametrize("way", ["cascade", "memory"])
def test_a_relationship_without_its_memory_begins_again(own: Sandbox, way: str) -> None:
    with client_of(own) as client:
        first = say(client, "ada", "hello")
        assert (say(client, "ada", "My name is Ada.")).memory.consulted
        (relationship_id,) = [r["id"] for r in client.relationships.iterate()]
        if way == "cascade":
            receipt: Any = client.relationships.delete(relationship_id, cascade="memory_only")
        else:
            receipt = client.relationships.memory.delete(relationship_id)
        assert receipt["status"] == "partial_deletion_pending"
        assert (client.relationships.get(relationship_id))["status"] == "partial_deletion_pending"
        assert (client.relationships.memory.get(relationship_id))["summary"] is None
        again = say(client, "ada", "hello")
        assert (again.memory.consulted, again.memory.summary_used, again.response) == (False, None, first.response)
        own.clock.advance(2)
        assert (client.deletions.get(receipt["deletion_id"])).status == "completed"
        kept = client.relationships.get(relationship_id)
        assert (kept["status"], kept["turns"]) == ("active", 1)


def test_a_relationship_goes_and_its_turns_stay_without_a_name(own: Sandbox) -> None:
    with client_of(own) as client:
        turn = say(client, "ada", "hello")
        say(client, "ada", "hello", own.personality_id)
        (old,) = (client.relationships.list(personality_id=CALM)).data or []
        receipt = client.relationships.delete(old["id"], reason="asked for")
        assert receipt.status == "deletion_pending"
        assert client.relationships.delete(old["id"]) == receipt
        assert (client.relationships.memory.delete(old["id"]))["deletion_id"] == receipt.deletion_id
        with pytest.raises(errors.ConflictError):
            say(client, "ada", "hello")
        with pytest.raises(errors.ConflictError):
            client.relationships.memory.regenerate_summary(old["id"])
        assert say(client, "ada", "hello", own.personality_id)
        own.clock.advance(2)
        with pytest.raises(errors.NotFoundError):
            client.relationships.get(old["id"])
        trace = client.interactions.get(turn.interaction_id)
        assert (trace["user_id"], trace["relationship_id"]) == (None, None)
        assert (client.end_users.model("ada"))["turns_observed"] == 3
        assert not (say(client, "ada", "hello")).memory.consulted
        (new,) = (client.relationships.list(personality_id=CALM)).data or []
        assert new["id"] != old["id"]


def test_who_is_being_deleted_can_be_read_but_neither_talk_nor_change(own: Sandbox) -> None:
    with client_of(own) as client:
        say(client, "ada", "I love hiking.")
        receipt = client.end_users.delete("ada", reason="asked for")
        assert receipt.status == "deletion_pending"
        assert client.end_users.delete("ada") == receipt
        assert client.end_users.delete("ada", cascade="model_only") == receipt
        (relationship,) = (client.end_users.get("ada"))["relationships"]
        assert relationship["status"] == "deletion_pending"
        assert (client.relationships.delete(relationship["id"])).deletion_id == receipt.deletion_id
        for mode in ("stateful", "stateless"):
            with pytest.raises(errors.ConflictError):
                client.respond(personality_id=CALM, user_id="ada", mode=mode, message="hello")
        with pytest.raises(errors.ConflictError):
            client.respond(personality_id=CALM, user_id="ada", mode="stateful", message="hello", stream=True).open()
        with pytest.raises(errors.ConflictError):
            client.end_users.create(user_id="ada")
        with pytest.raises(errors.ConflictError):
            client.end_users.update("ada", metadata={})
        assert (client.end_users.get("ada"))["status"] == "deletion_pending"
        assert (client.end_users.model("ada"))["stated_preferences"]
        export = client.end_users.export("ada")
        assert (export["end_user"]["user_id"], len(export["interactions"])) == ("ada", 1)
        assert export["relationships"][0]["memory"]["metrics"]["turns"] == 1
        assert (client.deletions.get(receipt.deletion_id)).status == "pending"


def test_an_erased_end_user_is_gone_to_the_last_row_and_may_come_anew(own: Sandbox) -> None:
    user = f"ada-{uuid.uuid4()}"
    with client_of(own) as client:
        client.end_users.create(user_id=user, metadata={"plan": "pro"})
        turn = {"personality_id": CALM, "user_id": user, "mode": "stateful", "message": "My name is Gwendolyn."}
        told = client.respond(turn, idempotency_key="once")
        client.respond({**turn, "message": "hello"}, idempotency_key="twice")
        client.respond(personality_id=CALM, user_id=user, message="hello")
        receipt = client.end_users.delete(user)
        assert rows_about(own, user)
        own.clock.advance(1.9)
        assert (client.deletions.get(receipt.deletion_id)).status == "pending"
        own.clock.advance(0.1)
        done = client.deletions.get(receipt.deletion_id)
        assert (done.status, done["completed_at"]) == ("completed", own.clock.text())
        assert rows_about(own, user) == []
        assert rows_about(own, "Gwendolyn") == []
        for call in (client.end_users.get, client.end_users.export, client.end_users.delete, client.end_users.model):
            with pytest.raises(errors.NotFoundError):
                call(user)
        assert (client.interactions.get(told.interaction_id))["user_id"] is None
        (total,) = (client.interactions.aggregates()).data or []
        assert total.total_turns == 3
        assert answers_of(own, "/v1/end-users", json={"user_id": user}).status_code == 201
        assert not (say(client, user, "hello")).memory.consulted
        assert (client.end_users.model(user))["turns_observed"] == 1
        with pytest.raises(errors.NotFoundError):
            client.deletions.get("del_nobody")


@pytest.mark.parametrize("cascade", ["model_only", "memory_only"])
def test_a_partial_deletion_leaves_the_rest(own: Sandbox, cascade: Any) -> None:
    with client_of(own) as client:
        client.end_users.create(user_id="ada", metadata={"plan": "pro"})
        say(client, "ada", "I love hiking.")
        receipt = client.end_users.delete("ada", cascade=cascade)
        assert receipt.status == "partial_deletion_pending"
        assert client.end_users.delete("ada", cascade=cascade) == receipt
        kept = client.end_users.get("ada")
        assert (kept.metadata, kept["status"]) == ({"plan": "pro"}, "partial_deletion_pending")
        model = client.end_users.model("ada")
        assert model["turns_observed"] == (0 if cascade == "model_only" else 1)
        assert (say(client, "ada", "hello")).memory.consulted is (cascade == "model_only")
        own.clock.advance(2)
        assert (client.deletions.get(receipt.deletion_id)).status == "completed"
        kept = client.end_users.get("ada")
        assert (kept["status"], kept["relationships"][0]["status"]) == ("active", "active")
        later = client.end_users.delete("ada", cascade=cascade)
        assert later.deletion_id != receipt.deletion_id


def test_a_whole_deletion_overtakes_a_partial_one(own: Sandbox) -> None:
    with client_of(own) as client:
        say(client, "ada", "hello")
        partial = client.end_users.delete("ada", cascade="memory_only")
        own.clock.advance(1)
        whole = client.end_users.delete("ada")
        assert whole.deletion_id != partial.deletion_id
        own.clock.advance(1)
        assert (client.deletions.get(partial.deletion_id)).status == "completed"
        assert (client.end_users.get("ada"))["status"] == "deletion_pending"
        own.clock.advance(1)
        assert (client.deletions.get(whole.deletion_id)).status == "completed"
        with pytest.raises(errors.NotFoundError):
            client.end_users.get("ada")


def test_waiting_for_a_deletion_sees_it_completed(own: Sandbox) -> None:
    with client_of(own) as client:
        client.end_users.create(user_id="ada")
        receipt = client.end_users.delete("ada")
        with pytest.raises(errors.WaitTimeoutError):
            client.deletions.wait(receipt, timeout=5)
        own.clock.advance(2)
        assert (client.deletions.wait(receipt, timeout=5)).status == "completed"


def test_turns_older_than_180_days_are_only_counted(own: Sandbox) -> None:
    with client_of(own) as client:
        old = say(client, "ada", "I am happy")
        own.clock.advance(180 * DAY)
        assert len((client.interactions.list(user_id="ada")).data) == 1
        own.clock.advance(1)
        say(client, "ada", "I am sad")
        assert [turn["primary_emotion"] for turn in client.interactions.iterate()] == ["sadness"]
        with pytest.raises(errors.NotFoundError):
            client.interactions.get(old.interaction_id)
        (total,) = (client.interactions.aggregates()).data or []
        assert total.primary_emotion_distribution == {"joy": 1, "sadness": 1}
        (of_ada,) = (client.interactions.aggregates(user_id="ada")).data or []
        assert of_ada.total_turns == 1
        assert len((client.end_users.export("ada"))["interactions"]) == 1


def test_people_of_another_organization_are_not_found(own: Sandbox) -> None:
    with client_of(own) as client, client_of(own, access_token="sandbox.login.eve@example.com") as other:
        turn = say(client, "ada", "My name is Ada.")
        receipt = client.end_users.delete("ada", cascade="model_only")
        (relationship,) = (client.relationships.list()).data or []
        for call, identifier in (
            (other.end_users.get, "ada"),
            (other.relationships.get, relationship["id"]),
            (other.interactions.get, turn.interaction_id),
            (other.deletions.get, receipt.deletion_id),
        ):
            with pytest.raises(errors.NotFoundError):
                call(identifier)
        assert not (say(other, "ada", "hello")).memory.consulted
        assert len((other.interactions.list()).data) == 1
        assert len((other.end_users.list()).data or []) == 1


def test_the_people_of_an_erased_organization_are_erased_with_it(own: Sandbox) -> None:
    with client_of(own, access_token="sandbox.login.eve@example.com") as client:
        say(client, "zelda", "My name is Zelda.")
        organization = (client.me.get())["organization_id"]
        name = (client.organizations.get(organization))["name"]
        client.organizations.request_deletion(organization, confirm_name=name)
        own.clock.advance(31 * DAY)
        with pytest.raises(errors.AuthenticationError):
            client.me.get()
    assert rows_about(own, "elda") == []


@pytest.mark.parametrize("user_id", ["a/b", "/", "%2F", "ü/é", "a b?c#d"])
def test_ids_may_hold_anything(user_id: str) -> None:
    with serve(pause=0) as sandbox:
        with client_of(sandbox) as client:
            client.end_users.create(user_id=user_id)
            assert (client.end_users.get(user_id)).user_id == user_id
            assert (client.end_users.delete(user_id)).deletion_id


@pytest.mark.parametrize("cascade", ["memory_only", "model_only", "all"])
def test_answers_kept_for_a_repeated_key_go_with_what_they_tell_of(own: Sandbox, cascade: Any) -> None:
    with client_of(own) as client:
        for user_id in ("vera", "otto"):
            who: dict[str, Any] = {"user_id": user_id, "personality_id": own.personality_id}
            client.respond(**who, message="I love violins", mode="stateful", idempotency_key=f"turn of {user_id}")
            client.engine.recall_memory(**who, idempotency_key=f"memory of {user_id}")
        client.end_users.delete("vera", cascade=cascade)
        own.clock.advance(2)
        client.me.get()
        kept = own._settings.store.all("select user_id, key from answers")
        assert [row["user_id"] for row in kept] == ["otto", "otto"]
        assert own.turns_billed == 2
