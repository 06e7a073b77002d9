"""Scripts as a new user writes them from ``--help`` alone, in a real shell."""

from __future__ import annotations

import csv
import io
import json
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from uniqos.sandbox import Sandbox

from ..support.commandline import COMMAND, at, environment, posix_only
from ..support.rawserver import RawServer, header, reply

pytestmark = posix_only


def bash(script: str, settings: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder, in which ``uniqos`` is the command."""
    program = f'uniqos() {{ {shlex.join(COMMAND)} "$@"; }}\n{script}'
    env = {**environment(settings), "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(["bash", "-c", program], cwd=folder, capture_output=True, text=True, env=env, timeout=50)


@pytest.fixture
def account(sandbox: Sandbox) -> dict[str, str]:
    return {
        "UNIQOS_BASE_URL": sandbox.url,
        "UNIQOS_API_KEY": sandbox.api_key,
        "UNIQOS_PERSONALITY": sandbox.personality_id,
    }


def test_all_interactions_of_a_person_go_to_csv(sandbox: Sandbox, account: dict[str, str], tmp_path: Path) -> None:
    with sandbox.client() as client:
        ids = [
            client.respond(
                personality_id=sandbox.personality_id, message="Hi", user_id="csv-reader", mode="stateful"
            ).interaction_id
            for _ in range(5)
        ]
    script = """
    set -eu
    uniqos interactions list --user-id csv-reader --limit 2 --all --format csv > turns.csv
    """
    done = bash(script, account, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "turns.csv").read_text())))
    assert [row["interaction_id"] for row in rows] == ids[::-1]
    assert {row["user_id"] for row in rows} == {"csv-reader"}


def test_a_personality_is_created_from_yaml(sandbox: Sandbox, account: dict[str, str], tmp_path: Path) -> None:
    script = """
    set -eu
    cat > ada.yaml <<END
    name: No          # a name, and not the truth value of YAML 1.1
    source_ref: 2026-01-01
    traits: {openness: 0.7}
    END
    id=$(uniqos personalities create --data @ada.yaml --query id --raw)
    uniqos personalities get "$id" --query name --raw
    """
    done = bash(script.replace("\n    ", "\n"), account, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "No\n", "")


def test_a_deletion_is_waited_for(sandbox: Sandbox, account: dict[str, str], tmp_path: Path) -> None:
    script = """
    set -eu
    uniqos end-users create --user-id leaving --format quiet
    id=$(uniqos end-users delete leaving --yes --query deletion_id --raw)
    uniqos deletions wait "$id" --timeout 60 --query status --raw
    uniqos end-users get leaving || echo "code $?"
    """
    done = bash(script, account, tmp_path)
    assert (done.returncode, done.stdout) == (0, "leaving\ncompleted\ncode 6\n")


def test_a_turn_that_timed_out_is_resumed_by_the_key_of_its_error(tmp_path: Path) -> None:
    def answer(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 1:
            connection.recv(1)  # until the client gives up
        else:
            reply(connection, 200, json.dumps({"response": "Here I am."}).encode())

    script = """
    if ! uniqos respond "Hi" --timeout 0.3 --format json > answer.json 2> error.json; then
      key=$(python3 -c 'import json; print(json.load(open("error.json"))["error"]["idempotency_key"])')
      uniqos respond "Hi" --idempotency-key "$key" --query response --raw
    fi
    """
    with RawServer(answer) as server:
        done = bash(script, at(server), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Here I am.\n", "")
    error = json.loads((tmp_path / "error.json").read_text())["error"]
    assert (error["code"], error["sent"], error["exit_code"]) == ("timeout", True, 1)
    assert [header(request, "Idempotency-Key") for request in server.requests] == [error["idempotency_key"]] * 2
