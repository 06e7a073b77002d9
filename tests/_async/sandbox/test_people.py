"""The people of the sandbox through the clients: who they are, what is learned of them, and how they are forgotten."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests._async.support import client_of
from uniqos import AsyncUniqOS, errors
from uniqos.sandbox import Sandbox, serve
from uniqos.sandbox.persona.emotion import EMOTIONS
from uniqos.sandbox.persona.seeds import CATALOG

pytestmark = pytest.mark.anyio

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


async def say(client: AsyncUniqOS, user_id: str, message: str, personality_id: str = CALM) -> Any:
    return await client.respond(personality_id=personality_id, user_id=user_id, mode="stateful", message=message)


def answers_of(sandbox: Sandbox, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    return httpx.request(options.pop("method", "POST"), f"{sandbox.url}{path}", headers=headers, **options)


def rows_about(sandbox: Sandbox, word: str) -> list[str]:
    """Every line of the database that holds a word."""
    return [line for line in sandbox._settings.store.dump().splitlines() if word in line]


async def test_the_catalog_says_what_a_clone_will_be(sandbox: Sandbox) -> None:
    async with client_of(sandbox) as client:
        entries = (await client.catalog.list()).data or []
        assert [entry["slug"] for entry in entries] == list(CATALOG)
        for entry in entries:
            assert entry["description"]
            assert await client.catalog.get(entry["slug"]) == entry
        clone = await client.personalities.from_catalog(slug="stoic-coach")
        assert clone["big_five"] == (await client.catalog.get("stoic-coach"))["big_five"]
        with pytest.raises(errors.NotFoundError):
            await client.catalog.get("nobody")


async def test_vocabularies_have_versions_and_their_changelogs_tell_them_apart(sandbox: Sandbox) -> None:
    async with client_of(sandbox) as client:
        for vocabulary, kind in ((client.vocabularies.topics, "topics"), (client.vocabularies.emotions, "emotions")):
            current = await vocabulary.current()
            assert current["version"] == "v2"
            assert await vocabulary.version("v2") == current
            names = {term["name"] for term in current[kind]}
            older = {term["name"] for term in (await vocabulary.version("v1"))[kind]}
            newest, first = (await vocabulary.changelog())["data"]
            assert (newest["version"], first["version"]) == ("v2", "v1")
            assert names - older == set(newest["added"])
            assert older == set(first["added"])
            with pytest.raises(errors.NotFoundError):
                await vocabulary.version("v9")
        emotions = await client.vocabularies.emotions.current()
    assert [term["name"] for term in emotions["emotions"]] == list(EMOTIONS)


async def test_an_end_user_is_made_once_and_told_so(own: Sandbox) -> None:
    made = answers_of(own, "/v1/end-users", json={"user_id": "ada", "metadata": {"plan": "pro"}})
    again = answers_of(own, "/v1/end-users", json={"user_id": "ada", "metadata": {"plan": "other"}})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    assert made.json()["metadata"] == {"plan": "pro"}
    assert answers_of(own, "/v1/end-users", json={"user_id": " "}).status_code == 422
    async with client_of(own) as client:
        with pytest.raises(errors.NotFoundError):
            await client.end_users.get("bob")


async def test_a_stateful_turn_and_create_make_the_same_end_user(own: Sandbox) -> None:
    async with client_of(own) as client:
        await client.end_users.create(user_id="ada", metadata={"plan": "pro"})
        await say(client, "ada", "hello")
        await say(client, "ada", "hello", own.personality_id)
        await say(client, "bob", "hello")
        assert answers_of(own, "/v1/end-users", json={"user_id": "bob"}).status_code == 200
        await client.respond(personality_id=CALM, message="hello", user_id="eve")
        ada = await client.end_users.get("ada")
        assert ada.metadata == {"plan": "pro"}
        assert [r["personality_id"] for r in ada["relationships"]] == [own.personality_id, CALM]
        assert [user.user_id async for user in client.end_users.iterate(limit=1)] == ["bob", "ada"]


async def test_metadata_are_replaced_as_a_whole_cleared_or_left(own: Sandbox) -> None:
    async with client_of(own) as client:
        await client.end_users.create(user_id="ada", metadata={"a": 1, "b": 2})
        assert (await client.end_users.update("ada", metadata={"c": 3})).metadata == {"c": 3}
        assert (await client.end_users.update("ada", {})).metadata == {"c": 3}
        assert (await client.end_users.update("ada", metadata={})).metadata == {}
        with pytest.raises(errors.NotFoundError):
            await client.end_users.update("bob", metadata={})


async def test_what_is_learned_of_somebody_changes_with_the_turns_and_holds_no_text(own: Sandbox) -> None:
    message = "I am so worried about my exam, but I love hiking and I hate crowds!"
    async with client_of(own) as client:
        await client.end_users.create(user_id="ada")
        empty = await client.end_users.model("ada")
        assert (empty["turns_observed"], empty["communication_style"]) == (0, None)
        assert empty["traits"]["neuroticism"] == {"value": 0.5, "confidence": 0.0}
        await say(client, "ada", message)
        first = await client.end_users.model("ada")
        assert first["traits"]["neuroticism"]["value"] > 0.5
        assert first["recurring_topics"] == []
        assert first["stated_preferences"] == [
            {"kind": "likes", "subject": "hiking"},
            {"kind": "dislikes", "subject": "crowds"},
        ]
        await say(client, "ada", "Is my exam hard? I prefer short answers. I don't like hiking.", own.personality_id)
        second = await client.end_users.model("ada")
        assert second["turns_observed"] == 2
        assert {"topic": "study", "word": "exam", "turns": 2} in second["recurring_topics"]
        assert {"kind": "prefers", "subject": "short answers"} in second["stated_preferences"]
        assert {"kind": "dislikes", "subject": "hiking"} in second["stated_preferences"]
        assert second["communication_style"]["question_share"] == 0.5
        assert second["traits"]["neuroticism"]["confidence"] > 0
        told = json.dumps([second.to_dict(), (await client.end_users.export("ada")).to_dict()])
        assert "worried about" not in told
        with pytest.raises(errors.NotFoundError):
            await client.end_users.model("bob")


async def test_the_model_is_readable_in_english_and_in_spanish(own: Sandbox) -> None:
    async with client_of(own) as client:
        await client.end_users.create(user_id="ada")
        assert (await client.end_users.model_readable("ada"))["text"].startswith("Nothing has been learned")
        nothing = await client.end_users.model_readable("ada", "es")
        assert nothing["text"] == "Todavía no se ha aprendido nada de esta persona."
        for message in ("I am worried about my boss.", "Is my boss angry? I am afraid.", "I love hiking."):
            await say(client, "ada", message)
        english = await client.end_users.model_readable("ada", "en")
        spanish = await client.end_users.model_readable("ada", "es")
    assert (english["language"], spanish["language"]) == ("en", "es")
    for part in ("3 turn(s)", "easily worried", "English", "boss (work)", "Likes: hiking"):
        assert part in english["text"]
    for part in ("3 turno(s)", "propensa a preocuparse", "inglés", "boss (trabajo)", "Le gusta: hiking"):
        assert part in spanish["text"]


async def test_relationships_are_filtered_paged_and_remember(own: Sandbox) -> None:
    async with client_of(own) as client:
        await say(client, "ada", "My name is Ada. I am furious at my landlord!")
        await say(client, "ada", "hello", own.personality_id)
        await say(client, "bob", "hello")
        assert len([r async for r in client.relationships.iterate(limit=2)]) == 3
        assert len((await client.relationships.list(user_id="ada")).data or []) == 2
        (one,) = (await client.relationships.list(user_id="ada", personality_id=CALM)).data or []
        assert await client.relationships.get(one["id"]) == one
        memory = await client.relationships.memory.get(one["id"])
        assert memory["summary"] == "Ada has spoken 1 time(s) about landlord, last with anger."
        assert [moment["emotion"] for moment in memory["significant_moments"]] == ["anger"]
        assert (memory["metrics"]["turns"], memory["metrics"]["recent_emotions"]) == (1, {"anger": 1})
        for call in (client.relationships.get, client.relationships.memory.get, client.relationships.memory.delete):
            with pytest.raises(errors.NotFoundError):
                await call("rel_nobody")


async def test_a_summary_is_made_anew_once_an_hour(own: Sandbox) -> None:
    async with client_of(own) as client:
        await say(client, "ada", "hello")
        await say(client, "bob", "hello")
        bob, ada = [r["id"] async for r in client.relationships.iterate()]
        assert (await client.relationships.memory.regenerate_summary(ada))["summary"]
        assert await client.relationships.memory.regenerate_summary(bob)
        own.clock.advance(1000.5)
        with pytest.raises(errors.RateLimitError) as caught:
            await client.relationships.memory.regenerate_summary(ada)
        assert (caught.value.code, caught.value.retry_after_seconds) == ("rate_limit_exceeded", 2600)
        own.clock.advance(2599.5)
        assert await client.relationships.memory.regenerate_summary(ada)


@pytest.mark.parametrize("way", ["cascade", "memory"])
async def test_a_relationship_without_its_memory_begins_again(own: Sandbox, way: str) -> None:
    async with client_of(own) as client:
        first = await say(client, "ada", "hello")
        assert (await say(client, "ada", "My name is Ada.")).memory.consulted
        (relationship_id,) = [r["id"] async for r in client.relationships.iterate()]
        if way == "cascade":
            receipt: Any = await client.relationships.delete(relationship_id, cascade="memory_only")
        else:
            receipt = await client.relationships.memory.delete(relationship_id)
        assert receipt["status"] == "partial_deletion_pending"
        assert (await client.relationships.get(relationship_id))["status"] == "partial_deletion_pending"
        assert (await client.relationships.memory.get(relationship_id))["summary"] is None
        again = await say(client, "ada", "hello")
        assert (again.memory.consulted, again.memory.summary_used, again.response) == (False, None, first.response)
        own.clock.advance(2)
        assert (await client.deletions.get(receipt["deletion_id"])).status == "completed"
        kept = await client.relationships.get(relationship_id)
        assert (kept["status"], kept["turns"]) == ("active", 1)


async def test_a_relationship_goes_and_its_turns_stay_without_a_name(own: Sandbox) -> None:
    async with client_of(own) as client:
        turn = await say(client, "ada", "hello")
        await say(client, "ada", "hello", own.personality_id)
        (old,) = (await client.relationships.list(personality_id=CALM)).data or []
        receipt = await client.relationships.delete(old["id"], reason="asked for")
        assert receipt.status == "deletion_pending"
        assert await client.relationships.delete(old["id"]) == receipt
        assert (await client.relationships.memory.delete(old["id"]))["deletion_id"] == receipt.deletion_id
        with pytest.raises(errors.ConflictError):
            await say(client, "ada", "hello")
        with pytest.raises(errors.ConflictError):
            await client.relationships.memory.regenerate_summary(old["id"])
        assert await say(client, "ada", "hello", own.personality_id)
        own.clock.advance(2)
        with pytest.raises(errors.NotFoundError):
            await client.relationships.get(old["id"])
        trace = await client.interactions.get(turn.interaction_id)
        assert (trace["user_id"], trace["relationship_id"]) == (None, None)
        assert (await client.end_users.model("ada"))["turns_observed"] == 3
        assert not (await say(client, "ada", "hello")).memory.consulted
        (new,) = (await client.relationships.list(personality_id=CALM)).data or []
        assert new["id"] != old["id"]


async def test_who_is_being_deleted_can_be_read_but_neither_talk_nor_change(own: Sandbox) -> None:
    async with client_of(own) as client:
        await say(client, "ada", "I love hiking.")
        receipt = await client.end_users.delete("ada", reason="asked for")
        assert receipt.status == "deletion_pending"
        assert await client.end_users.delete("ada") == receipt
        assert await client.end_users.delete("ada", cascade="model_only") == receipt
        (relationship,) = (await client.end_users.get("ada"))["relationships"]
        assert relationship["status"] == "deletion_pending"
        assert (await client.relationships.delete(relationship["id"])).deletion_id == receipt.deletion_id
        for mode in ("stateful", "stateless"):
            with pytest.raises(errors.ConflictError):
                await client.respond(personality_id=CALM, user_id="ada", mode=mode, message="hello")
        with pytest.raises(errors.ConflictError):
            await client.respond(
                personality_id=CALM, user_id="ada", mode="stateful", message="hello", stream=True
            ).open()
        with pytest.raises(errors.ConflictError):
            await client.end_users.create(user_id="ada")
        with pytest.raises(errors.ConflictError):
            await client.end_users.update("ada", metadata={})
        assert (await client.end_users.get("ada"))["status"] == "deletion_pending"
        assert (await client.end_users.model("ada"))["stated_preferences"]
        export = await client.end_users.export("ada")
        assert (export["end_user"]["user_id"], len(export["interactions"])) == ("ada", 1)
        assert export["relationships"][0]["memory"]["metrics"]["turns"] == 1
        assert (await client.deletions.get(receipt.deletion_id)).status == "pending"


async def test_an_erased_end_user_is_gone_to_the_last_row_and_may_come_anew(own: Sandbox) -> None:
    user = f"ada-{uuid.uuid4()}"
    async with client_of(own) as client:
        await client.end_users.create(user_id=user, metadata={"plan": "pro"})
        turn = {"personality_id": CALM, "user_id": user, "mode": "stateful", "message": "My name is Gwendolyn."}
        told = await client.respond(turn, idempotency_key="once")
        await client.respond({**turn, "message": "hello"}, idempotency_key="twice")
        await client.respond(personality_id=CALM, user_id=user, message="hello")
        receipt = await client.end_users.delete(user)
        assert rows_about(own, user)
        own.clock.advance(1.9)
        assert (await client.deletions.get(receipt.deletion_id)).status == "pending"
        own.clock.advance(0.1)
        done = await client.deletions.get(receipt.deletion_id)
        assert (done.status, done["completed_at"]) == ("completed", own.clock.text())
        assert rows_about(own, user) == []
        assert rows_about(own, "Gwendolyn") == []
        for call in (client.end_users.get, client.end_users.export, client.end_users.delete, client.end_users.model):
            with pytest.raises(errors.NotFoundError):
                await call(user)
        assert (await client.interactions.get(told.interaction_id))["user_id"] is None
        (total,) = (await client.interactions.aggregates()).data or []
        assert total.total_turns == 3
        assert answers_of(own, "/v1/end-users", json={"user_id": user}).status_code == 201
        assert not (await say(client, user, "hello")).memory.consulted
        assert (await client.end_users.model(user))["turns_observed"] == 1
        with pytest.raises(errors.NotFoundError):
            await client.deletions.get("del_nobody")


@pytest.mark.parametrize("cascade", ["model_only", "memory_only"])
async def test_a_partial_deletion_leaves_the_rest(own: Sandbox, cascade: Any) -> None:
    async with client_of(own) as client:
        await client.end_users.create(user_id="ada", metadata={"plan": "pro"})
        await say(client, "ada", "I love hiking.")
        receipt = await client.end_users.delete("ada", cascade=cascade)
        assert receipt.status == "partial_deletion_pending"
        assert await client.end_users.delete("ada", cascade=cascade) == receipt
        kept = await client.end_users.get("ada")
        assert (kept.metadata, kept["status"]) == ({"plan": "pro"}, "partial_deletion_pending")
        model = await client.end_users.model("ada")
        assert model["turns_observed"] == (0 if cascade == "model_only" else 1)
        assert (await say(client, "ada", "hello")).memory.consulted is (cascade == "model_only")
        own.clock.advance(2)
        assert (await client.deletions.get(receipt.deletion_id)).status == "completed"
        kept = await client.end_users.get("ada")
        assert (kept["status"], kept["relationships"][0]["status"]) == ("active", "active")
        later = await client.end_users.delete("ada", cascade=cascade)
        assert later.deletion_id != receipt.deletion_id


async def test_a_whole_deletion_overtakes_a_partial_one(own: Sandbox) -> None:
    async with client_of(own) as client:
        await say(client, "ada", "hello")
        partial = await client.end_users.delete("ada", cascade="memory_only")
        own.clock.advance(1)
        whole = await client.end_users.delete("ada")
        assert whole.deletion_id != partial.deletion_id
        own.clock.advance(1)
        assert (await client.deletions.get(partial.deletion_id)).status == "completed"
        assert (await client.end_users.get("ada"))["status"] == "deletion_pending"
        own.clock.advance(1)
        assert (await client.deletions.get(whole.deletion_id)).status == "completed"
        with pytest.raises(errors.NotFoundError):
            await client.end_users.get("ada")


async def test_waiting_for_a_deletion_sees_it_completed(own: Sandbox) -> None:
    async with client_of(own) as client:
        await client.end_users.create(user_id="ada")
        receipt = await client.end_users.delete("ada")
        with pytest.raises(errors.WaitTimeoutError):
            await client.deletions.wait(receipt, timeout=5)
        own.clock.advance(2)
        assert (await client.deletions.wait(receipt, timeout=5)).status == "completed"


async def test_turns_older_than_180_days_are_only_counted(own: Sandbox) -> None:
    async with client_of(own) as client:
        old = await say(client, "ada", "I am happy")
        own.clock.advance(180 * DAY)
        assert len((await client.interactions.list(user_id="ada")).data) == 1
        own.clock.advance(1)
        await say(client, "ada", "I am sad")
        assert [turn["primary_emotion"] async for turn in client.interactions.iterate()] == ["sadness"]
        with pytest.raises(errors.NotFoundError):
            await client.interactions.get(old.interaction_id)
        (total,) = (await client.interactions.aggregates()).data or []
        assert total.primary_emotion_distribution == {"joy": 1, "sadness": 1}
        (of_ada,) = (await client.interactions.aggregates(user_id="ada")).data or []
        assert of_ada.total_turns == 1
        assert len((await client.end_users.export("ada"))["interactions"]) == 1


async def test_people_of_another_organization_are_not_found(own: Sandbox) -> None:
    async with client_of(own) as client, client_of(own, access_token="sandbox.login.eve@example.com") as other:
        turn = await say(client, "ada", "My name is Ada.")
        receipt = await client.end_users.delete("ada", cascade="model_only")
        (relationship,) = (await client.relationships.list()).data or []
        for call, identifier in (
            (other.end_users.get, "ada"),
            (other.relationships.get, relationship["id"]),
            (other.interactions.get, turn.interaction_id),
            (other.deletions.get, receipt.deletion_id),
        ):
            with pytest.raises(errors.NotFoundError):
                await call(identifier)
        assert not (await say(other, "ada", "hello")).memory.consulted
        assert len((await other.interactions.list()).data) == 1
        assert len((await other.end_users.list()).data or []) == 1


async def test_the_people_of_an_erased_organization_are_erased_with_it(own: Sandbox) -> None:
    async with client_of(own, access_token="sandbox.login.eve@example.com") as client:
        await say(client, "zelda", "My name is Zelda.")
        organization = (await client.me.get())["organization_id"]
        name = (await client.organizations.get(organization))["name"]
        await client.organizations.request_deletion(organization, confirm_name=name)
        own.clock.advance(31 * DAY)
        with pytest.raises(errors.AuthenticationError):
            await client.me.get()
    assert rows_about(own, "elda") == []


@pytest.mark.parametrize("user_id", ["a/b", "/", "%2F", "ü/é", "a b?c#d"])
async def test_ids_may_hold_anything(user_id: str) -> None:
    with serve(pause=0) as sandbox:
        async with client_of(sandbox) as client:
            await client.end_users.create(user_id=user_id)
            assert (await client.end_users.get(user_id)).user_id == user_id
            assert (await client.end_users.delete(user_id)).deletion_id


@pytest.mark.parametrize("cascade", ["memory_only", "model_only", "all"])
async def test_answers_kept_for_a_repeated_key_go_with_what_they_tell_of(own: Sandbox, cascade: Any) -> None:
    async with client_of(own) as client:
        for user_id in ("vera", "otto"):
            who: dict[str, Any] = {"user_id": user_id, "personality_id": own.personality_id}
            await client.respond(**who, message="I love violins", mode="stateful", idempotency_key=f"turn of {user_id}")
            await client.engine.recall_memory(**who, idempotency_key=f"memory of {user_id}")
        await client.end_users.delete("vera", cascade=cascade)
        own.clock.advance(2)
        await client.me.get()
        kept = own._settings.store.all("select user_id, key from answers")
        assert [row["user_id"] for row in kept] == ["otto", "otto"]
        assert own.turns_billed == 2
