"""The operation table, the methods, the vectors and the official client's names: each complete against the others."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from uniqos import AsyncUniqOS, UniqOS
from uniqos._async.namespaces import base as asynchronous
from uniqos._sync.namespaces import base as synchronous
from uniqos.api import operations

HERE = Path(__file__).parent
VECTORS = HERE.parent / "vectors"
OWN = {"iterate", "wait", "save_pdf", "save_export"}
"""Methods that are more than one operation, and none of the official client's."""
NAMES = (HERE / "official_names.txt").read_text("utf-8").splitlines()
OFFICIAL = {line.partition("(")[0] for line in NAMES} - {"respond"}  # that one is engine.respond too
"""The operations that the official client has. Only they need a vector, which its requests are taken from."""


def is_namespace(value: object) -> bool:
    """Whether what a class has under a name becomes a namespace of its instances."""
    return isinstance(value, (synchronous.namespace, asynchronous.namespace))


def methods(owner: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each method of the client's namespaces by its dotted name."""
    for name in dir(type(owner)):
        value = inspect.getattr_static(type(owner), name)
        if is_namespace(value):
            yield from methods(getattr(owner, name), f"{path}{name}.")
        elif path and inspect.isfunction(value) and not name.startswith("_"):
            yield path + name, getattr(owner, name)


@pytest.fixture(params=[UniqOS, AsyncUniqOS])
def client(request: pytest.FixtureRequest) -> Any:
    return request.param("uniq_test_abcd1234")


def test_every_operation_is_a_method_and_every_method_an_operation(client: Any) -> None:
    found = {name for name, _ in methods(client) if name.rpartition(".")[2] not in OWN}
    assert found == operations().keys()


def test_every_operation_has_a_vector_of_the_official_client() -> None:
    vectors = [v for file in VECTORS.glob("*.json") for v in json.loads(file.read_text("utf-8"))]
    assert {v["operation"] for v in vectors if v["official"]} == OFFICIAL
    for vector in vectors:
        op = operations()[vector["operation"]]
        assert vector["request"]["method"] == op.method
        model = "ModulatorPack" if "modulator_pack" in json.dumps(vector["kwargs"]) else op.returns.__name__
        assert vector["model"] == model or "events" in vector["answer"]


def test_all_hundred_names_of_the_official_client_are_there_with_their_arguments(client: Any) -> None:
    assert len(NAMES) == 100
    found = {**dict(methods(client)), "respond": client.respond}
    missing = []
    for line in NAMES:
        name, _, rest = line.partition("(")
        arguments = [part.strip() for part in rest.rstrip(")").split(",") if part.strip()]
        positional, _, named = ",".join(arguments).partition("*")
        ways = [([], arguments), (positional.split(","), named.split(","))]
        for args, kwargs in ways:
            given = dict.fromkeys((k.partition("=")[0] for k in kwargs if k.strip(",* ")), "x")
            try:
                inspect.signature(found[name]).bind(*[a for a in args if a], **given)
            except (KeyError, TypeError) as exc:
                missing.append(f"{line}: {exc}")
    assert missing == []


def test_every_operation_of_the_official_client_is_in_the_table() -> None:
    assert operations().keys() >= OFFICIAL
