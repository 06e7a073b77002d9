"""What the sandbox learns of somebody: words and counts that stay few, and erasure that nobody has to ask for."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from uniqos.sandbox import serve
from uniqos.sandbox.persona import psychology
from uniqos.sandbox.persona.emotion import EMOTIONS, infer
from uniqos.sandbox.persona.readable import in_words
from uniqos.sandbox.persona.vocabulary import EMOTION_LABELS, TOPIC_OF, TOPICS


def after(*messages: str) -> dict[str, Any]:
    model = psychology.empty()
    for message in messages:
        model = psychology.learn(model, message, infer(message))
    return model


def tastes(message: str) -> dict[str, str]:
    shown = psychology.view(after(message))
    return {entry["subject"]: entry["kind"] for entry in shown["stated_preferences"]}


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("I love hiking.", {"hiking": "likes"}),
        ("I really like my new garden, and I can't stand noise!", {"new garden": "likes", "noise": "dislikes"}),
        ("I don\N{RIGHT SINGLE QUOTATION MARK}t like crowds because they are loud.", {"crowds": "dislikes"}),
        ("I prefer short answers to long ones.", {"short answers": "prefers"}),
        ("Me gusta el fútbol pero no me gustan las colas.", {"fútbol": "likes", "colas": "dislikes"}),
        ("Prefiero el té.", {"té": "prefers"}),
        ("I love you.", {}),
        ("I like that you ask.", {}),
        ("Would I like it?", {}),
        ("", {}),
    ],
)
def test_preferences_are_what_somebody_says_of_things(message: str, found: dict[str, str]) -> None:
    assert tastes(message) == found


def test_a_later_preference_takes_the_place_of_an_earlier_one() -> None:
    shown = psychology.view(after("I love tea.", "I hate tea."))
    assert shown["stated_preferences"] == [{"kind": "dislikes", "subject": "tea"}]


def test_a_model_does_not_grow_with_the_turns() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    model = after(*[f"I love my thing{a * 3}{b}." for a in letters for b in letters[:4]])
    assert model["turns"] == 104
    assert len(model["topics"]) == 60
    assert len(model["preferences"]) == 12


def test_no_three_words_of_a_message_are_kept() -> None:
    message = "My neighbour Bob steals my parcels every single morning and I am furious with him"
    kept = json.dumps(after(message))
    words = message.lower().split()
    for n in range(len(words) - 2):
        assert " ".join(words[n : n + 3]) not in kept.lower()


def test_the_two_languages_say_the_same_in_other_words() -> None:
    loud = after("Hey dude, the party was fun!", "lol my friends and I love parties!", "Yeah! My friends are great!")
    curt = after("Por favor, ¿cuándo es el examen?", "Gracias, estoy muy tranquila con la escuela.")
    for model in (loud, curt):
        shown = psychology.view(model)
        english, spanish = in_words(shown, "en"), in_words(shown, "es")
        assert english.count(".") == spanish.count(".")
        assert not {"the", "and", "is", "are"} & set(spanish.lower().split())
        assert not {"el", "la", "y", "es"} & set(english.lower().split())
    assert "casual" in in_words(psychology.view(loud), "en")
    assert "español" in in_words(psychology.view(curt), "es")


def test_vocabularies_know_every_emotion_and_every_topic_in_both_languages() -> None:
    assert EMOTION_LABELS.keys() == set(EMOTIONS)
    assert set(TOPIC_OF.values()) | {"other"} == TOPICS.keys()


def test_a_deletion_is_completed_by_the_passing_of_time_alone() -> None:
    with serve(pause=0) as sandbox, sandbox.client() as client:
        sandbox._settings.erasure_delay = 0.05
        client.end_users.create(user_id="ada")
        receipt = client.end_users.delete("ada")
        assert client.deletions.get(receipt.deletion_id).status == "pending"
        time.sleep(0.06)
        client.end_users.list()
        assert not [row for row in sandbox._settings.store.dump().splitlines() if '"ada"' in row or "/ada" in row]
        assert client.deletions.get(receipt.deletion_id).status == "completed"
