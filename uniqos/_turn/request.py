"""The encoding of a turn: the arguments ``stream`` and ``return_format`` must agree with the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from .. import errors
from .._base.response import build_model
from .._wire.encode import as_mapping, encode, without_none
from .._wire.operation import Body, Operation, Request
from .._wire.options import OPTION_NAMES
from ..api.engine import RespondRequest

_ARGUMENT_TEXTS = {"stream": "stream=True", "return_format": 'return_format="modulator_pack"'}


class PersonalityIdIsMissing:
    """Names a missing ``personality_id`` in the errors of type checkers. Nothing has this type."""


class MessageIsMissing:
    """Names a missing ``message`` in the errors of type checkers. Nothing has this type."""


def encode_turn(
    op: Operation[Any], data: Body | None, fields: Mapping[str, Any], *, stream: bool, return_format: str | None
) -> Request:
    """Encode a turn.

    ``stream`` and ``return_format`` choose the type of the answer. So they are arguments of ``respond``, where a type
    checker sees them, and not only keys of the body.

    Raises:
        TypeError: A keyword is unknown, or the body was given as an object and as keywords.
        RequestValidationError: A value is invalid, or the body asks for another type of answer than the arguments.
    """
    chosen: dict[str, Any] = {}
    if return_format is not None:
        chosen["return_format"] = return_format
    if stream:
        chosen["stream"] = True
    if data is None:
        return encode(op, None, {**without_none(fields), **chosen})
    data = as_mapping(data)
    if isinstance(data, Mapping):
        data = {**data, **chosen}
        for name, other in (("stream", True), ("return_format", "modulator_pack")):
            if chosen.get(name) != other and name in data and _means(name, data[name], other):
                raise errors.RequestValidationError(
                    f"{op.label}: the body says {name}={other!r}; pass respond(body, {_ARGUMENT_TEXTS[name]}) too, "
                    "since it changes the type of the answer",
                    details=[{"loc": [name], "type": "not_asked_for", "msg": "the route does not answer in this form"}],
                )
    unknown = fields.keys() - OPTION_NAMES
    if unknown:
        raise TypeError(f"{op.label}: give the body as one object or as keywords, not both: {', '.join(unknown)}")
    return encode(op, data, fields)


def _means(name: str, value: Any, other: Any) -> bool:
    """Return whether the request model reads ``value`` as ``other``: it also accepts "true" for True."""
    try:
        turn = build_model(RespondRequest).model_validate({"personality_id": "", "message": "", name: value})
    except ValidationError:
        return False  # encode() refuses the value.
    return bool(getattr(turn, name) == other)
