"""The docstrings under the fields of models, which Python does not keep."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache

from pydantic import BaseModel

from .fork import ForkSafeLock

_parsing = ForkSafeLock()
"""Held while ``ast.parse`` runs: in two threads at once, it can raise a SystemError in CPython 3.11.7 (gh-106905)."""


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring under each field, read from the source; an empty dict where no source is installed."""
    docs: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            docs |= _docs_of_module(base.__module__).get(base.__qualname__, {})
    return docs


def _docs_of_module(name: str) -> dict[str, dict[str, str]]:
    with _parsing:
        return _parse(name)


@cache
def _parse(name: str) -> dict[str, dict[str, str]]:
    """Return the docstring under each field, by class and field of a module."""
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
            docs[field.target.id] = inspect.cleandoc(text.value.value)
    return docs
