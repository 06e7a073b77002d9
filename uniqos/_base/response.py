"""The models of responses, validated from JSON text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from .fields import json_fields
from .json_text import Wire, refuse_nan
from .model import Model, slot

if TYPE_CHECKING:
    from .http import HttpInfo

M = TypeVar("M", bound=Model)


def ready(model: type[M]) -> type[M]:
    """Return the model with its validator built, and those of the models inside it."""
    if not model.__pydantic_complete__:
        # The inner models first: a user holds them too, as the parts of an answer.
        for _, _, info in json_fields(model):
            for inner in models_in(info.annotation):
                ready(inner)
        model.model_rebuild()
    return model


# The slots themselves: an event is bound for each word of a reply, and a frozen model's own __setattr__ refuses.
set_http: Callable[[Model, HttpInfo | None], None] = Model.__dict__["_http"].__set__
_set_wire: Callable[[Model, tuple[Wire, tuple[str | int, ...]]], None] = Model.__dict__["_wire"].__set__


def mark_salvaged(model: Model) -> None:
    """Note that values of a model may not fit their fields."""
    object.__setattr__(model, "_salvaged", True)


def from_wire(model: type[M], text: bytes | str) -> M:
    """A model validated straight from JSON text, which its subscripts then show.

    Raises:
        pydantic.ValidationError: The text is not JSON, or does not fit the model.
        ValueError: It holds NaN or Infinity, which are not JSON.
    """
    made: M = ready(model).__pydantic_validator__.validate_json(text)
    refuse_nan(text)
    bind(made, Wire(text))
    return made


def wire_text(model: Model) -> str | None:
    """The JSON text that a whole answer or event came as; None of a hand-built one."""
    wire: tuple[Wire, tuple[str | int, ...]] | None = slot(model, "_wire")
    if wire is None or wire[1]:
        return None
    text = wire[0].__getstate__()
    return text if isinstance(text, str) else text.decode()


def bind(model: Model, wire: Wire, path: tuple[str | int, ...] = ()) -> None:
    """Tell a validated response, and every model inside it, which JSON text it came from."""
    _set_wire(model, (wire, path))
    if _nested(type(model)):  # an event for each word of a reply has none
        for part, steps in parts(model):
            bind(part, wire, (*path, *steps))


def parts(model: Model) -> Iterator[tuple[Model, tuple[str | int, ...]]]:
    """The models in the fields of a model, each with its way there in the JSON."""
    for name, key in _nested(type(model)):
        value = getattr(model, name, None)
        if isinstance(value, Model):
            yield value, (key,)
        elif isinstance(value, list):
            items: list[Any] = value
            for index, item in enumerate(items):
                if isinstance(item, Model):
                    yield item, (key, index)


@cache
def _nested(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """(attribute, JSON key) of the fields that may hold models."""
    return tuple((name, key) for name, key, info in json_fields(model) if any(models_in(info.annotation)))


def models_in(annotation: Any) -> Iterator[type[Model]]:
    """The models that an annotation names."""
    # On Python 3.10 list[str] is a type too.
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, Model):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)
