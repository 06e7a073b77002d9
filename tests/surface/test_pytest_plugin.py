"""Tests of the pytest fixtures in a user's project, and of the sandbox without a port."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from uniqos import NetworkError
from uniqos.sandbox import in_process

PROJECT = """
import pytest

def test_a_greeting(uniqos_sandbox, uniqos_client):
    assert uniqos_client.respond(personality_id=uniqos_sandbox.personality_id, message="Hello!").response
    assert uniqos_sandbox.turns_billed == 1

@pytest.mark.uniqos_fault(path="/v1/respond", code="rate_limit_exceeded", retry_after="0", times=1)
def test_a_limit(uniqos_sandbox, uniqos_client):
    reply = uniqos_client.respond(personality_id=uniqos_sandbox.personality_id, message="Hello!")
    assert (reply.http.retries, uniqos_sandbox.turns_billed) == (1, 1)

@pytest.mark.anyio
async def test_async(uniqos_sandbox, async_uniqos_client):
    stream = async_uniqos_client.respond(personality_id=uniqos_sandbox.personality_id, message="Hello!", stream=True)
    assert (await stream.until_done()).text
"""


def test_a_project_of_ten_lines_passes_with_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_product.py").write_text(PROJECT, encoding="utf-8")
    said = run_tests(tmp_path)
    assert "3 passed" in said, said


def test_a_marker_without_keywords_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "test_product.py").write_text(
        """
import pytest

@pytest.mark.uniqos_fault("rate_limit_exceeded")
def test_a_limit(uniqos_sandbox): ...
""",
        encoding="utf-8",
    )
    assert "uniqos_fault takes only keywords" in run_tests(tmp_path)


def test_a_project_chooses_the_options_of_its_sandbox(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        """
import pytest

@pytest.fixture(scope="session")
def uniqos_sandbox_options():
    return {"requests_per_second": 2}
""",
        encoding="utf-8",
    )
    (tmp_path / "test_product.py").write_text(
        """
def test_the_limit(uniqos_client):
    assert uniqos_client.personalities.list().http.rate_limit.limit == 2
""",
        encoding="utf-8",
    )
    output = run_tests(tmp_path)
    assert "1 passed" in output, output


def run_tests(project: Path) -> str:
    """Return pytest's output in a project that uses only the fixtures."""
    plugins = ("-p", "uniqos.pytest_plugin", "-p", "anyio.pytest_plugin")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *plugins, "-k", "not trio"],
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent.parent.parent),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
    )
    return ran.stdout + ran.stderr


def test_the_plugin_imports_nothing_before_it_is_used() -> None:
    code = """
import sys, uniqos.pytest_plugin
print(sorted({"httpx", "pydantic", "fastapi", "uvicorn"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_without_a_port_calls_and_streams_arrive_in_pieces() -> None:
    with in_process(pause=0.01) as sandbox, sandbox.in_process_client() as client:
        turn = {"personality_id": sandbox.personality_id, "message": "I am so happy!"}
        assert client.respond(**turn).response
        with client.respond(**turn, stream=True) as stream:
            next(stream)
            assert stream.completion is None
        with pytest.raises(NetworkError):
            client.respond(**{**turn, "message": "[[uniqos:stream=drop_after:3]] x"}, stream=True).until_done()
        assert sandbox.turns_billed == 3


@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")  # trio warns of a generator in httpx
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_without_a_port_asynchronous_clients_work_under_each_loop(backend: str) -> None:
    async def main() -> None:
        with in_process() as sandbox, sandbox.in_process_async_client() as client:
            turn = {"personality_id": sandbox.personality_id, "message": "I am so happy!"}
            assert (await client.respond(**turn)).response
            assert (await client.respond(**turn, stream=True).until_done()).text
            async with client.respond(**turn, stream=True) as stream:
                await anext(stream)

    anyio.run(main, backend=backend)


STALLED = "[[uniqos:stream=stall]] x"


@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_without_a_port_asynchronous_clients_wait_no_longer_than_they_were_told(backend: str) -> None:
    async def main() -> None:
        with in_process() as sandbox, sandbox.in_process_async_client(timeout=0.2) as client:
            stream = client.respond(personality_id=sandbox.personality_id, message=STALLED, stream=True)
            with pytest.raises(NetworkError, match="within the timeout"):
                await stream.until_done()

    anyio.run(main, backend=backend)


def test_without_a_port_clients_wait_no_longer_than_they_were_told() -> None:
    with in_process() as sandbox, sandbox.in_process_client(timeout=0.2) as client:
        stream = client.respond(personality_id=sandbox.personality_id, message=STALLED, stream=True)
        with pytest.raises(NetworkError, match="within the timeout"):
            stream.until_done()


def test_a_program_ends_that_has_cancelled_streams_without_a_port() -> None:
    code = f"""
import asyncio
from uniqos.sandbox import in_process

async def main():
    with in_process() as sandbox, sandbox.in_process_async_client() as client:
        turn = {{"personality_id": sandbox.personality_id, "message": {STALLED!r}}}
        tasks = [asyncio.ensure_future(client.respond(**turn, stream=True).until_done()) for _ in range(3)]
        while sandbox.turns_billed < 3:
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
