"""The parser of the stream events: from name and data to the model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pydantic
from pydantic_core import from_json

from .._base.json_text import JsonText, refuse_nan
from .._base.model import Model
from .._base.response import bind, build_model
from .._wire.decode import problems
from ..api.stream_events import EVENT_MODELS, RespondStreamEvent, StreamEventUnknown

_VALIDATORS: dict[str, Callable[[str], Any]] = {}
"""Validators by event name, filled on first use. Looking one up for each event would cost a tenth of parsing it."""
_LARGE_CHARS = 256 * 1024
"""The length above which the values of an event are counted."""
_MAX_VALUES = 100_000
"""How many JSON values an event may hold. Validation cannot be interrupted, and more would block the event loop."""
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
DONE = "[DONE]"


class BrokenEvent(ValueError):
    """An event that is not JSON or does not fit its model.

    Attributes:
        details: The problems that were found, without the values.
    """

    def __init__(self, reason: str, details: list[dict[str, Any]]) -> None:
        super().__init__(reason)
        self.details = details


def parse_event(name: str, data: str) -> RespondStreamEvent:
    """Validate an event with the model of its name, or of the ``type`` in its JSON if it has no name.

    Raises:
        BrokenEvent: The data do not fit the model of a known event, or hold too many values.
    """
    if len(data) > _LARGE_CHARS:
        _refuse_too_many_values(name, data)
    validate = _VALIDATORS.get(name)
    if validate is None:
        name, model = (name, EVENT_MODELS[name]) if name in EVENT_MODELS else _type_and_model(name, data)
        if model is None:
            return _unknown(name, data)
        validate = _VALIDATORS[name] = build_model(model).__pydantic_validator__.validate_json
    try:
        event = validate(data)
        refuse_nan(data)
    except pydantic.ValidationError as exc:
        found = list(problems(exc))
        raise BrokenEvent(f"{name}: {found[0]['msg']}", found) from None
    except ValueError as exc:
        raise BrokenEvent(f"{name}: {exc}", []) from None
    bind(event, JsonText(data))
    return event  # type: ignore[no-any-return]


def salvage_event(name: str, data: str) -> RespondStreamEvent | None:
    """Return the fields of a broken event that fit its model; None if it has no model or no JSON object to read."""
    from .._base.salvage import salvage

    if len(data) > _LARGE_CHARS and _count_values(data) > _MAX_VALUES:
        return None
    model = EVENT_MODELS.get(name) or _type_and_model(name, data)[1]
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError:
        return None
    if model is None or not isinstance(value, dict):
        return None
    event: Any = salvage(model, value)
    bind(event, JsonText(data))
    return event  # type: ignore[no-any-return]


def _refuse_too_many_values(name: str, data: str) -> None:
    if _count_values(data) > _MAX_VALUES:
        raise BrokenEvent(f"{name[:64]}: more than {_MAX_VALUES:,} values in one event", [])


def _count_values(data: str) -> int:
    """Estimate how many values a JSON text holds, without parsing it."""
    strings = (data.count('"') - data.count('\\"')) // 2
    marks = sum(map(data.count, ",[{"))
    if strings > _MAX_VALUES or marks <= _MAX_VALUES:
        return max(strings, marks)
    bare = re.sub(_STRING, "", data)  # Commas and brackets inside a string are not values.
    return sum(map(bare.count, ",[{"))


def _type_and_model(name: str, data: str) -> tuple[str, type[Model] | None]:
    """Return the ``type`` in the JSON of an event without a name, and the model of that type."""
    if name == "message":  # The default name of a server-sent event.
        try:
            value = from_json(data)
        except ValueError:
            return name, None
        if isinstance(value, dict) and isinstance(value.get("type"), str):
            return value["type"], EVENT_MODELS.get(value["type"])
    return name, None


def _unknown(name: str, data: str) -> StreamEventUnknown:
    """Return the model of an event that this version does not know; any data fit it."""
    model = build_model(StreamEventUnknown)
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError:
        return model(type="unknown", name=name, data=data)
    event = model(type="unknown", name=name, data=value)
    bind(event, JsonText(data))
    return event
