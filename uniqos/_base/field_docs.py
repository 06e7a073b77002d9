"""The docstrings under the fields of models, which Python does not keep."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache

from .model import Model


def field_docs(model: type[Model]) -> dict[str, str]:
    """Return the docstring under each field, read from the source; an empty dict where no source is installed."""
    docs: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, Model):
            docs |= _module_docs(cls.__module__).get(cls.__name__, {})
    return docs


@cache
def _module_docs(module: str) -> dict[str, dict[str, str]]:
    """Return the docstring under each field, by class and field of a module."""
    found: dict[str, dict[str, str]] = {}
    try:
        source = inspect.getsource(sys.modules[module])
    except OSError:
        return found
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            docs = found[node.name] = {}
            for field, text in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                    docs[ast.unparse(field.target)] = inspect.cleandoc(ast.literal_eval(text.value))
    return found
