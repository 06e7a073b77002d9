"""The descriptions in a JSON schema, made of docstrings when the schema is made."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import BaseModel

from .field_docs import field_docs
from .plain import is_ours

_SOURCE = re.compile(r"\s*\((?:source|fields|shape): [^()]*(?:\([^()]*\)[^()]*)*\)")


@cache
def field_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of the fields that this package declares, as plain Markdown."""
    docs: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and is_ours(base):
            docs |= field_docs(base)
    return {name: as_markdown(text) for name, text in docs.items() if name in model.model_fields}


def describe_fields(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """Add the docstrings of a model and of its fields to its JSON schema."""
    if "description" in schema:
        schema["description"] = as_markdown(schema["description"])
    docs = field_descriptions(model)
    for name, info in model.model_fields.items():
        field = schema.get("properties", {}).get(info.serialization_alias or name)
        if field is not None and name in docs:
            field.setdefault("description", docs[name])


def as_markdown(text: str) -> str:
    """Return a docstring for a product's document: in Markdown, with JSON's null, without the source of a shape."""
    text = re.sub(r"``(.+?)``", r"`\1`", _SOURCE.sub("", text))
    return re.sub(r"\bNone\b", "null", text).strip()
