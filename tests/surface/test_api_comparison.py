"""The comparison with the last release's API finds each break, and nothing else."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
SIGNATURE = "(self, body=..., /, page=..., *, name, size=...) -> m.Page"


@pytest.fixture(scope="module")
def api() -> Any:
    """The module ``.ci/api.py``."""
    spec = importlib.util.spec_from_file_location("api", ROOT / ".ci" / "api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (SIGNATURE, []),
        ("(self, body=..., /, page=..., *, name=..., size=..., more=...) -> m.Page", []),
        ("(self, body=..., /, page=..., *, name) -> m.Page", ["the parameter size is gone"]),
        ("(self, body=..., /, page=..., **others) -> m.Page", []),
        ("(self, body, /, page=..., *, name, size=...) -> m.Page", ["the parameter body is required now"]),
        ("(self, body=..., /, page=..., *, name, size) -> m.Page", ["the parameter size is required now"]),
        ("(self, body=..., /, page=..., *, name, size=..., zone) -> m.Page", ["a new parameter zone is required"]),
        (
            "(self, body=..., /, *, page=..., name, size=...) -> m.Page",
            ["the parameter page is keyword-only now"],
        ),
        ("(self, body=..., /, page=..., *, name, size=...) -> None", ["it returned m.Page and returns None"]),
    ],
)
def test_a_signature_breaks_callers_or_does_not(api: Any, after: str, told: list[str]) -> None:
    assert list(api.breaks({"uniqos.x": SIGNATURE}, {"uniqos.x": after})) == [f"uniqos.x: {one}" for one in told]


def test_a_name_that_is_gone_is_told_once_with_all_it_held(api: Any) -> None:
    old = {"uniqos.A": "class", "uniqos.A.x": "int", "uniqos.A.y": "str", "uniqos.B": "class", "uniqos.B.x": "int"}
    new = {"uniqos.B": "class", "uniqos.B.x": "int | None", "uniqos.C": "class"}
    assert list(api.breaks(old, new)) == ["uniqos.A is gone", "uniqos.B.x was 'int' and is 'int | None'"]


def test_a_union_may_grow_and_not_shrink(api: Any) -> None:
    old, more = "TypeAliasType('E', A | B)", "TypeAliasType('E', A | C | B)"
    assert list(api.breaks({"uniqos.E": old}, {"uniqos.E": more})) == []
    assert len(list(api.breaks({"uniqos.E": more}, {"uniqos.E": old}))) == 1


def test_breaks_of_the_source_are_found(api: Any, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "uniqos", tmp_path / "uniqos", ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in (
        ("webhooks.py", "    tolerance: float = 300,\n    _now", "    _now"),  # a parameter
        ("testing.py", '"build", "error", "no_network"', '"build", "error"'),  # a function
        ("api/engine.py", "    valence: float | None = None\n", ""),  # a field of an answer
        ("_params.py", "    guardrails_behavior: ", "    guardrails: "),  # a keyword
        ("_sync/namespaces/catalog.py", "    def get(", "    def read("),  # a method
    ):
        path = tmp_path / "uniqos" / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} has changed: {old}"
        path.write_text(text.replace(old, new), "utf-8")
    found = set(api.breaks(api.Api(ROOT).names, api.Api(tmp_path).names))
    assert found >= {
        "uniqos.webhooks.construct_event: the parameter tolerance is gone",
        "uniqos.testing.no_network is gone",
        "uniqos.models.EmotionalState.valence is gone",
        "uniqos.UniqOS.respond: the parameter guardrails_behavior is gone",
        "uniqos.UniqOS.catalog.get is gone",
    }
