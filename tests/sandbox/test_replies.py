"""What the sandbox reads in messages, keeps of them, and says: believable, varied, the same for the same seed."""

from __future__ import annotations

import json

import pytest

from uniqos.sandbox.persona import memory as memories
from uniqos.sandbox.persona.emotion import infer
from uniqos.sandbox.persona.seeds import CATALOG, SEEDS, traits
from uniqos.sandbox.persona.voice import reply

EAGER = ["Tell me everything!", "We have to celebrate that!", "What happens next? I want to hear it!"]


def said(message: str, who: str = "pers_sandbox_warm", memory: dict[str, object] | None = None, seed: str = "0") -> str:
    big_five = traits({**SEEDS, **CATALOG}[who][1])
    return reply(message, big_five=big_five, emotion=infer(message), memory=memory, seed=seed)


def after(*messages: str) -> dict[str, object]:
    memory = memories.empty()
    for number, message in enumerate(messages):
        memory = memories.learn(memory, message, infer(message), f"int_{number}")
    return memory


@pytest.mark.parametrize(
    ("message", "primary"),
    [
        ("I don't hate you.", "joy"),
        ("I'm not afraid of it.", "neutral"),
        ("I can't believe we won!", "joy"),
        ("I can\N{RIGHT SINGLE QUOTATION MARK}t believe it.", "surprise"),
        ("WHAT THE HELL", "anger"),
        ("I want to go down to the shop.", "neutral"),
        ("Tell him I said so.", "neutral"),
        ("Solo quiero decir gracias.", "gratitude"),
        ("Tengo miedo de mañana.", "fear"),
        ("", "neutral"),
        ("🙂", "joy"),
        ("\x00\n", "neutral"),
    ],
)
def test_what_is_denied_asked_or_only_mentioned_is_no_feeling(message: str, primary: str) -> None:
    assert infer(message)["primary"] == primary


def test_what_the_english_lexicon_does_not_know_still_has_a_valence() -> None:
    assert infer("Estoy muy feliz hoy")["valence"] > 0
    assert infer("Estoy muy triste")["valence"] < 0


@pytest.mark.parametrize(
    ("message", "topics"),
    [
        ("I am furious at my new landlord!", {"landlord": "your landlord"}),
        ("The exam was hard, my cat is sick.", {"exam": "the exam", "cat": "your cat"}),
        ("My name is Gwendolyn.", {}),
        ("Hello, how are you today?", {}),
    ],
)
def test_topics_are_what_somebody_has_before_other_long_words(message: str, topics: dict[str, str]) -> None:
    assert memories.topics(message) == topics


def test_memory_holds_facts_and_no_text() -> None:
    message = "My name is Ada. Yesterday my landlord shouted at me, and I am so furious!"
    memory = after(message)
    assert (memory["name"], memory["topics"], memory["emotions"]) == ("Ada", ["landlord"], ["anger"])
    for three in zip(message.split(), message.split()[1:], message.split()[2:], strict=False):
        assert " ".join(three) not in json.dumps(memory)


def test_memory_does_not_grow_with_the_turns() -> None:
    memory = after(*[f"My thing{'abcdefghijklmnopqrstuvwxyz'[n % 26] * 3} is great!!!" for n in range(60)])
    assert memory["turns"] == 60
    assert {len(memory[name]) for name in ("topics", "phrases", "emotions")} == {12}  # type: ignore[arg-type]
    assert len(memory["moments"]) == 20  # type: ignore[arg-type]


def test_later_replies_know_the_name_the_topic_and_the_feeling() -> None:
    memory = after("My name is Ada. I am scared of my exam!")
    assert "Welcome back, Ada." in said("hello", memory=memory)
    assert "time we spoke of your exam." in said("The weather changed.", memory=memory)
    assert "You have told me about your exam before, Ada." in said("I passed my exam!", memory=memory)
    assert "Before, I heard fear; now you sound happy." in said("I passed my exam!", memory=memory)
    assert "Ada" not in said("hello", memory=memories.empty())


def test_grief_is_not_answered_with_cheer_nor_with_a_list() -> None:
    for who in (*SEEDS, *CATALOG):
        for seed in map(str, range(30)):
            answer = said("My dog died and I feel so alone.", who, seed=seed)
            assert not any(line in answer for line in [*EAGER, "one next step", "three facts", "in order"])


def test_the_traits_choose_the_words() -> None:
    message = "I am worried about the exam."
    calm, lively = (
        reply(message, big_five={"extraversion": e}, emotion=infer(message), memory=None, seed="0") for e in (0.1, 0.9)
    )
    assert calm != lively
    assert len({said(message, who) for who in (*SEEDS, *CATALOG)}) > 5


def test_replies_vary_with_the_seed_and_are_the_same_for_the_same() -> None:
    assert said("I am happy") == said("I am happy")
    assert len({said("I am happy", seed=str(n)) for n in range(50)}) > 15
