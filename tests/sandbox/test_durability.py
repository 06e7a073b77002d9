"""The sandbox as a process that is killed: what it has acknowledged is there when it starts again, and billed once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from uniqos import UniqOS, errors
from uniqos.sandbox.http.caller import ACCESS_TOKEN, API_KEY
from uniqos.sandbox.persona.seeds import DEFAULT_ID


class Running:
    """A sandbox in a process of its own."""

    def __init__(self, database: Path) -> None:
        command = [sys.executable, "-m", "uniqos", "sandbox", "--port", "0", "--database", str(database)]
        self.began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        found = re.search(r'UNIQOS_BASE_URL="?([^"\s]+)', self.process.stdout.readline())
        if found is None:
            self.kill()
        assert found is not None, "it did not start"
        self.url = found[1]

    def client(self, **options: Any) -> UniqOS:
        key = {} if "access_token" in options else {"api_key": API_KEY}
        return UniqOS(**{"base_url": self.url, **key, **options})

    @property
    def turns_billed(self) -> int:
        return int(httpx.get(f"{self.url}/_sandbox/state").raise_for_status().json()["turns_billed"])

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def started(database: Path) -> Iterator[Running]:
    running = Running(database)
    try:
        yield running
    finally:
        running.kill()


class Writer(threading.Thread):
    """Writes end users and turns until nobody answers any more."""

    def __init__(self, running: Running, number: int) -> None:
        super().__init__()
        self.running = running
        self.number = number
        self.users: list[str] = []
        """Acknowledged."""
        self.turns: dict[str, str] = {}
        """Acknowledged: the interaction of each key."""
        self.lost: str | None = None
        """The key of a turn that was asked for and not answered."""

    def user(self, number: int) -> str:
        return f"{self.number}-{number}"

    def turn(self, client: UniqOS, key: str) -> str:
        answer = client.respond(
            personality_id=DEFAULT_ID, message="I am happy", mode="stateful", user_id=key, idempotency_key=key
        )
        assert answer.interaction_id is not None
        return answer.interaction_id

    def run(self) -> None:
        with self.running.client(max_retries=0) as client:
            for number in range(100_000):
                user = self.user(number)
                try:
                    client.end_users.create(user_id=user, metadata={"n": number})
                    self.users.append(user)
                    self.lost = user
                    self.turns[user] = self.turn(client, user)
                    self.lost = None
                except errors.NetworkError:
                    return


@pytest.mark.parametrize("after", [0.05, 0.2, 0.5])
def test_a_kill_loses_no_write_that_was_acknowledged_and_no_turn_is_billed_twice(tmp_path: Path, after: float) -> None:
    with started(tmp_path / "state.db") as running:
        writers = [Writer(running, number) for number in range(3)]
        for writer in writers:
            writer.start()
        while not all(writer.turns for writer in writers):
            time.sleep(0.002)
        time.sleep(after)
        running.kill()
        for writer in writers:
            writer.join()
    users = [user for writer in writers for user in writer.users]
    turns = {key: turn for writer in writers for key, turn in writer.turns.items()}
    lost = [writer.lost for writer in writers if writer.lost is not None]
    assert len(set(turns.values())) == len(turns) > 3
    with started(tmp_path / "state.db") as running, running.client() as client:
        kept = {each.user_id: each.metadata for each in client.end_users.iterate(limit=100)}
        assert {user: {"n": int(user.partition("-")[2])} for user in users}.items() <= kept.items()
        assert len(kept) <= len(users) + len(writers)
        billed = running.turns_billed
        assert len(turns) <= billed <= len(turns) + len(lost)
        told = {each["interaction_id"] for each in client.interactions.iterate(limit=100)}
        assert set(turns.values()) <= told
        assert len(told) == billed
        # All is asked for again with the same keys; only what had been lost before it ran is billed now.
        again = {key: writers[0].turn(client, key) for key in [*turns, *lost]}
        assert turns.items() <= again.items()
        assert running.turns_billed == len(turns) + len(lost)
        memories = {each["user_id"]: each["turns"] for each in client.relationships.iterate(limit=100)}
        assert memories == dict.fromkeys(again, 1)
        print(f"killed {after} s on: {len(users)} end users, {len(turns)} turns, {len(lost)} without an answer")


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    def all_of(client: UniqOS) -> dict[str, Any]:
        relationship = client.end_users.get("ada")["relationships"][0]["id"]
        return {
            "personalities": client.personalities.list().to_dict(),
            "versions": client.personalities.versions(made.id).to_dict(),
            "end users": [each.to_dict() for each in client.end_users.iterate()],
            "export": {**client.end_users.export("ada"), "exported_at": None},
            "memory": client.relationships.memory.get(relationship).to_dict(),
            "interactions": client.interactions.list().to_dict(),
            "webhooks": client.webhooks.list().to_dict(),
            "keys": client.api_keys.list().to_dict(),
            "alerts": client.billing.alerts.list().to_dict(),
            "used": client.billing.usage.credits().to_dict(),
        }

    with started(tmp_path / "state.db") as running, running.client() as client:
        made = client.personalities.create(name="Zoe")
        client.personalities.new_version(made.id, name="Zoe II")
        client.end_users.create(user_id="ada", metadata={"plan": "gold"})
        for message in ("My name is Ada. I am furious at my landlord!", "I love my zeppelin"):
            client.respond(personality_id=made.id, message=message, mode="stateful", user_id="ada")
        client.webhooks.create(url="https://example.com/hooks", subscriptions=["payment.failed"])
        client.billing.alerts.create(threshold=0.5)
        key = client.api_keys.create(name="mine")["key"]
        revoked = client.api_keys.create(name="gone")
        client.api_keys.revoke(revoked["id"])
        with running.client(access_token=ACCESS_TOKEN) as person:
            organizations = person.organizations.list().to_dict()
        before, billed = all_of(client), running.turns_billed
        running.kill()
    with started(tmp_path / "state.db") as running, running.client(api_key=key) as client:
        assert all_of(client) == before
        assert running.turns_billed == billed
        answer = client.respond(personality_id=made.id, message="hello", mode="stateful", user_id="ada")
        assert answer.memory is not None
        assert answer.memory.summary_used == "Ada has spoken 2 time(s) about zeppelin, landlord, last with joy."
        with running.client(api_key=revoked["key"]) as other, pytest.raises(errors.AuthenticationError):
            other.personalities.list()
        with running.client(access_token=ACCESS_TOKEN) as person:
            assert person.organizations.list().to_dict() == organizations


def test_how_fast_it_starts_and_answers(tmp_path: Path) -> None:
    with started(tmp_path / "state.db") as running, running.client() as client:
        client.personalities.list()
        print(f"boot to first answer: {(time.perf_counter() - running.began) * 1000:.0f} ms on {os.cpu_count()} CPUs")
        began = time.perf_counter()
        for number in range(1000):
            client.respond(
                personality_id=DEFAULT_ID, message="I love my zeppelin", mode="stateful", user_id=f"user-{number % 50}"
            )
        print(f"1,000 turns with state, one after the other: {1000 / (time.perf_counter() - began):.0f} turns/s")
        assert running.turns_billed == 1000
