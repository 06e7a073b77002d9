"""The signatures of models, without the extra keywords that pydantic adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from inspect import Signature


class ModelSignature:
    """The descriptor behind ``__signature__``: the declared fields, or any keyword if a model declares none.

    Pydantic's own signature ends in ``**extra_data``, which FastAPI's ``Depends()`` reads as a required parameter.
    """

    __slots__ = ("_pydantic_signature",)

    def __init__(self, pydantic_signature: Any) -> None:
        self._pydantic_signature = pydantic_signature
        """Pydantic's descriptor; None while the build of the model is deferred."""

    def __get__(self, instance: object, owner: type[BaseModel]) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        if self._pydantic_signature is None:
            owner.model_rebuild()
            return owner.__signature__
        signature: Signature = self._pydantic_signature.__get__(None, owner)
        parameters = signature.parameters.values()
        declared = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
        return signature.replace(parameters=declared) if declared else signature


def replace_signature(model: type[BaseModel]) -> None:
    """Replace pydantic's signature of a model by a ModelSignature."""
    signature = model.__dict__.get("__signature__")
    if not isinstance(signature, ModelSignature):
        model.__signature__ = ModelSignature(signature)  # type: ignore[assignment]
