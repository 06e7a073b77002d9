"""What the reference is made from is whole: each public name is described, and so is each argument."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

import pytest

import uniqos
from tests.surface.test_surface import is_namespace
from uniqos import (
    AsyncUniqOS,
    UniqOS,
    _params,
    batch,
    contract,
    errors,
    middleware,
    models,
    relay,
    sandbox,
    testing,
    webhooks,
)

MODULES = [uniqos, batch, contract, errors, middleware, models, relay, sandbox, testing, webhooks]
try:
    from uniqos import fastapi
except uniqos.ConfigurationError:  # this FastAPI has no server-sent events
    pass
else:
    MODULES.append(fastapi)
for name in ("langchain", "langgraph", "openai_agents", "pydantic_ai"):
    try:
        MODULES.append(importlib.import_module(f"uniqos.integrations.{name}"))
    except uniqos.ConfigurationError:  # the framework needs a newer Python
        pass
for name in ("batch.dask", "mcp", "telemetry"):
    try:
        MODULES.append(importlib.import_module(f"uniqos.{name}"))
    except uniqos.ConfigurationError:  # the extra is not installed
        pass


WRITTEN_BY_CALLERS = (uniqos.Logger, uniqos.Observer)
"""Classes whose methods the SDK calls: their types say what they get."""


def exported(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Each public class and function of a module; of ``errors``, the exceptions."""
    for name in getattr(module, "__all__", None) or vars(module):
        value = getattr(module, name)
        if get_origin(value) is not None:
            continue  # Python 3.10 takes Callable[[...], None] for a class
        is_public = hasattr(module, "__all__") or (inspect.isclass(value) and issubclass(value, errors.UniqOSError))
        if is_public and (inspect.isclass(value) or inspect.isfunction(value)):
            yield name, value


def owners(kind: type, path: str) -> Iterator[tuple[str, type]]:
    """A class and those of its namespaces."""
    yield path, kind
    for name in dir(kind):
        if is_namespace(inspect.getattr_static(kind, name)):
            yield from owners(getattr(kind, name), f"{path}.{name}")


def functions() -> Iterator[tuple[str, Any]]:
    """Each public function, and each public method of a class that this package defines."""
    classes = {**dict(owners(UniqOS, "UniqOS")), **dict(owners(AsyncUniqOS, "AsyncUniqOS"))}
    for module in MODULES:
        for name, value in exported(module):
            if inspect.isfunction(value):
                yield f"{module.__name__}.{name}", value
            elif not issubclass(value, (models.Model, *WRITTEN_BY_CALLERS)):
                classes[f"{module.__name__}.{name}"] = value
    for path, kind in classes.items():
        for name, value in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_") and value.__module__.startswith("uniqos"):
                yield f"{path}.{name}", value


FUNCTIONS = dict(functions())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_public_name_has_a_docstring(module: ModuleType) -> None:
    assert module.__doc__
    silent = [name for name, value in exported(module) if not value.__dict__.get("__doc__") and not value.__doc__]
    assert silent == []


def test_every_public_method_has_a_docstring() -> None:
    assert len(FUNCTIONS) > 200
    assert [path for path, function in FUNCTIONS.items() if not inspect.getdoc(function)] == []


def undescribed(function: Any) -> list[str]:
    """Return the arguments that stand neither under ``Args``, nor in the first line, nor in a TypedDict."""
    text = inspect.getdoc(function) or ""
    section = re.search(r"^Args:\n((?:[ ].*\n?|\n)+)", text, re.MULTILINE)
    described = set(re.findall(r"^ {4}\*{0,2}(\w+):", section[1], re.MULTILINE)) if section else set()
    described.update(re.findall(r"``(\w+)``", text.partition("\n")[0]))
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in described
        and name != "self"
        and not name.startswith("_")
        and not (parameter.kind is parameter.VAR_KEYWORD and "Unpack[" in str(parameter.annotation))
    ]


def test_every_argument_of_a_public_function_is_described() -> None:
    assert {path: missing for path, function in FUNCTIONS.items() if (missing := undescribed(function))} == {}


@pytest.mark.parametrize("client", [UniqOS, AsyncUniqOS])
def test_every_setting_of_a_client_is_described(client: type) -> None:
    text = f"{inspect.getdoc(client)}\n{inspect.getdoc(client.__init__)}"
    names = list(inspect.signature(client).parameters)
    assert [name for name in names if f"\n    {name}: " not in text] == []


OF_NAMESPACES = {path: function for path, function in FUNCTIONS.items() if re.match(r"UniqOS\.\w+\.", path)}


def test_every_method_of_a_namespace_says_what_it_returns_and_where_that_is_known_from() -> None:
    assert len(OF_NAMESPACES) > 100
    texts = {path: inspect.getdoc(function) or "" for path, function in OF_NAMESPACES.items()}
    assert [path for path, text in texts.items() if not re.search(r"^Returns:$", text, re.MULTILINE)] == []
    assert [path for path, text in texts.items() if not re.search(r"^Source: ", text, re.MULTILINE)] == []


def test_every_keyword_of_a_typed_dict_is_described() -> None:
    source = Path(_params.__file__).read_text("utf-8")
    silent = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            for field, following in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(field, ast.AnnAssign) and not isinstance(following, ast.Expr):
                    silent.append(f"{node.name}.{ast.unparse(field.target)}")
    assert silent == []
