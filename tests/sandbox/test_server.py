"""The sandbox as a program: its table of routes, its file, its limits, its beginning and end."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from uniqos import ConfigurationError, RateLimitError, UniqOSError
from uniqos.api import operations
from uniqos.sandbox import serve
from uniqos.sandbox.app import HANDLERS, handler_problems
from uniqos.sandbox.faults.proxy import proxy
from uniqos.sandbox.state.journal import Entry, Journal


def test_every_operation_has_a_handler_and_the_other_way_round() -> None:
    assert handler_problems(operations(), HANDLERS) == {}


def test_a_missing_handler_is_named_with_the_file_where_it_belongs() -> None:
    names = ("personalities.create", "organizations.members.remove", "engine.infer_state")
    handlers = {name: HANDLERS[name] for name in names}
    routes = "uniqos/sandbox/routes"
    table = (*names, "personalities.compare", "organizations.members.move", "moods.list")
    assert handler_problems(table, handlers) == {
        name: f"The sandbox has no handler for {name}: add one to HANDLERS in {home}."
        for name, home in [
            ("personalities.compare", f"{routes}/personalities.py"),
            ("organizations.members.move", f"{routes}/organizations/members.py"),
            ("moods.list", f"a new file in {routes}, and list it in app.py"),
        ]
    }
    assert handler_problems(names[1:], handlers) == {
        "personalities.create": f"{routes}/personalities.py has a handler for personalities.create, and uniqos/api no "
        "such operation: add it, or mend the name."
    }


def test_an_operation_without_a_handler_is_refused_in_words_and_the_others_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(HANDLERS, "personalities.list")
    problem = (
        "The sandbox has no handler for personalities.list: add one to HANDLERS in "
        "uniqos/sandbox/routes/personalities.py."
    )
    with serve(pause=0) as sandbox, sandbox.client(max_retries=0) as client:
        with pytest.raises(UniqOSError) as refused:
            client.personalities.list()
        assert (refused.value.code, refused.value.message) == ("not_implemented", problem)
        assert client.personalities.get(sandbox.personality_id).id == sandbox.personality_id


def test_both_clients_come_with_it_and_two_of_them_can_run() -> None:
    with serve(pause=0) as first, serve(pause=0) as second:
        assert first.url != second.url
        with first.client(timeout=5) as client:
            client.respond(personality_id=first.personality_id, message="hello")
        assert (first.turns_billed, second.turns_billed) == (1, 0)

        async def main() -> None:
            async with second.async_client() as client:
                await client.respond(personality_id=second.personality_id, message="hello")

        asyncio.run(main())
        assert second.turns_billed == 1


def test_a_file_keeps_the_state(tmp_path: Path) -> None:
    database = str(tmp_path / "state.db")
    with serve(database=database) as sandbox, sandbox.client() as client:
        made = client.personalities.create(name="Zoe")
        client.respond(personality_id=made.id, message="hello", mode="stateful", user_id="u", idempotency_key="k")
    with serve(database=database) as sandbox, sandbox.client() as client:
        assert client.personalities.get(made.id) == made
        assert sandbox.turns_billed == 1
        client.respond(personality_id=made.id, message="hello", mode="stateful", user_id="u", idempotency_key="k")
        assert sandbox.turns_billed == 1
        again = client.respond(personality_id=made.id, message="hello", mode="stateful", user_id="u")
        assert again.memory is not None
        assert again.memory.consulted


def test_another_seed_says_it_in_other_words() -> None:
    said = set()
    for seed in range(4):
        with serve(seed=seed) as sandbox, sandbox.client() as client:
            said.add(client.respond(personality_id=sandbox.personality_id, message="I am happy").response)
    assert len(said) > 1


def test_above_the_rate_limit_requests_are_refused() -> None:
    with serve(requests_per_second=2) as sandbox, sandbox.client(max_retries=0) as client:
        with pytest.raises(RateLimitError) as caught:
            for _ in range(50):
                client.personalities.list()
        assert caught.value.retry_after_seconds == 1


def test_a_stream_arrives_while_it_is_made() -> None:
    with serve(pause=0.01) as sandbox, sandbox.client() as client:
        with client.respond(personality_id=sandbox.personality_id, message="hello", stream=True) as stream:
            next(stream)
            assert stream.completion is None
        assert sandbox.turns_billed == 1


def test_a_port_or_file_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    with serve() as sandbox, pytest.raises(ConfigurationError, match="cannot listen"):
        with serve(port=int(sandbox.url.rpartition(":")[2])):
            pass
    with pytest.raises(ConfigurationError, match="cannot use the database"), serve(database=str(tmp_path)):
        pass


def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "addresses.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("create table addresses (name text)")
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="other tables"), serve(database=str(file)):
        pass
    assert file.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["addresses.db"]


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "vaderSentiment"])
def test_without_the_extra_one_line_says_what_to_install(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None\nimport uniqos\nuniqos.sandbox"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "MissingPartError" in ran.stderr
    assert 'pip install "fastapi>=0.115" "uvicorn>=0.34" "vadersentiment>=3.3.2"' in ran.stderr.lower()


def test_the_core_never_imports_an_optional_part() -> None:
    code = """
import sys, asyncio
from uniqos import AsyncUniqOS, UniqOS, construct_event, models
for name in dir(models): getattr(models, name)
for client in (UniqOS("uniq_test_abcd1234"), AsyncUniqOS("uniq_test_abcd1234")):
    for namespace in [name for name in dir(client) if not name.startswith("_")]: getattr(client, namespace)
UniqOS("uniq_test_abcd1234").close()
print(sorted({"fastapi", "starlette", "uvicorn", "typer", "vaderSentiment"} & set(sys.modules)))
print(sorted(m for m in sys.modules if m.startswith(("uniqos.sandbox", "uniqos.cli", "uniqos._generate"))))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:2] == ["[]", "[]"]


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import uniqos; print(*sorted(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in ran.stdout.split()} - sys.stdlib_module_names == {"uniqos"}


def test_a_proxy_goes_on_after_its_server_was_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with proxy(f"http://127.0.0.1:{port}", "garbage", 0) as url:
        for _ in range(2):
            with pytest.raises(httpx.TransportError), httpx.Client(trust_env=False) as browser:
                browser.get(url, timeout=5).raise_for_status()
        with serve(port=port):
            assert httpx.get(url, trust_env=False).status_code == 200


def test_the_journal_is_read_while_requests_are_noted() -> None:
    journal, ended = Journal(), threading.Event()

    def note() -> None:
        while not ended.is_set():
            journal.add(**dict.fromkeys((field.name for field in fields(Entry) if field.name != "number"), ""))

    thread = threading.Thread(target=note)
    thread.start()
    try:
        for _ in range(20):
            numbers = [entry["number"] for entry in journal.entries()]
            assert numbers == sorted(numbers, reverse=True)
            journal.calls()
    finally:
        ended.set()
        thread.join()
