"""Tests of each code block of the official SDK's page against the sandbox; only key, id and base_url change."""

from __future__ import annotations

import ast
import asyncio
import inspect
from typing import Any

import pytest

from uniqos.sandbox import Sandbox

CONFIGURE = """
from uniqos import UniqOS

client = UniqOS(
    api_key="uniq_test_...",
    base_url="https://api.uniqos.ai",  # host only; do NOT include /v1
    timeout=90,  # seconds; default 90 (0 disables)
    max_retries=3,  # 0 disables retries
    log_level="warning",  # debug | info | warning | error | silent
)
"""
CALL = """
result = client.respond(personality_id="pers_...", message="Hello!")
result["response"]  # the agent's reply (parsed JSON, snake_case, mirroring the API)
result["inferred_emotional_state"]
"""
ASYNC = """
from uniqos import AsyncUniqOS

async with AsyncUniqOS(api_key="uniq_test_...") as client:
    result = await client.respond(personality_id="pers_...", message="Hello!")
"""
STREAM = """
stream = client.respond(personality_id="pers_...", message="tell me a story", stream=True)
for event in stream:
    if event.type == "text":
        print(event.delta, end="", flush=True)
    elif event.type == "completion":
        print(f"\\n[{event.latency_ms}ms]")
"""
ERRORS = """
from uniqos import RateLimitError, QuotaExhaustedError, TurnTimeoutError

try:
    result = client.respond(personality_id="pers_...", message="hi")
except RateLimitError as err:
    print(f"Rate limited. Retry after {err.retry_after_seconds}s")
except QuotaExhaustedError as err:
    print(f"Quota exhausted: {err.details}")
except TurnTimeoutError:
    print("Turn timed out (not billed); not auto-retried")
"""


@pytest.fixture
def run(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs a block of the page with its placeholders filled in, and returns the names it set."""
    monkeypatch.setenv("UNIQOS_BASE_URL", sandbox.url)  # the asynchronous block names no base_url

    def execute(code: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
        for blank, value in (
            ("uniq_test_...", sandbox.api_key),
            ("pers_...", sandbox.personality_id),
            ("https://api.uniqos.ai", sandbox.url),
        ):
            code = code.replace(blank, value)
        names = names if names is not None else {}
        compiled = compile(code, "official page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(compiled, names)
        if inspect.iscoroutine(result):
            asyncio.run(result)
        return names

    return execute


@pytest.fixture
def configured(run: Any) -> Any:
    names = run(CONFIGURE)
    yield names
    names["client"].close()


def test_configure(configured: Any, sandbox: Sandbox) -> None:
    client = configured["client"]
    assert (client.environment, client.base_url) == ("test", sandbox.url)


def test_call(run: Any, configured: Any) -> None:
    result = run(CALL, configured)["result"]
    assert result["response"] == result.response
    assert result["inferred_emotional_state"]["primary"]


def test_async(run: Any) -> None:
    assert run(ASYNC)["result"].response


def test_stream(run: Any, configured: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run(STREAM, configured)
    printed = capsys.readouterr().out
    assert len(printed.split()) > 5
    assert printed.endswith("ms]\n")


def test_stream_in_the_async_client(run: Any) -> None:
    code = "from uniqos import AsyncUniqOS\nasync with AsyncUniqOS(api_key='uniq_test_...') as client:\n"
    lines = STREAM.replace("for event in", "async for event in").strip().splitlines()
    run(code + "".join(f"    {line}\n" for line in lines))


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        ("hi", ""),
        ("[[uniqos:error=rate_limit_exceeded;retry_after=120]]", "Rate limited. Retry after 120.0s\n"),
        ("[[uniqos:error=quota_exhausted]]", "Quota exhausted: {'component': 'turns'}\n"),
        ("[[uniqos:error=turn_timeout]]", "Turn timed out (not billed); not auto-retried\n"),
    ],
)
def test_errors(run: Any, configured: Any, capsys: pytest.CaptureFixture[str], message: str, printed: str) -> None:
    run(ERRORS.replace('message="hi"', f'message="{message}"'), configured)
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize("namespace", ["personalities", "interactions", "engine"])
def test_the_namespaces_of_the_page_that_are_covered(configured: Any, namespace: str) -> None:
    assert getattr(configured["client"], namespace)
