"""The data of one server-sent event as its model. Framing is httpx-sse's business."""

from __future__ import annotations

from typing import Any

import pydantic
from pydantic_core import from_json

from ._model import Model, Wire, bind
from ._operation import problems
from .api.engine import (
    RespondStreamEvent,
    StreamEventCompletion,
    StreamEventError,
    StreamEventGuardrailModulation,
    StreamEventMetadata,
    StreamEventText,
    StreamEventUnknown,
)

_MODELS: dict[str, type[Model]] = {
    "metadata": StreamEventMetadata,
    "text": StreamEventText,
    "guardrail_modulation": StreamEventGuardrailModulation,
    "completion": StreamEventCompletion,
    "error": StreamEventError,
}
DONE = "[DONE]"


class BrokenEvent(ValueError):
    """An event that is not JSON, or breaks its model; ``details`` says where."""

    def __init__(self, reason: str, details: list[dict[str, Any]]) -> None:
        super().__init__(reason)
        self.details = details


def parse_event(name: str, data: str) -> RespondStreamEvent:
    """The event model for an event's name (else for the JSON's ``type``), validated.

    Raises:
        BrokenEvent: The data is not a JSON object, or does not fit the event's model.
    """
    model = _MODELS.get(name)
    if model is None:
        name, model = _by_type(name, data)
    try:
        if model is StreamEventUnknown:
            event: Any = model.model_validate({**from_json(data), "type": "unknown", "name": name})
        else:
            event = model.__pydantic_validator__.validate_json(data)
            if "NaN" in data or "Infinity" in data:
                from_json(data, allow_inf_nan=False)
    except pydantic.ValidationError as exc:
        found = list(problems(exc))
        raise BrokenEvent(f"{name}: {found[0]['msg']}", found) from None
    except ValueError as exc:
        raise BrokenEvent(f"{name}: {exc}", []) from None
    bind(event, Wire(data))
    return event  # type: ignore[no-any-return]


def _by_type(name: str, data: str) -> tuple[str, type[Model]]:
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError as exc:
        raise BrokenEvent(f"{name}: {exc}", []) from None
    if not isinstance(value, dict):
        raise BrokenEvent(f"{name}: expected a JSON object, got {type(value).__name__}", [])
    kind = value.get("type")
    if name == "message" and isinstance(kind, str):  # "message" is what an event without a name is called
        name = kind
    return name, _MODELS.get(name, StreamEventUnknown)
