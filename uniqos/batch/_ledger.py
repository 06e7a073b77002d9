"""The ledger of a batch: an SQLite file that holds the state of each record."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from uuid import uuid4

from ._errors import BatchError
from ._problems import Problem

__all__ = ["Change", "Entry", "Ledger", "Rejection", "State", "exchange_json"]

State: TypeAlias = Literal["pending", "sent", "done", "failed", "unknown"]
"""``sent`` without a run that waits for the answer is what ``unknown`` is: the call may have taken effect."""
Change: TypeAlias = tuple[str, tuple[Any, ...]]
"""A statement and its values, which is written with others in one transaction."""

_FORMAT = "1"
_SCHEMA = """
create table meta (name text primary key, value text not null) without rowid;
create table records (
  record integer primary key, id text not null, digest blob not null, number integer not null, pass integer not null,
  state text not null, key text, sent_at real, turns integer not null, answer blob, exchange text, error text,
  unique (id, digest));
create table rejects (number integer primary key, id text, takes_id integer not null, problems text not null);
create index rejects_by_id on rejects (id) where takes_id;
"""
_FIELDS = "record, id, digest, number, pass, state, key, sent_at, turns, answer, exchange, error"
_FIND = f"select {_FIELDS} from records where id = ?"
_ONE = f"select {_FIELDS} from records where record = ?"
_OWN_SETTINGS = {"pass", "complete"}
_LOCK_SECONDS = 1.0
"""How long a run waits for the lock, which `is_in_use` of another process takes for a moment."""
_FREE_BYTES = 4 * 1024 * 1024
"""Bytes of the disk that stay free for the answers of calls that are under way."""


@dataclass(slots=True)
class Entry:
    """One record of the ledger, in the order of its columns."""

    record: int
    id: str
    digest: bytes
    number: int
    run_pass: int
    state: State
    key: str | None
    sent_at: float | None
    turns: int
    answer: bytes | None
    exchange: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was refused in the last pass over the input."""

    number: int
    id: str | None
    problems: tuple[Problem, ...]


class Ledger:
    """The ledger of one batch. It has one writer, and may be read meanwhile.

    A pass is one run over the input. A record belongs to the pass that read its row last.

    Args:
        path: The file, made if it is missing. Only its owner may read it.
        settings: The settings of the run, which all passes must share.
        run: The name of the run; None takes that of the ledger, or a random one.
        read_only: Whether to read the ledger alone, which is allowed while another process runs.

    Raises:
        BatchError: Another run uses the ledger, its settings are others, or the file cannot be used.
    """

    def __init__(
        self, path: str | os.PathLike[str], settings: Mapping[str, str], run: str | None, *, read_only: bool = False
    ) -> None:
        self.path: Path = Path(path)
        self._lock_file: sqlite3.Connection | None = None
        self._writing: threading.Lock = threading.Lock()
        self._closed: bool = False
        try:
            if read_only:
                self._open_to_read()
            else:
                self._open_to_write(settings, run)
        except BaseException as exc:
            self.close()
            if isinstance(exc, sqlite3.Error):
                raise self._error(exc) from exc
            raise

    # Opening

    def _open_to_write(self, settings: Mapping[str, str], run: str | None) -> None:
        self._make_file(self.path)
        self._lock_file = self._locked(_LOCK_SECONDS)
        self._writer: sqlite3.Connection = self._connect()
        self._make_tables(self._writer)
        self._writer.execute("pragma synchronous = full")
        self._prepare(settings, run)
        self._reader: sqlite3.Connection = self._connect()
        self._next_record: int = self._one("select coalesce(max(record), 0) + 1 from records")

    def _make_file(self, path: Path) -> None:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as exc:
            raise BatchError(
                f"the ledger {path} cannot be written: {exc.strerror}; give a path in a folder that you may write to",
                code="ledger_unwritable",
            ) from exc

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.execute("pragma trusted_schema = off")
        return connection

    def _locked(self, timeout: float) -> sqlite3.Connection:
        """Lock the ledger for this run, by a file beside it. The lock ends with the process, however that ends."""
        path = self.path.with_name(f"{self.path.name}-lock")
        self._make_file(path)
        lock = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
        try:
            lock.execute("begin exclusive")
        except BaseException as exc:
            lock.close()
            if not isinstance(exc, sqlite3.OperationalError) or not _is_busy(exc):
                raise
            raise BatchError(
                f"another run uses the ledger {self.path}; wait for its end, or give this run a ledger of its own",
                code="ledger_in_use",
            ) from None
        return lock

    def _open_to_read(self) -> None:
        if not self.path.exists():
            raise BatchError(f"there is no ledger {self.path}", code="ledger_unreadable")
        self._writer = self._reader = self._connect()
        self._reader.execute("pragma query_only = on")
        self._check_format(dict(self._reader.execute("select name, value from meta")))

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new ledger. A database of another program is left as it is."""
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        if tables and not {"meta", "records", "rejects"} <= tables:
            raise BatchError(
                f"{self.path} is a database of another program; give another path", code="ledger_unreadable"
            )
        connection.execute("pragma journal_mode = wal")
        if not tables:
            connection.executescript(f"begin; {_SCHEMA} commit;")

    def _prepare(self, settings: Mapping[str, str], run: str | None) -> None:
        """Keep the settings, or check that an earlier run had the same ones; then begin a pass."""
        connection = self._writer
        connection.execute("begin immediate")
        known = dict(connection.execute("select name, value from meta"))
        wanted = {"format": _FORMAT, **settings}
        if not known:
            known = {**wanted, "run": run or str(uuid4()), "pass": "0", "complete": ""}
            connection.executemany("insert into meta values (?, ?)", known.items())
        self._check_format(known)
        wanted["run"] = run or known["run"]
        for name in sorted(wanted.keys() | known.keys() - _OWN_SETTINGS):
            if known.get(name) != wanted.get(name):
                connection.execute("rollback")
                raise BatchError(
                    f"the ledger {self.path} belongs to a run with another {name}; give the same {name}, or another "
                    "ledger",
                    code="ledger_mismatch",
                    details={"setting": name},
                )
        self.run: str = known["run"]
        self.number_of_pass: int = int(known["pass"]) + 1
        connection.execute("update meta set value = ? where name = 'pass'", (str(self.number_of_pass),))
        connection.execute("update meta set value = '' where name = 'complete'")
        connection.execute("delete from rejects")
        connection.execute("commit")

    def _check_format(self, known: Mapping[str, str]) -> None:
        if known.get("format") != _FORMAT:
            raise BatchError(f"{self.path} is no ledger of this version; give another path", code="ledger_unreadable")
        self.settings: dict[str, str] = dict(known)
        self.is_complete: bool = bool(known["complete"])
        self.run = known["run"]
        self.number_of_pass = int(known["pass"])

    # Reading

    def find(self, id: str) -> list[Entry]:
        """Return the records with an id: one for each content that the row has had."""
        return [Entry(*values) for values in self._reader.execute(_FIND, (id,))]

    @contextmanager
    def snapshot(self) -> Generator[None, None, None]:
        """Read the same state in each `find` of a block, which takes half the time of a transaction for each one.

        Changes that are written meanwhile are not seen: the run remembers their ids until it notes them as written.
        """
        self._reader.execute("begin")
        try:
            yield
        finally:
            self._reader.execute("commit")

    def has_rejected(self, id: str) -> bool:
        """Return whether a row that was refused in this pass has taken an id."""
        return self._reader.execute("select 1 from rejects where id = ? and takes_id", (id,)).fetchone() is not None

    def turns(self) -> int:
        """Return the most turns that the API can have billed."""
        return int(self._one("select coalesce(sum(turns), 0) from records"))

    def counts(self) -> dict[str, int]:
        """Return the number of records of the last pass by their state, and of rejected rows."""
        found = dict(
            self._reader.execute(
                "select state, count(*) from records where pass = ? group by state", (self.number_of_pass,)
            )
        )
        return {**found, "rejected": int(self._one("select count(*) from rejects"))}

    def entries(self) -> Iterator[Entry | Rejection]:
        """Yield each row of the last pass in the order of the input."""
        # SQLite sorts the short keys, on disk where they are many; each record is then read by its key.
        keys = self._reader.execute(
            "select number, record from records where pass = ? union all select number, null from rejects "
            "order by number",
            (self.number_of_pass,),
        )
        with closing(keys):
            for number, record in keys:
                if record is not None:
                    yield Entry(*self._reader.execute(_ONE, (record,)).fetchone())
                else:
                    rejected = self._reader.execute("select id, problems from rejects where number = ?", (number,))
                    id, problems = rejected.fetchone()
                    yield Rejection(number, id, tuple(Problem(*problem) for problem in json.loads(problems)))

    def _one(self, statement: str) -> Any:
        return self._reader.execute(statement).fetchone()[0]

    # Changes. Each is one statement; `write` makes many of them durable at once.

    def sent(self, entry: Entry) -> Change:
        """Return the change that notes a record before its request goes out. A new record has the number 0."""
        if entry.record == 0:
            entry.record, self._next_record = self._next_record, self._next_record + 1
            statement = "insert into records values (?, ?, ?, ?, ?, 'sent', ?, ?, ?, null, null, null)"
            return statement, (
                entry.record,
                entry.id,
                entry.digest,
                entry.number,
                entry.run_pass,
                entry.key,
                entry.sent_at,
                entry.turns,
            )
        statement = "update records set number = ?, pass = ?, state = 'sent', sent_at = ?, turns = ? where record = ?"
        return statement, (entry.number, entry.run_pass, entry.sent_at, entry.turns, entry.record)

    def settled(self, entry: Entry) -> Change:
        """Return the change that notes how a call ended."""
        statement = (
            "update records set number = ?, pass = ?, state = ?, turns = ?, answer = ?, exchange = ?, error = ? "
            "where record = ?"
        )
        return statement, (
            entry.number,
            entry.run_pass,
            entry.state,
            entry.turns,
            entry.answer,
            entry.exchange,
            entry.error,
            entry.record,
        )

    def seen(self, entry: Entry) -> Change:
        """Return the change that notes that this pass has read the row of a record."""
        return "update records set number = ?, pass = ? where record = ?", (entry.number, entry.run_pass, entry.record)

    def rejected(self, number: int, id: str | None, problems: tuple[Problem, ...], *, takes_id: bool) -> Change:
        """Return the change that notes a refused row.

        Args:
            number: The number of the row.
            id: Its id; None if it has none.
            problems: Each reason.
            takes_id: Whether no later row may have the id. A broken row may show the id of another one.
        """
        text = json.dumps([(problem.path, problem.code, problem.reason) for problem in problems])
        return "insert or replace into rejects values (?, ?, ?, ?)", (number, id, takes_id, text)

    def write(self, changes: list[Change]) -> None:
        """Write changes in one transaction, and return when they are on the disk.

        Raises:
            BatchError: ``disk_full``, or ``ledger_failed``: the ledger cannot be written any more.
        """
        with self._writing:
            if self._closed:
                return
            execute = self._writer.execute
            try:
                execute("begin immediate")
                try:
                    for statement, values in changes:
                        execute(statement, values)
                    execute("commit")
                except BaseException:
                    if self._writer.in_transaction:
                        execute("rollback")
                    raise
            except sqlite3.Error as exc:
                raise self._error(exc, "ledger_failed") from exc

    def complete(self) -> Change:
        """Return the change that notes that the pass has read the whole input."""
        return "update meta set value = 'yes' where name = 'complete'", ()

    def is_in_use(self) -> bool:
        """Return whether a run uses the ledger."""
        if not self.path.with_name(f"{self.path.name}-lock").exists():
            return False
        try:
            self._locked(0).close()
        except (BatchError, sqlite3.Error):
            return True
        return False

    def has_space(self) -> bool:
        """Return whether the disk has room for the answers of calls that are under way."""
        try:
            return shutil.disk_usage(self.path.parent).free >= _FREE_BYTES
        except OSError:
            return True

    def close(self) -> None:
        """Close the file, and let other runs use it."""
        with self._writing:
            self._closed = True
            for connection in (getattr(self, "_reader", None), getattr(self, "_writer", None), self._lock_file):
                if connection is not None:
                    connection.close()

    def _error(self, exc: sqlite3.Error, code: str = "ledger_unwritable") -> BatchError:
        """Return the error of a file that SQLite cannot use."""
        text = str(exc)
        if "full" in text:
            return BatchError(
                f"the disk of the ledger {self.path} is full; free some space, and run the batch again",
                code="disk_full",
            )
        if _is_busy(exc):
            return BatchError(f"another process writes to the ledger {self.path}: {text}", code="ledger_in_use")
        if isinstance(exc, sqlite3.OperationalError):
            return BatchError(f"the ledger {self.path} cannot be written: {text}", code=code)
        return BatchError(f"{self.path} is no ledger: {text}; give another path", code="ledger_unreadable")


def _is_busy(exc: sqlite3.Error) -> bool:
    return "locked" in str(exc) or "busy" in str(exc)


def exchange_json(status: int, request_id: str | None, retries: int, elapsed: float, is_replayed: bool) -> str:
    """Return the JSON that the ledger keeps of an exchange."""
    id = "null" if request_id is None else json.dumps(request_id)
    replayed = ', "replayed": true' if is_replayed else ""
    return f'{{"status": {status}, "request_id": {id}, "retries": {retries}, "elapsed": {elapsed:.4f}{replayed}}}'
