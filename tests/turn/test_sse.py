"""The payloads of events, which become event models."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from pydantic import TypeAdapter

from uniqos import RespondStreamEvent, models
from uniqos._turn.events import BrokenEvent, _unknown, parse_event, salvage_event
from uniqos._turn.relay import relay_event

METADATA = (
    '{"interaction_id":"i","inferred_emotional_state":null,'
    '"memory":{"consulted":true,"summary_used":null,"significant_moments_referenced":0}}'
)
COMPLETION = (
    '{"type":"completion","memory":{"summary_used":"s","model_updated":true},"guardrails":{"applied":[]},"usage":'
    '{"turns_consumed":1,"active_relationship_counted":true,"llm_provider":"a","llm_model":"c"},"latency_ms":42}'
)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("metadata", METADATA, models.StreamEventMetadata),
        ("text", '{"delta":"Hi"}', models.StreamEventText),
        ("text", '{"type":"text","delta":"Hi","later":1}', models.StreamEventText),
        ("message", '{"type":"text","delta":"Hi"}', models.StreamEventText),
        ("guardrail_modulation", '{"applied":["a"],"modulation_summary":"s"}', models.StreamEventGuardrailModulation),
        ("completion", COMPLETION, models.StreamEventCompletion),
        ("error", '{"code":"guardrail_block","category":"c"}', models.StreamEventError),
        ("mood", '{"x":1}', models.StreamEventUnknown),
        ("mood", '{"type":"text","delta":"Hi"}', models.StreamEventUnknown),
        ("message", '{"x":1}', models.StreamEventUnknown),
    ],
)
def test_the_name_of_the_event_picks_the_model_then_its_type(name: str, data: str, kind: type[Any]) -> None:
    event = parse_event(name, data)
    assert type(event) is kind
    assert event == json.loads(data)


def test_an_unknown_event_keeps_its_name_and_json() -> None:
    event = parse_event("mood", '{"type":"m","name":"n","x":[1]}')
    assert isinstance(event, models.StreamEventUnknown)
    assert (event.type, event.name) == ("unknown", "mood")
    assert dict(event) == {"type": "m", "name": "n", "x": [1]}


@pytest.mark.parametrize(
    ("data", "kept"), [("7", 7), ("nonsense", "nonsense"), ("[1]", [1]), ('{"x": NaN}', '{"x": NaN}')]
)
def test_an_unknown_event_may_hold_anything(data: str, kept: Any) -> None:
    event = parse_event("mood", data)
    assert isinstance(event, models.StreamEventUnknown)
    assert (event.name, event.data) == ("mood", kept)


@pytest.mark.parametrize("name", ["mood", "text", "type", "name", "data", "message", "é\x1b", ""])
@pytest.mark.parametrize(
    "data",
    [
        '{"type": "thought", "text": "hm"}',
        '{"type": "text", "delta": "x"}',
        '{"type":"unknown","name":"text","data":{"type":"error"}}',
        '{"name": "b"}',
        '{"data": {"data": 1}, "type": 1.0, "big": 123456789012345678901234567890}',
        "{}",
        "7.50",
        "null",
        '"x"',
        "[1, {}]",
        "no JSON",
        '{"x": NaN}',
    ],
)
def test_an_unknown_event_comes_back_equal_whatever_it_holds(name: str, data: str) -> None:
    event = _unknown(name, data)
    own = json.loads(data) if data.startswith("{") and "NaN" not in data else None
    stored: TypeAdapter[list[RespondStreamEvent]] = TypeAdapter(list[RespondStreamEvent])
    copies = [
        *stored.validate_json(stored.dump_json([event])),
        *stored.validate_python(stored.dump_python([event])),
        *stored.validate_python(stored.dump_python([event], mode="json")),
        *stored.validate_json(stored.dump_json([event], exclude_unset=True)),
        models.StreamEventUnknown.model_validate(event.model_dump()),
        models.StreamEventUnknown.model_validate_json(event.model_dump_json()),
        pickle.loads(pickle.dumps(event)),
        copy.copy(event),
        copy.deepcopy(event),
        event.model_copy(),
    ]
    for found in copies:
        assert type(found) is models.StreamEventUnknown
        assert found == event
        assert (found.name, found.data) == (name, event.data)
        assert dict(found) == dict(event)
    if own is not None:
        assert event == own
        assert json.loads(event.model_dump_json())["data"] == own
        assert relay_event(copies[0]).name == relay_event(event).name
        assert json.loads(relay_event(copies[0]).data) == json.loads(relay_event(event).data) == own


def test_a_broken_event_can_be_salvaged() -> None:
    event = salvage_event("completion", '{"latency_ms": "soon", "usage": {"turns_consumed": 1}}')
    assert isinstance(event, models.StreamEventCompletion)
    assert event.usage.turns_consumed == 1
    assert event["latency_ms"] == "soon"


@pytest.mark.parametrize("data", ['{"type":"text","delta":7}', '{"type":"text","delta":7,"later":1}'])
def test_a_broken_event_without_a_name_is_salvaged_by_its_type(data: str) -> None:
    event = salvage_event("message", data)
    assert isinstance(event, models.StreamEventText)
    assert (event.type, event.delta) == ("text", 7)
    assert event == json.loads(data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text", "["),
        ("text", "[]"),
        ("text", "7"),
        ("text", '{"delta":7,"n":NaN}'),
        ("mood", '{"delta":7}'),
        ("message", '{"type":"mood"}'),
        ("message", "["),
    ],
)
def test_what_is_no_json_object_or_has_no_model_cannot_be_salvaged(name: str, data: str) -> None:
    assert salvage_event(name, data) is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text", "{"),
        ("text", "[]"),
        ("text", "{}"),
        ("text", '{"delta":7}'),
        ("text", '{"type":"metadata","delta":"x"}'),
        ("text", '{"delta":"x","n":NaN}'),
        ("completion", '{"latency_ms":1}'),
    ],
)
def test_a_broken_event_is_told_by_its_name(name: str, data: str) -> None:
    with pytest.raises(BrokenEvent, match=f"^{name}: "):
        parse_event(name, data)


@pytest.mark.parametrize(
    ("name", "data", "reason", "details"),
    [
        (
            "text",
            '{"delta":["my text"]}',
            "text: Input should be a valid string",
            [{"loc": ["delta"], "type": "string_type", "msg": "Input should be a valid string"}],
        ),
        (
            "message",
            '{"type":"text"}',
            "text: Field required",
            [{"loc": ["delta"], "type": "missing", "msg": "Field required"}],
        ),
    ],
)
def test_a_broken_event_says_where_without_its_text(
    name: str, data: str, reason: str, details: list[dict[str, Any]]
) -> None:
    with pytest.raises(BrokenEvent) as caught:
        parse_event(name, data)
    assert (str(caught.value), caught.value.details) == (reason, details)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("guardrail_modulation", '{"modulation_summary": "", "applied": [%s0]}'),
        ("metadata", METADATA.replace("null", '{"secondary": [%s0]}', 1)),
        ("completion", COMPLETION.replace('"applied":[]', '"applied":[%s0]')),
    ],
)
def test_a_list_of_many_wrong_items_is_one_mistake(name: str, data: str) -> None:
    with pytest.raises(BrokenEvent) as caught:
        parse_event(name, data % ("0," * 10_000))
    assert len(caught.value.details) == 1


def test_an_event_with_nan_has_no_place_to_tell() -> None:
    with pytest.raises(BrokenEvent) as caught:
        parse_event("text", '{"delta":"x","n":NaN}')
    assert caught.value.details == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text", '{"delta":"x","later":[' + ",".join(["[]"] * 150_000) + "]}"),
        ("mood", "[" + ",".join(["1"] * 150_000) + "]"),
        ("mood", "{" + ",".join(f'"{number}":{{}}' for number in range(150_000)) + "}"),
        ("completion", '{"guardrails":{"applied":[' + ",".join(["1"] * 150_000) + "]}}"),
        ("metadata", "[" + ",".join(['"a"'] * 150_000) + "]"),
    ],
)
def test_an_event_of_too_many_values_is_refused_before_it_is_read(name: str, data: str) -> None:
    with pytest.raises(BrokenEvent, match="more than 100,000 values"):
        parse_event(name, data)
    assert salvage_event(name, data) is None


@pytest.mark.parametrize("text", ["a, b, [c] {d}" * 100_000, '"quoted", ' * 200_000, "\\" * 600_000])
def test_a_long_text_is_one_value_whatever_it_holds(text: str) -> None:
    event = parse_event("text", json.dumps({"delta": text}))
    assert isinstance(event, models.StreamEventText)
    assert event.delta == text
