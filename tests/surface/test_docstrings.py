"""The docstrings of the client's methods: every parameter is described, and every shape has a source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from uniqos import AsyncUniqOS
from uniqos._async.namespaces.base import namespace


def methods(kind: type[Any], path: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, member in members(kind):
        if isinstance(member, namespace):
            yield from methods(getattr(kind, name), f"{path}.{name}")
        elif inspect.isfunction(member) and not name.startswith("_"):
            yield f"{path}.{name}", member


def members(kind: type[Any]) -> list[tuple[str, Any]]:
    return [(name, inspect.getattr_static(kind, name)) for name in dir(kind)]


METHODS = dict(methods(AsyncUniqOS, "client"))
OF_NAMESPACES = {name: method for name, method in METHODS.items() if name.count(".") > 1}


def test_every_namespace_is_found() -> None:
    assert len(OF_NAMESPACES) > 100


@pytest.mark.parametrize("name", METHODS)
def test_every_parameter_is_described_by_the_docstring_or_its_typed_dict(name: str) -> None:
    text = inspect.getdoc(METHODS[name])
    assert text
    for parameter, about in inspect.signature(METHODS[name]).parameters.items():
        stands_in_typed_dict = about.kind is about.VAR_KEYWORD and "Unpack[" in str(about.annotation)
        if parameter != "self" and not stands_in_typed_dict:
            stars = "**" if about.kind is about.VAR_KEYWORD else ""
            assert re.search(rf"^ *{re.escape(stars + parameter)}: ", text, re.MULTILINE), f"{parameter} is missing"


@pytest.mark.parametrize("name", OF_NAMESPACES)
def test_every_method_of_a_namespace_says_what_it_returns_and_where_that_is_known_from(name: str) -> None:
    text = inspect.getdoc(OF_NAMESPACES[name]) or ""
    assert re.search(r"^Returns:$", text, re.MULTILINE)
    assert re.search(r"^Source: ", text, re.MULTILINE)
