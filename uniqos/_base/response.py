"""The models of responses: validated from JSON text, and bound to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from .fields import json_fields, models_in
from .json_text import JsonText, refuse_nan
from .model import Model, get_slot

if TYPE_CHECKING:
    from .http import HttpInfo

M = TypeVar("M", bound=Model)
JsonPath = tuple[str | int, ...]
"""The keys and indices that lead from the whole JSON to a part of it."""


def build_model(model: type[M]) -> type[M]:
    """Return the model after building its validator, and those of the models inside it."""
    if not model.__pydantic_complete__:
        # Building a model leaves the models inside it incomplete. Users hold these too, as parts of an answer.
        for _, _, info in json_fields(model):
            for inner in models_in(info.annotation, Model):
                build_model(inner)
        model.model_rebuild()
    return model


# The setters of the slots. They are faster than setattr, which a frozen model refuses anyway.
set_http: Callable[[Model, HttpInfo | None], None] = Model.__dict__["_http"].__set__
_set_wire: Callable[[Model, tuple[JsonText, JsonPath]], None] = Model.__dict__["_wire"].__set__


def mark_salvaged(model: Model) -> None:
    """Note that values of a model may not fit their fields."""
    object.__setattr__(model, "_salvaged", True)


def from_wire(model: type[M], text: bytes | str) -> M:
    """Validate JSON text as a model, and bind the model to the text.

    Raises:
        pydantic.ValidationError: The text is not JSON, or does not fit the model.
        ValueError: The text holds NaN or Infinity, which are not JSON.
    """
    response: M = build_model(model).__pydantic_validator__.validate_json(text)
    refuse_nan(text)
    bind(response, JsonText(text))
    return response


def wire_text(model: Model) -> str | None:
    """Return the JSON text of a whole answer or event; None for a part of one, or a model made by hand."""
    wire: tuple[JsonText, JsonPath] | None = get_slot(model, "_wire")
    if wire is None or wire[1]:
        return None
    return wire[0].text


def bind(model: Model, text: JsonText, path: JsonPath = ()) -> None:
    """Bind a response, and every model inside it, to its JSON text.

    Args:
        model: The response, or a part of it.
        text: The text of the whole response.
        path: The keys and indices from the whole response to ``model``.
    """
    _set_wire(model, (text, path))
    if _model_fields(type(model)):  # Few events of a stream contain models.
        for part, steps in parts(model):
            bind(part, text, (*path, *steps))


def parts(model: Model) -> Iterator[tuple[Model, JsonPath]]:
    """Yield the models in the fields of a model, each with the path to it."""
    for name, key in _model_fields(type(model)):
        value = getattr(model, name, None)
        if isinstance(value, Model):
            yield value, (key,)
        elif isinstance(value, list):
            items: list[Any] = value
            for index, item in enumerate(items):
                if isinstance(item, Model):
                    yield item, (key, index)


@cache
def _model_fields(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Return (attribute, JSON key) of the fields that may hold models."""
    return tuple((name, key) for name, key, info in json_fields(model) if any(models_in(info.annotation, Model)))
