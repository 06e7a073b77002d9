"""The sandbox beside a plain model of it: whatever is done in whatever order, both say the same, faults or not."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests._sync.support import FakeClock, client_of
from tests.support.receiver import Receiver, receiving
from uniqos import UniqOS, construct_event, errors
from uniqos.sandbox import Sandbox, serve
from uniqos.sandbox.routes.deletions import RETENTION

R = TypeVar("R")
_START = datetime(2026, 7, 15, 12, tzinfo=timezone.utc)
_EXAMPLES, _STEPS = 60, 50
USERS = st.sampled_from(["ada", "bob", "eva/ü %", "0"])
LIMITS = st.sampled_from([1, 2, 3, 7, 100])
PICK = st.integers(0, 10**6)
WORDS = st.sampled_from(["I love my zeppelin!", "My name is Ada. I am furious at my landlord!", "hello", "¿Qué?"])
METADATA = st.dictionaries(st.sampled_from(["plan", "x", "ü"]), st.none() | st.integers(-9, 9) | st.text(max_size=3))
_taken = 0


@dataclass
class Outcome:
    """How a call ended: with an answer, or without one though it ran, or without having run."""

    ran: bool
    answer: Any = None


@dataclass
class User:
    """What the model holds of an end user."""

    metadata: dict[str, Any]
    status: str = "active"
    deletion: str | None = None


@dataclass
class Turn:
    """A turn that was billed."""

    user: str | None
    at: datetime
    stateful: bool
    id: str | None = None


@dataclass
class Key:
    """An API key."""

    id: str
    secret: str | None
    scope: str
    ends: datetime | None
    revoked: bool = False


@dataclass
class Sent:
    """A turn that may be asked for again with its key."""

    turn: Turn
    request: dict[str, Any]
    stream: bool
    forgotten: bool = False
    """Whether a partial deletion of its user took the kept answer."""


@dataclass
class Model:
    """All that there should be, oldest first."""

    now: datetime = _START
    users: dict[str, User] = field(default_factory=dict)
    relationships: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many turns each remembers."""
    deletions: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)
    """Pending: whom, how much, when it is due."""
    completed: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    lineages: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    webhooks: dict[str, str | None] = field(default_factory=dict)
    """The secret of each, None when it was lost on its way."""
    disabled: set[str] = field(default_factory=set)
    keys: dict[str, Key] = field(default_factory=dict)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for turn in self.turns:
            if turn.at < self.now - RETENTION:
                turn.user = None
        due = [identifier for identifier, (_, _, at) in self.deletions.items() if at <= self.now]
        for identifier in due:
            user, cascade, _ = self.deletions.pop(identifier)
            self.completed.append(identifier)
            if cascade == "all":
                self.users.pop(user)
                self.relationships = {key: n for key, n in self.relationships.items() if key[0] != user}
                for turn in self.turns:
                    if turn.user == user:
                        turn.user = None
            elif user in self.users and self.users[user].deletion == identifier:
                self.users[user].status, self.users[user].deletion = "active", None

    def recent(self) -> list[Turn]:
        """Turns that can still be listed, newest first."""
        return [turn for turn in reversed(self.turns) if turn.at >= self.now - RETENTION]


class Machine(RuleBasedStateMachine):
    """Each rule does a thing to both, and compares."""

    def __init__(self, sandbox: Sandbox, receiver: Receiver, anybody: httpx.Client) -> None:
        super().__init__()
        sandbox.reset()
        sandbox.clock.freeze(_START)
        self.sandbox = sandbox
        self.receiver = receiver
        self.anybody = anybody
        self.client = client_of(sandbox)
        self.model = Model()
        for found in reversed(self.client.personalities.list().data):
            self.model.lineages[found.id] = [found.id]
            self.model.names[found.id] = str(found.name)
        self.fault: str | None = None
        self.sent: dict[str, Sent] = {}
        self.seen = self._newest()
        self.made = 0
        self.is_new = True

    def teardown(self) -> None:
        self.client.close()

    def name(self) -> str:
        self.made += 1
        return f"n{self.made}"

    def do(self, call: Callable[[UniqOS], R], refused: type[errors.APIError] | None = None) -> Outcome:
        """Call, and tell what became of it: a fault that is switched on may keep it from running, or its answer."""
        fault = self.fault
        outcome = Outcome(True)
        said: type[errors.APIError] | None = None
        try:
            outcome.answer = call(self.client)
        except errors.NetworkError:
            outcome.ran, said = refused is None, refused
            assert fault == "drop"
        except (errors.ServiceUnavailableError, errors.RateLimitError) as exc:
            outcome.ran, said = False, refused if exc.code == fault else type(exc)
        except errors.APIError as exc:
            outcome.ran, said = False, type(exc)
        assert said is refused
        if self.fault is not None and all(one.used == one.rule.times for one in self.sandbox._settings.rules.active):
            self.sandbox.clear_faults()
            self.fault = None
        return outcome

    def _newest(self) -> int:
        """The number of the last request."""
        entries = self.sandbox.journal.entries()
        return entries[0]["number"] if entries else 0

    def pick(self, among: Any, number: int) -> Any:
        found = list(among)
        return found[number % len(found)]

    # Faults and time.

    @precondition(lambda self: self.fault is None)
    @rule(fault=st.sampled_from(["service_unavailable", "rate_limit_exceeded", "drop"]), times=st.integers(1, 6))
    def break_requests_to_come(self, fault: str, times: int) -> None:
        self.fault = fault
        if fault == "drop":
            self.sandbox.fault(path="/v1/*", drop=True, times=times)
        else:
            wait = "0" if fault == "rate_limit_exceeded" else None
            self.sandbox.fault(path="/v1/*", code=fault, times=times, retry_after=wait)

    @rule(seconds=st.sampled_from([0.5, 2.5, 3600.0, 86400.0 * 40, 86400.0 * 181]))
    def let_time_pass(self, seconds: float) -> None:
        self.sandbox.clock.advance(seconds)
        self.model.advance(seconds)

    # End users.

    @rule(user=USERS, metadata=METADATA)
    def create_an_end_user(self, user: str, metadata: dict[str, Any]) -> None:
        held = self.model.users.get(user)
        pending = held is not None and held.status == "deletion_pending"
        done = self.do(
            lambda client: client.end_users.create(user_id=user, metadata=metadata),
            errors.ConflictError if pending else None,
        )
        if done.ran and held is None:
            held = self.model.users[user] = User(metadata)
        if done.answer is not None:
            assert held is not None
            assert done.answer["metadata"] == held.metadata

    @rule(user=USERS)
    def read_an_end_user(self, user: str) -> None:
        held = self.model.users.get(user)
        done = self.do(lambda client: client.end_users.get(user), None if held else errors.NotFoundError)
        if done.answer is not None:
            assert held is not None
            assert (done.answer["metadata"], done.answer["status"]) == (held.metadata, held.status)
            remembered = {each["personality_id"]: each["turns"] for each in done.answer["relationships"]}
            assert remembered == {at[1]: turns for at, turns in self.model.relationships.items() if at[0] == user}

    @rule(user=USERS, metadata=METADATA)
    def change_an_end_user(self, user: str, metadata: dict[str, Any]) -> None:
        held = self.model.users.get(user)
        refused = None if held else errors.NotFoundError
        if held is not None and held.status == "deletion_pending":
            refused = errors.ConflictError
        done = self.do(lambda client: client.end_users.update(user, metadata=metadata), refused)
        if done.ran:
            assert held is not None
            held.metadata = metadata

    @precondition(lambda self: self.model.users)
    @rule(number=PICK, cascade=st.sampled_from(["all", "all", "memory_only", "model_only"]))
    def delete_an_end_user(self, number: int, cascade: str) -> None:
        user = self.pick(self.model.users, number)
        held = self.model.users[user]
        done = self.do(lambda client: client.end_users.delete(user, cascade=cascade))
        if not done.ran:
            return
        if held.status == "deletion_pending":
            if done.answer is not None:
                assert done.answer.deletion_id == held.deletion
            return
        running = {(whom, how): which for which, (whom, how, _) in self.model.deletions.items()}
        which = running.get((user, cascade))
        if which is None:
            newest = self.sandbox._settings.store.records("deletion", limit=1)[0]
            which = newest["id"]
            assert (newest["cascade"], newest["status"]) == (cascade, "pending")
            self.model.deletions[which] = user, cascade, self.model.now + timedelta(seconds=2)
            held.status = "deletion_pending" if cascade == "all" else "partial_deletion_pending"
            held.deletion = which
        if done.answer is not None:
            assert done.answer.deletion_id == which
        if cascade != "all":
            for sent in self.sent.values():
                sent.forgotten |= sent.turn.user == user
        if cascade == "memory_only":
            for at in self.model.relationships:
                if at[0] == user:
                    self.model.relationships[at] = 0

    @precondition(lambda self: self.model.deletions or self.model.completed)
    @rule(number=PICK)
    def ask_how_far_a_deletion_is(self, number: int) -> None:
        which = self.pick([*self.model.deletions, *self.model.completed], number)
        done = self.do(lambda client: client.deletions.get(which))
        if done.answer is not None:
            assert done.answer.status == ("pending" if which in self.model.deletions else "completed")

    @rule(limit=LIMITS)
    def page_through_end_users(self, limit: int) -> None:
        done = self.do(lambda client: list(client.end_users.iterate(limit=limit)))
        if done.answer is not None:
            told = [(each.user_id, each.metadata, each["status"]) for each in done.answer]
            assert told == [(name, user.metadata, user.status) for name, user in reversed(self.model.users.items())]

    # Personalities.

    @rule(mode=st.sampled_from(["stateful", "stateless"]))
    def create_a_personality(self, mode: str) -> None:
        name = self.name()
        self._made(self.do(lambda client: client.personalities.create({"name": name, "default_mode": mode})), name)

    def _made(self, done: Outcome, name: str, parent: str | None = None) -> None:
        if done.ran:
            row = self.sandbox._settings.store.one("select id from personalities order by rowid desc limit 1")
            assert row is not None
            assert done.answer is None or done.answer["id"] == row["id"]
            self.model.names[row["id"]] = name
            lineage = [row["id"]] if parent is None else [*self.model.lineages[parent], row["id"]]
            for one in lineage:
                self.model.lineages[one] = lineage

    @rule(number=PICK)
    def make_a_new_version(self, number: int) -> None:
        parent, name = self.pick(self.model.names, number), self.name()
        self._made(self.do(lambda client: client.personalities.new_version(parent, name=name)), name, parent)

    @rule(number=PICK)
    def archive_a_personality(self, number: int) -> None:
        if len(self.model.archived) + 2 < len(self.model.names):
            which = self.pick(self.model.names, number)
            if self.do(lambda client: client.personalities.archive(which)).ran:
                self.model.archived.add(which)

    @rule(number=PICK)
    def read_a_personality(self, number: int) -> None:
        which = self.pick(self.model.names, number)
        done = self.do(lambda client: client.personalities.get(which))
        if done.answer is not None:
            assert done.answer.name == self.model.names[which]
            assert done.answer["status"] == ("archived" if which in self.model.archived else "active")
            assert done.answer["version"] == self.model.lineages[which].index(which) + 1

    @rule(number=PICK)
    def list_personalities_and_versions(self, number: int) -> None:
        done = self.do(lambda client: client.personalities.list())
        if done.answer is not None:
            assert [each.id for each in done.answer.data] == list(reversed(self.model.names))
        which = self.pick(self.model.names, number)
        done = self.do(lambda client: client.personalities.versions(which))
        if done.answer is not None:
            assert [each.id for each in done.answer.data] == self.model.lineages[which][::-1]

    # Turns.

    @rule(number=PICK, user=USERS, words=WORDS, stateful=st.booleans(), stream=st.booleans(), named=st.booleans())
    def take_a_turn(self, number: int, user: str, words: str, stateful: bool, stream: bool, named: bool) -> None:
        request = {
            "personality_id": self.pick(self.model.names, number),
            "message": words,
            "mode": "stateful" if stateful else "stateless",
            "user_id": user if stateful or named else None,
        }
        self._turn(str(uuid.UUID(int=self.made + 1)), request, stream)
        self.made += 1

    @precondition(lambda self: self.sent)
    @rule(number=PICK)
    def take_a_turn_again_with_its_key(self, number: int) -> None:
        key = self.pick(self.sent, number)
        sent = self.sent[key]
        # With whose it was the kept answer went too.
        if sent.forgotten or sent.turn.user != sent.request["user_id"]:
            self._turn(key, sent.request, sent.stream)
            return
        before = self.sandbox.turns_billed
        done = self.do(lambda client: self._respond(client, key, sent.request, sent.stream))
        if done.answer is not None:
            assert sent.turn.id in (None, done.answer)
            sent.turn.id = done.answer
        assert self.sandbox.turns_billed == before

    def _respond(self, client: UniqOS, key: str, request: dict[str, Any], stream: bool) -> str:
        """A turn; its interaction's id."""
        if not stream:
            answer = client.respond(request, idempotency_key=key)
            assert answer.interaction_id is not None
            return str(answer.interaction_id)
        done = client.respond(request, stream=True, idempotency_key=key).until_done()
        assert done.text
        assert done.metadata is not None
        return str(done.metadata.interaction_id)

    def _turn(self, key: str, request: dict[str, Any], stream: bool) -> None:
        model, user, which = self.model, request["user_id"], request["personality_id"]
        held = model.users.get(user)
        pending = held is not None and held.status == "deletion_pending"
        refused = errors.ConflictError if which in model.archived or pending else None
        done = self.do(lambda client: self._respond(client, key, request, stream), refused)
        if not done.ran:
            return
        stateful = request["mode"] == "stateful"
        turn = Turn(user, model.now, stateful, done.answer)
        model.turns.append(turn)
        self.sent[key] = Sent(turn, request, stream)
        if stateful:
            model.users.setdefault(user, User({}))
            model.relationships[user, which] = model.relationships.get((user, which), 0) + 1

    @rule(limit=LIMITS, user=st.none() | USERS)
    def page_through_turns(self, limit: int, user: str | None) -> None:
        done = self.do(lambda client: list(client.interactions.iterate(limit=limit, user_id=user)))
        if done.answer is not None:
            expected = [turn for turn in self.model.recent() if user in (None, turn.user)]
            assert len(done.answer) == len(expected)
            for told, turn in zip(done.answer, expected, strict=True):
                assert turn.id in (None, told["interaction_id"])
                assert told["user_id"] == turn.user

    @rule()
    def count_turns(self) -> None:
        done = self.do(lambda client: client.interactions.aggregates())
        if done.answer is not None:
            assert done.answer.data[0].total_turns == len(self.model.turns)

    @rule(limit=LIMITS)
    def page_through_relationships(self, limit: int) -> None:
        done = self.do(lambda client: list(client.relationships.iterate(limit=limit)))
        if done.answer is not None:
            told = [((each["user_id"], each["personality_id"]), each["turns"]) for each in done.answer]
            assert told == list(reversed(self.model.relationships.items()))

    # Webhooks.

    @rule()
    def create_a_webhook(self) -> None:
        done = self.do(lambda c: c.webhooks.create(url=self.receiver.url, subscriptions=["payment.failed"]))
        if done.ran:
            newest = self.sandbox._settings.store.records("webhook", limit=1)[0]["id"]
            self.model.webhooks[newest] = done.answer.secret if done.answer is not None else None

    @precondition(lambda self: self.model.webhooks)
    @rule(number=PICK)
    def rotate_the_secret_of_a_webhook(self, number: int) -> None:
        which = self.pick(self.model.webhooks, number)
        refused = errors.ConflictError if which in self.model.disabled else None
        old = self.model.webhooks[which]
        done = self.do(lambda client: client.webhooks.regenerate_secret(which), refused)
        if done.ran:
            self.model.webhooks[which] = None if done.answer is None else done.answer["secret"]
            assert old is None or old != self.model.webhooks[which]
            self._deliver(which, old)

    def _deliver(self, which: str, old: str | None) -> None:
        """The secret that holds verifies what is sent, the one before does not."""
        told = {"type": "payment.failed", "data": {"n": 1}}
        self.anybody.post(f"{self.sandbox.url}/_sandbox/webhooks/{which}/emit", json=told).raise_for_status()
        body, signature = self.receiver.take()
        secret = self.model.webhooks[which]
        if secret is not None:
            assert construct_event(body, signature, secret, tolerance=0).data == {"n": 1}
        if old is not None:
            with pytest.raises(errors.WebhookSignatureError):
                construct_event(body, signature, old, tolerance=0)

    @precondition(lambda self: self.model.webhooks)
    @rule(number=PICK)
    def disable_a_webhook(self, number: int) -> None:
        which = self.pick(self.model.webhooks, number)
        if self.do(lambda client: client.webhooks.disable(which)).ran:
            self.model.disabled.add(which)

    @rule()
    def list_webhooks(self) -> None:
        done = self.do(lambda client: client.webhooks.list())
        if done.answer is not None:
            told = [(each["id"], each["status"]) for each in done.answer.data]
            states = {True: "disabled", False: "enabled"}
            assert told == [(one, states[one in self.model.disabled]) for one in reversed(self.model.webhooks)]
            assert "secret" not in str(done.answer.to_dict())

    # API keys.

    @rule(scope=st.sampled_from(["read", "read_write"]), days=st.sampled_from([None, 1, 60]))
    def create_an_api_key(self, scope: str, days: int | None) -> None:
        name = self.name()
        done = self.do(lambda client: client.api_keys.create(name=name, scope=scope, expires_in_days=days))
        if done.ran:
            newest = self.sandbox._settings.store.records("api_key", limit=1)[0]["id"]
            ends = None if days is None else self.model.now + timedelta(days=days)
            secret = done.answer["key"] if done.answer is not None else None
            self.model.keys[newest] = Key(newest, secret, scope, ends)

    @precondition(lambda self: self.model.keys)
    @rule(number=PICK)
    def revoke_an_api_key(self, number: int) -> None:
        key = self.pick(self.model.keys.values(), number)
        if self.do(lambda client: client.api_keys.revoke(key.id)).ran:
            key.revoked = True

    @precondition(lambda self: any(key.secret for key in self.model.keys.values()))
    @rule(number=PICK, user=USERS)
    def use_an_api_key(self, number: int, user: str) -> None:
        key = self.pick([key for key in self.model.keys.values() if key.secret], number)
        works = not key.revoked and (key.ends is None or key.ends > self.model.now)
        refused = None if works else errors.AuthenticationError
        with UniqOS(key.secret, base_url=self.sandbox.url, http_client=self.anybody) as other:
            other._requester.clock = FakeClock()
            self.do(lambda _: other.webhooks.list(), refused)
            if key.scope == "read":
                refused = refused or errors.PermissionDeniedError
                self.do(lambda _: other.end_users.create(user_id=user), refused)

    @rule()
    def list_api_keys(self) -> None:
        done = self.do(lambda client: client.api_keys.list())
        if done.answer is not None:
            told = {each["id"]: each["status"] for each in done.answer.data if each["id"] != "key_sandbox"}
            assert list(told) == list(reversed(self.model.keys))
            for key in self.model.keys.values():
                ended = key.ends is not None and key.ends <= self.model.now
                assert told[key.id] == ("revoked" if key.revoked else "expired" if ended else "active")

    # What always holds.

    @invariant()
    def each_turn_is_billed_once(self) -> None:
        assert self.sandbox.turns_billed == len(self.model.turns)
        ids = [turn.id for turn in self.model.turns if turn.id is not None]
        assert len(ids) == len(set(ids))

    @invariant()
    def nothing_fails_without_a_rule(self) -> None:
        global _taken
        new = [one for one in self.sandbox.journal.entries() if one["number"] > self.seen]
        self.seen = self._newest()
        assert [one for one in new if (one["status"] >= 500 or one["status"] == 0) and one["rule"] is None] == []
        _taken += not self.is_new
        self.is_new = False


@pytest.fixture(scope="module")
def alone() -> Iterator[Sandbox]:
    with serve(pause=0, requests_per_second=10**6) as sandbox:
        sandbox._settings.webhook_pauses = ()
        yield sandbox


def test_it_does_what_a_model_of_it_does(alone: Sandbox) -> None:
    limits = settings(
        max_examples=_EXAMPLES,
        stateful_step_count=_STEPS,
        deadline=None,
        derandomize=True,  # a fault that is found is found again
        database=None,
        phases=[Phase.generate],  # to make it small takes longer than a test may
        suppress_health_check=list(HealthCheck),
    )
    with receiving() as receiver, httpx.Client() as anybody:
        run_state_machine_as_test(lambda: Machine(alone, receiver, anybody), settings=limits)


def test_that_were_a_thousand_steps() -> None:
    print(f"{_taken} steps")
    assert _taken >= 1000
