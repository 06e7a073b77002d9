"""The request of a turn. Arguments of the method choose the kind of answer, and the body must agree with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from .. import errors
from .._base.model import ready
from .._wire.encode import as_mapping, encode, without_none
from .._wire.operation import Body, Operation, Request
from .._wire.options import OPTION_NAMES
from ..api.engine import RespondRequest

_ARGUMENTS = {"stream": "stream=True", "return_format": 'return_format="modulator_pack"'}


def encode_turn(
    op: Operation[Any], data: Body | None, fields: Mapping[str, Any], *, stream: bool, return_format: str | None
) -> Request:
    """Return the request of a turn.

    Args:
        op: The operation.
        data: The turn as one object, or None.
        fields: The turn as keywords, and the options of the call.
        stream: Whether the answer is a stream.
        return_format: The kind of answer; None is text. Both are arguments so that they choose the return type.

    Raises:
        RequestValidationError: A value is wrong, or the body asks for another kind of answer than the arguments.
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
                    f"{op.label}: the body says {name}={other!r}; pass respond(body, {_ARGUMENTS[name]}) too, "
                    "since this argument chooses the type of the answer"
                )
    unknown = fields.keys() - OPTION_NAMES
    if unknown:
        raise TypeError(f"{op.label}: give the body as one object or as keywords, not both: {', '.join(unknown)}")
    return encode(op, data, fields)


def _means(name: str, value: Any, other: Any) -> bool:
    """Return whether the request model reads ``value`` as ``other``. It also reads "true" as True."""
    try:
        read = ready(RespondRequest).model_validate({"personality_id": "", "message": "", name: value})
    except ValidationError:
        return False  # The request will be refused.
    return bool(getattr(read, name) == other)
