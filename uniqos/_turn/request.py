"""The request of a turn: what chooses the kind of answer is an argument of the method, and must agree with the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from .. import errors
from .._base.response import ready
from .._wire.encode import as_mapping, encode, without_none
from .._wire.operation import Body, Operation, Request
from .._wire.options import OPTION_NAMES
from ..api.engine import RespondRequest

_CALL_IT_SO = {"stream": "stream=True", "return_format": 'return_format="modulator_pack"'}


def encode_turn(
    op: Operation[Any], data: Body | None, fields: Mapping[str, Any], *, stream: bool, return_format: str | None
) -> Request:
    """The request of a turn; what chooses the kind of answer comes as arguments, so that the types can tell.

    Raises:
        RequestValidationError: A value is wrong, or the body alone asks for another kind of answer than the call.
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
                    f"{op.label}: the body says {name}={other!r}; pass respond(body, {_CALL_IT_SO[name]}) too, "
                    "since it changes what you get back"
                )
    unknown = fields.keys() - OPTION_NAMES
    if unknown:
        raise TypeError(f"{op.label}: give the body as one object or as keywords, not both: {', '.join(unknown)}")
    return encode(op, data, fields)


def _means(name: str, value: Any, other: Any) -> bool:
    """Whether the request model would read ``value`` as ``other``: it also takes "true" for True."""
    try:
        read = ready(RespondRequest).model_validate({"personality_id": "", "message": "", name: value})
    except ValidationError:
        return False  # it will be refused
    return bool(getattr(read, name) == other)
