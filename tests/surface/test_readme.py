"""The README is true: its Python runs, its commands are the two that set the project up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from pytest_examples import CodeExample, EvalExample, find_examples

from tests.support.asgi import serving
from tests.support.signing import delivery
from uniqos.sandbox import Sandbox

README = Path(__file__).parent.parent.parent / "README.md"
PYTHON = [example for example in find_examples(README) if example.prefix == "python"]


@pytest.mark.parametrize("example", PYTHON, ids=lambda e: f"line {e.start_line}")
def test_every_snippet_runs(
    example: CodeExample, eval_example: EvalExample, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIQOS_API_KEY", sandbox.api_key)
    monkeypatch.setenv("UNIQOS_BASE_URL", sandbox.url)
    monkeypatch.setenv("UNIQOS_WEBHOOK_SECRET", "whsec_of_this_test")
    example.source = example.source.replace("pers_...", sandbox.personality_id)
    names: dict[str, Any] = {}
    if "client" in example.source and "client = " not in example.source:
        from uniqos import UniqOS

        names["client"] = UniqOS()
    eval_example.set_config(line_length=120)
    ran = eval_example.run(example, module_globals=names)
    for client in (names.get("client"), ran.get("client")):
        if client is not None:
            client.close()


def test_the_backend_is_short_and_passes_turns_through(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")
    (source,) = [example.source for example in PYTHON if "FastAPI(" in example.source]
    assert len([line for line in source.splitlines() if line.strip()]) <= 25
    monkeypatch.setenv("UNIQOS_API_KEY", sandbox.api_key)
    monkeypatch.setenv("UNIQOS_BASE_URL", sandbox.url)
    monkeypatch.setenv("UNIQOS_WEBHOOK_SECRET", "whsec_of_this_test")
    names: dict[str, Any] = {"__name__": "backend"}
    exec(compile(source, "README.md", "exec"), names)
    turn = {"personality_id": sandbox.personality_id, "message": "I am so happy!"}
    with serving(names["app"]) as url:
        assert httpx.post(f"{url}/chat", json=turn).json()["inferred_emotional_state"]["primary"] == "joy"
        events = httpx.post(f"{url}/chat/stream", json=turn).text
        assert events.startswith("event: metadata\n")
        assert "event: completion\n" in events
        limited = {**turn, "message": "[[uniqos:error=rate_limit_exceeded]]"}
        refused = httpx.post(f"{url}/chat/stream", json=limited, timeout=30)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert int(refused.headers["retry-after"]) >= 1
        body, headers = delivery("whsec_of_this_test")
        assert httpx.post(f"{url}/webhook", content=body, headers=headers).status_code == 204
        assert httpx.post(f"{url}/webhook", content=body).status_code == 400
        validate(httpx.get(f"{url}/openapi.json").json())


def test_there_are_snippets() -> None:
    assert len(PYTHON) >= 7


def test_there_are_two_commands_and_both_start_from_nothing() -> None:
    commands = re.findall(r"```bash\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(commands) == 2
    assert all(command.startswith("python3 -m venv .venv && ") and command.count("\n") == 1 for command in commands)
    assert "uniqos respond" in commands[0]
    assert "pytest" in commands[1]
