"""The README is short and true: its two commands set the project up, and its FastAPI service passes turns through.

That its code runs is tested with all documented code, in test_documented_code.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from tests.support.asgi import serving
from tests.support.documented import README, ROOT, marked, python_blocks, settings
from tests.support.signing import delivery
from uniqos.sandbox import Sandbox

PYTHON = python_blocks()


def service(file: Path) -> str:
    """Return the source of the one FastAPI service that yields turns on, in a page or a module's docstring."""
    sources = [block.source for block in PYTHON if Path(block.path) == file]
    ways = ("in sse(stream)", "return TurnResponse(stream)")
    (source,) = [source for source in sources if '"/chat"' in source and any(way in source for way in ways)]
    return source


@contextmanager
def running(source: str, sandbox: Sandbox, patch: pytest.MonkeyPatch) -> Iterator[str]:
    settings(sandbox, patch)
    names: dict[str, Any] = {"__name__": "backend"}
    exec(compile(source, "documented.py", "exec"), names)
    with serving(names["app"]) as url:
        yield url


@pytest.mark.parametrize("file", [README, ROOT / "uniqos" / "fastapi" / "__init__.py"], ids=lambda file: file.name)
def test_the_backend_is_short_and_passes_turns_through(
    file: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")
    source = service(file)
    assert len([line for line in source.splitlines() if line.strip()]) <= 25
    turn = {"personality_id": sandbox.personality_id, "message": "I am so happy!"}
    with running(source, sandbox, monkeypatch) as url:
        assert httpx.post(f"{url}/chat", json=turn).json()["inferred_emotional_state"]["primary"] == "joy"
        events = httpx.post(f"{url}/chat/stream", json=turn).text
        assert events.startswith("event: metadata\n")
        assert "event: completion\n" in events
        limited = {**turn, "message": "[[uniqos:error=rate_limit_exceeded]]"}
        refused = httpx.post(f"{url}/chat/stream", json=limited, timeout=30)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert int(refused.headers["retry-after"]) >= 1
        validate(httpx.get(f"{url}/openapi.json").json())


def test_the_backend_of_the_docstring_receives_webhooks(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")
    with running(service(ROOT / "uniqos" / "fastapi" / "__init__.py"), sandbox, monkeypatch) as url:
        body, headers = delivery("whsec_of_this_test")
        assert httpx.post(f"{url}/webhook", content=body, headers=headers).status_code == 204
        assert httpx.post(f"{url}/webhook", content=body).status_code == 400


def test_there_are_snippets() -> None:
    assert len([block for block in PYTHON if Path(block.path) == README]) >= 6
    assert len(PYTHON) >= 18


def test_there_are_two_commands_and_both_start_from_nothing() -> None:
    page = README.read_text(encoding="utf-8")
    commands = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    assert commands[:2] == [marked("install", page), marked("test", page)]
    assert all(command.startswith("python3 -m venv .venv && ") and command.count("\n") == 1 for command in commands[:2])
    assert "uniqos respond" in commands[0]
    assert "pytest" in commands[1]


def test_it_is_short() -> None:
    assert len(README.read_bytes()) <= 7000
