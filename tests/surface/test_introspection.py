"""What looks at the package from outside: inspect, pydoc, freezegun, star imports, mocks, readers of type hints."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
from typing import Any
from unittest import mock

import pydantic
import pytest
from pydantic import ValidationError, validate_call
from typing_extensions import get_overloads, get_type_hints

import uniqos.fastapi
from tests.surface.test_surface import is_namespace
from uniqos import AsyncUniqOS, UniqOS
from uniqos._base.hints import HintedModule
from uniqos._base.model import Model

CLIENTS = [UniqOS, AsyncUniqOS]
UNPACKS = tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 10)
"""Whether validate_call of this pydantic knows ``Unpack``."""

EXTRAS = ("fastapi", "starlette", "uvicorn", "vaderSentiment", "typer", "rich", "socksio")
WITHOUT_EXTRAS = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r}))\n"
"""In a fresh process, the packages of the extras cannot be imported then."""


def run(code: str) -> str:
    """What a fresh Python process prints, with warnings as errors."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("import uniqos; print(hasattr(uniqos, 'sandbox'), getattr(uniqos, 'sandbox', 0))", "False 0"),
        ("import uniqos, inspect; print('UniqOS' in dict(inspect.getmembers(uniqos)))", "True"),
        ("from uniqos import *; print(UniqOS.__name__, 'sandbox' in globals())", "UniqOS False"),
        ("import uniqos; print('sandbox' in dir(uniqos), 'sandbox' in uniqos.__all__)", "False False"),
        ("import uniqos, pydoc; print(len(pydoc.render_doc(uniqos)) > 10_000)", "True"),
        ("import uniqos\nfrom unittest import mock\nprint(mock.create_autospec(uniqos).UniqOS is not None)", "True"),
        ("import pkgutil, uniqos\nprint(len(list(pkgutil.walk_packages(uniqos.__path__, 'uniqos.'))) > 90)", "True"),
        ("import uniqos, freezegun\nwith freezegun.freeze_time('2030-01-01'): print(uniqos.UniqOS.__name__)", "UniqOS"),
        ("try: import uniqos.sandbox\nexcept ImportError as exc: print(exc.code)", "missing_extra"),
        ("try: import uniqos.fastapi\nexcept ImportError as exc: print(exc.code)", "missing_extra"),
    ],
)
def test_the_package_can_be_looked_at_without_its_extras(code: str, printed: str) -> None:
    assert run(WITHOUT_EXTRAS + code) == printed


@pytest.mark.parametrize(
    "code", ["from uniqos import sandbox", "import uniqos.sandbox", "import uniqos; uniqos.sandbox.serve()"]
)
def test_who_wants_the_sandbox_is_told_what_to_install(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS + code], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert "Error: the sandbox needs" in last
    assert "pip install" in last


def test_what_asks_for_every_attribute_imports_no_extra() -> None:
    code = f"""
import sys, uniqos, freezegun
for _ in range(2):
    with freezegun.freeze_time("2030-01-01"):
        pass
import inspect
inspect.getmembers(uniqos)
print({{name for name in {EXTRAS!r} if name in sys.modules}} - {{"rich", "socksio"}})
"""  # httpx and httpcore import these two where they are there
    assert run(code) == "set()"


def test_with_the_extra_the_sandbox_is_there_and_listed_once_it_is_imported() -> None:
    code = """
import uniqos
assert "sandbox" not in dir(uniqos)
assert hasattr(uniqos, "sandbox")
assert "sandbox" in dir(uniqos)
from uniqos import *
print(sandbox.serve.__name__)
"""
    assert run(code) == "serve"


def public_functions() -> Iterator[tuple[str, Any]]:
    """Every public function and method of the package, with the name it is reached by."""
    owners: dict[str, Any] = {}
    for module in (uniqos, uniqos.errors, uniqos.models, uniqos.webhooks, uniqos.testing, uniqos.contract):
        names = getattr(module, "__all__", dir(module))
        owners |= {f"{module.__name__}.{name}": getattr(module, name) for name in names}
    owners |= {f"uniqos.sandbox.{name}": getattr(uniqos.sandbox, name) for name in uniqos.sandbox.__all__}
    owners |= {f"uniqos.fastapi.{name}": getattr(uniqos.fastapi, name) for name in uniqos.fastapi.__all__}
    for client in CLIENTS:
        owners |= dict(classes_of_namespaces(client, client.__name__))
    for path, owner in owners.items():
        if inspect.isfunction(owner):
            if not owner.__module__.startswith("uniqos._"):  # what a module imports is not its own
                yield path, owner
        elif isinstance(owner, type) and owner.__module__.startswith("uniqos"):
            for name in dir(owner):
                value = inspect.getattr_static(owner, name)
                function = getattr(value, "__func__", getattr(value, "fget", value))
                ours = (getattr(function, "__module__", None) or "").startswith("uniqos")
                if inspect.isfunction(function) and ours and (not name.startswith("_") or name == "__init__"):
                    yield f"{path}.{name}", function


def classes_of_namespaces(owner: type[Any], path: str) -> Iterator[tuple[str, type[Any]]]:
    for name in dir(owner):
        if is_namespace(inspect.getattr_static(owner, name)):
            inner = getattr(owner, name)
            yield f"{path}.{name}", inner
            yield from classes_of_namespaces(inner, f"{path}.{name}")


def test_the_type_hints_of_all_that_is_public_can_be_resolved() -> None:
    unresolved = []
    found = dict(public_functions())
    for path, function in found.items():
        for one in (function, *get_overloads(function)):
            try:
                get_type_hints(one)
                inspect.signature(one, eval_str=True)
            except Exception as exc:
                unresolved.append(f"{path}: {exc!r}")
    assert sorted(set(unresolved)) == []
    assert len(found) > 400
    assert {"UniqOS.personalities.list", "AsyncUniqOS.billing.invoices.list", "uniqos.UniqOS.respond"} <= found.keys()


def test_the_type_hints_of_all_public_classes_can_be_resolved() -> None:
    for name in uniqos.__all__:
        value = getattr(uniqos, name)
        if isinstance(value, type):
            get_type_hints(value)


@pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.__name__)
def test_pydantic_can_check_the_arguments_of_a_call(kind: type[Any]) -> None:
    client = kind("uniq_test_abcdefgh12")
    for path, owner in classes_of_namespaces(kind, ""):
        space = attrgetter(path[1:])(client)
        for name, function in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_") and ("Unpack" not in str(inspect.signature(function)) or UNPACKS):
                validate_call(getattr(space, name))
    if kind is UniqOS and UNPACKS:
        with pytest.raises(ValidationError, match="valid string"):
            validate_call(client.personalities.get)(7)


def test_hints_are_not_resolved_by_a_client_that_calls() -> None:
    code = """
import sys
from uniqos import AsyncUniqOS, UniqOS
UniqOS("uniq_test_abcdefgh12").personalities
AsyncUniqOS("uniq_test_abcdefgh12").billing
hinted = ("_params", "models", "_policy.observer", "_policy.drift", "_sync.stream")
print([name for name in hinted if f"uniqos.{name}" in sys.modules])
"""
    assert run(code) == "[]"


def test_a_module_that_only_hints_name_is_not_imported_by_what_looks_at_any_object() -> None:
    module = HintedModule("uniqos.no_such_module")
    assert not hasattr(module, "__wrapped__")
    with pytest.raises(ModuleNotFoundError):
        module.Name


@pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "double",
    [
        lambda kind: mock.create_autospec(kind, instance=True),
        lambda kind: mock.create_autospec(kind)("key"),
        lambda kind: mock.create_autospec(kind("uniq_test_abcdefgh12")),
    ],
    ids=["instance", "class", "of an instance"],
)
def test_a_double_of_a_client_has_the_namespaces_with_their_methods(
    kind: type[Any], double: Callable[[type[Any]], Any]
) -> None:
    client = double(kind)
    for path, owner in classes_of_namespaces(kind, ""):
        space = attrgetter(path[1:])(client)
        for name, _ in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_"):
                assert callable(getattr(space, name))
    with pytest.raises(AttributeError):
        client.personalities.lst
    with pytest.raises(TypeError):
        client.personalities.get()
    answer = client.personalities.get("pers_1")
    assert inspect.isawaitable(answer) is (kind is AsyncUniqOS)
    if inspect.iscoroutine(answer):
        answer.close()
    client.personalities.get.assert_called_once_with("pers_1")


@pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.__name__)
def test_a_namespace_is_made_once_and_may_be_replaced(kind: type[Any]) -> None:
    client = kind("uniq_test_abcdefgh12")
    assert client.billing is client.billing
    assert client.billing.invoices is client.billing.invoices
    assert type(client.billing) is kind.billing
    assert kind.billing.__doc__
    client.me = "another"
    assert client.me == "another"
    with ThreadPoolExecutor(8) as threads:
        assert len(set(map(id, threads.map(lambda _: client.webhooks, range(64))))) == 1


def test_a_page_of_documentation_shows_a_client_with_its_namespaces() -> None:
    page = pydoc.render_doc(UniqOS)
    assert "personalities" in page
    assert "RespondRequest" not in pydoc.render_doc(AsyncUniqOS.billing)


def test_tracebacks_and_pages_name_a_public_class_by_the_package_that_exports_it() -> None:
    classes = [value for name in uniqos.__all__ if inspect.isclass(value := getattr(uniqos, name))]
    ours = [kind for kind in classes if kind.__module__.partition(".")[0] == "uniqos"]  # OnDrift is a type of typing
    # A model keeps the module in which pydantic resolves its annotations, and whose source holds the fields' texts.
    elsewhere = {kind.__module__ for kind in ours if not issubclass(kind, Model)}
    assert elsewhere == {"uniqos"}
    assert str(uniqos.errors.NotFoundError) == "<class 'uniqos.NotFoundError'>"

    class Mine(uniqos.NotFoundError): ...

    assert Mine.__module__ == __name__


@pytest.mark.parametrize("first", ["uniqos.errors", "uniqos._base.http", "uniqos._policy.observer", "uniqos"])
def test_public_classes_pickle_whichever_module_is_imported_first(first: str) -> None:
    code = f"""
import {first}, pickle, uniqos
kinds = [value for name in uniqos.__all__ if isinstance(value := getattr(uniqos, name), type) and name != "OnDrift"]
assert all(pickle.loads(pickle.dumps(kind)) is kind for kind in kinds)
error = pickle.loads(pickle.dumps(uniqos.errors.RateLimitError("later", retry_after_seconds=3)))
print(type(error) is uniqos.RateLimitError, error.retry_after_seconds)
old = b"cuniqos.errors\\nNotFoundError\\n."  # pickled by a release whose classes were named by their modules
print(pickle.loads(old) is uniqos.NotFoundError)
"""
    assert run(code) == "True 3\nTrue"
