"""The docstrings of fields, read from the source when a JSON schema is made."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from functools import cache
from typing import Any

from pydantic import BaseModel

_SOURCE = re.compile(r"\s*\((?:source|fields|shape): [^()]*(?:\([^()]*\)[^()]*)*\)")


@cache
def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of a model's fields, as plain Markdown. Without the source file there are none."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base.__module__.partition(".")[0] == __name__.partition(".")[0]:
            found.update(_docs_of_module(base.__module__).get(base.__qualname__, {}))
    return {name: text for name, text in found.items() if name in model.model_fields}


def describe_fields(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """Add the docstrings of a model and of its fields to its JSON schema."""
    if "description" in schema:
        schema["description"] = as_markdown(schema["description"])
    docs = field_docs(model)
    for name, info in model.model_fields.items():
        field = schema.get("properties", {}).get(info.serialization_alias or name)
        if field is not None and name in docs:
            field.setdefault("description", docs[name])


def as_markdown(text: str) -> str:
    """Return a docstring for a product's document: in Markdown, with JSON's null, without the source of a shape."""
    text = re.sub(r"``(.+?)``", r"`\1`", _SOURCE.sub("", text))
    return re.sub(r"\bNone\b", "null", text).strip()


@cache
def _docs_of_module(name: str) -> dict[str, dict[str, str]]:
    """Return the docstrings of the fields by class."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return {}
    return {node.name: _docs_of_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _docs_of_class(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for field, text in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
            docs[field.target.id] = as_markdown(inspect.cleandoc(text.value.value))
    return docs
