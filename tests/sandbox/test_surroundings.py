"""The sandbox in surroundings that are not a developer's own: a company's proxy, and a package in a zip."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import uniqos
from tests.support.receiver import receiving
from tests.surface.test_pytest_plugin import PROJECT, run_tests
from uniqos.sandbox import Sandbox, serve

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(params=["HTTP_PROXY", "ALL_PROXY"])
def behind_a_proxy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a machine whose proxy does not reach the machine itself."""
    monkeypatch.setenv(request.param, NOBODY)
    return dict(os.environ)


@pytest.mark.usefixtures("behind_a_proxy")
def test_the_sandbox_gives_clients_that_go_past_a_proxy(sandbox: Sandbox) -> None:
    turn = {"personality_id": sandbox.personality_id, "message": "hello"}
    for credential in ({}, {"access_token": sandbox.access_token}):
        with sandbox.client(max_retries=0, **credential) as client:
            assert client.respond(turn).response
        with sandbox.in_process_client(max_retries=0, **credential) as client:
            assert client.respond(turn).response

    async def main() -> None:
        async with sandbox.async_client(max_retries=0) as client:
            assert (await client.respond(turn)).response

    asyncio.run(main())


def respond(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uniqos", "respond", "I got the job!"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_command_answers_without_a_key_behind_a_proxy(behind_a_proxy: dict[str, str]) -> None:
    ran = respond(behind_a_proxy)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()


def test_the_lines_of_the_sandbox_command_are_enough_behind_a_proxy(behind_a_proxy: dict[str, str]) -> None:
    command = [sys.executable, "-m", "uniqos", "sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=behind_a_proxy
    ) as process:
        assert process.stdout is not None
        lines = "".join(process.stdout.readline() for _ in range(3))
        found: list[tuple[str, str]] = re.findall(r'(UNIQOS_\w+)="?([^"\s]+)', lines)
        ran = respond({**behind_a_proxy, **dict(found)})
        process.terminate()
        process.communicate()
    assert ran.returncode == 0, ran.stderr


@pytest.mark.usefixtures("behind_a_proxy")
def test_the_fixtures_work_behind_a_proxy(tmp_path: Path) -> None:
    (tmp_path / "test_product.py").write_text(PROJECT, encoding="utf-8")
    said = run_tests(tmp_path)
    assert "3 passed" in said, said


@pytest.mark.usefixtures("behind_a_proxy")
def test_webhooks_on_this_machine_are_delivered_past_a_proxy() -> None:
    with receiving() as receiver, serve(pause=0) as sandbox, sandbox.client() as client:
        for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
            hook = client.webhooks.create(url=url, subscriptions=["subscription.updated"])
            client.billing.subscription.suspend()
            assert receiver.event(hook.secret).type == "subscription.updated"
            client.billing.subscription.reactivate()
            receiver.take()
            client.webhooks.disable(hook.id)


def test_a_package_in_a_zip_serves_turns_and_the_whole_page(tmp_path: Path) -> None:
    source, archive = Path(uniqos.__file__).parent, tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in source.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                made.write(file, Path("uniqos") / file.relative_to(source))
    program = f"""
import sys; sys.path.insert(0, {str(archive)!r})
import re, httpx, uniqos.sandbox
assert ".zip" in uniqos.__file__
with uniqos.sandbox.serve(pause=0) as sandbox, httpx.Client(base_url=sandbox.url) as browser:
    page = browser.get("/_sandbox/").raise_for_status()
    for file in re.findall(r'(?:href|src)="([^"]+)"', page.text):
        print(file, len(browser.get(file).raise_for_status().content))
    for path in ("/", "/_sandbox/parity", "/_sandbox/openapi.json"):
        browser.get(path).raise_for_status()
    with sandbox.client() as client:
        print(client.respond(personality_id=sandbox.personality_id, message="hello").response)
        client.vocabularies.topics.current()
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stderr
    *files, answer = ran.stdout.splitlines()
    assert [line.split()[0].rpartition("/")[2] for line in files] == ["icon.svg", "page.css", "page.js"]
    assert answer
