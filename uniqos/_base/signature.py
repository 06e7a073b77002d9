"""The signatures of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from inspect import Signature


class ModelSignature:
    """The signature of a model: its known fields; any keyword only where no field is known.

    Pydantic's own signature ends in ``**extra_data``, which FastAPI's ``Depends()`` takes for a required parameter.
    """

    __slots__ = ("_made",)

    def __init__(self, made: Any) -> None:
        self._made = made
        """Pydantic's descriptor; None while the build of the model is deferred."""

    def __get__(self, instance: object, owner: type[BaseModel]) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        if self._made is None:
            owner.model_rebuild()
            return owner.__signature__
        signature: Signature = self._made.__get__(None, owner)
        known = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        return signature.replace(parameters=known) if known else signature


def sign(model: type[BaseModel]) -> None:
    """Put a signature of our kind in the place of pydantic's."""
    made = model.__dict__.get("__signature__")
    if not isinstance(made, ModelSignature):
        model.__signature__ = ModelSignature(made)  # type: ignore[assignment]
