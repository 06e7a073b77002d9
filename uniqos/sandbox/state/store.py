"""The database of the sandbox: SQLite in memory, or in a file that survives a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import closing
from datetime import datetime, timezone
from os import PathLike
from typing import Any

_SCHEMA = """
create table if not exists personalities (
  organization_id text not null, id text not null, lineage text not null, version integer not null,
  status text not null, review text not null, created_at text not null, fields text not null,
  primary key (organization_id, id));
create table if not exists relationships (
  id text primary key, organization_id text not null, user_id text not null, personality_id text not null,
  status text not null, deletion_id text, created_at text not null, last_turn_at text, summary_at text,
  regenerated_at text, memory text not null, unique (organization_id, user_id, personality_id));
create table if not exists interactions (
  number integer primary key autoincrement, id text unique not null, organization_id text not null, user_id text,
  relationship_id text, personality_id text not null, mode text not null, streamed integer not null,
  created_at text not null, latency_ms integer not null, primary_emotion text not null, valence real not null,
  arousal real not null);
create index if not exists interactions_by_time on interactions (created_at) where user_id is not null;
create table if not exists answers (
  key text primary key, fingerprint text not null, status integer not null, media_type text not null,
  body blob not null, user_id text, created_at text not null);
create index if not exists answers_by_user on answers (user_id) where user_id is not null;
create index if not exists answers_by_time on answers (created_at) where user_id is not null;
create table if not exists records (
  number integer primary key autoincrement, kind text not null, id text not null, owner text not null,
  created_at text not null, fields text not null, unique (kind, id));
create index if not exists records_by_owner on records (kind, owner, number);
create index if not exists deletions_due on records (json_extract(fields, '$.due_at'))
  where kind = 'deletion' and json_extract(fields, '$.status') = 'pending';
create table if not exists turns_used (
  organization_id text not null, created_at text not null, relationship_id text);
create index if not exists turns_used_by_relationship on turns_used (organization_id, relationship_id, created_at);
create table if not exists counters (name text primary key, value integer not null);
insert or ignore into counters values ('ids', 0), ('turns_billed', 0);
"""
_OTHER_TABLES = "it holds other tables than those of a sandbox of this version, or more than tables"


_Objects = dict[tuple[str, str], str]
"""By type and name of a table, index, view or trigger: its SQL."""
_IN_A_SNAPSHOT = {
    *(sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_REINDEX),
    *(sqlite3.SQLITE_INSERT, sqlite3.SQLITE_READ),
}
"""The actions that the SQL of a snapshot may take. Queries, which could take for ever, and files are not among them."""
_IN_A_SNAPSHOT_ON = {
    (sqlite3.SQLITE_UPDATE, "sqlite_master"),  # SQLite does this itself when a table is created
    (sqlite3.SQLITE_DELETE, "sqlite_sequence"),
}
"""The actions that it may take on one table."""
_SECONDS_FOR_A_SNAPSHOT = 20.0
_MAX_PAGES = 65_536
"""The largest restored database, in pages of 4 KiB: 256 MiB."""


def _objects(database: sqlite3.Connection) -> _Objects:
    rows = database.execute("select type, name, sql from sqlite_master where name not like 'sqlite_%'")
    return {(row[0], row[1]): row[2] for row in rows}


def _expected_objects() -> _Objects:
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(_SCHEMA)
        return _objects(fresh)


def _is_of_a_sandbox(found: _Objects) -> bool:
    """Return whether a database holds all tables and nothing else: a trigger or a view would run foreign SQL."""
    expected = _expected_objects()
    tables = {key for key in expected if key[0] == "table"}
    return tables <= found.keys() and found.items() <= expected.items()


def _authorize(action: int, name: str | None, second: str | None, *_: str | None) -> int:
    is_allowed = action in _IN_A_SNAPSHOT or (action, name) in _IN_A_SNAPSHOT_ON
    is_of_an_index = action == sqlite3.SQLITE_FUNCTION and second == "json_extract"
    return sqlite3.SQLITE_OK if is_allowed or is_of_an_index else sqlite3.SQLITE_DENY


def _permit_all(*_: object) -> int:
    return sqlite3.SQLITE_OK


class Store:
    """The database of a sandbox. It has one connection and one lock, since requests are short.

    Args:
        path: The file, or ``:memory:``.
        sql: The SQL of a snapshot to begin with, for a store in memory.

    Raises:
        ValueError: The file or the snapshot is not one of a sandbox.
        sqlite3.Error: The file or the snapshot cannot be read.
    """

    def __init__(self, path: str | PathLike[str], sql: str | None = None) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._set_up(sql)
        except BaseException:
            self._database.close()
            raise

    def _set_up(self, sql: str | None) -> None:
        self._database.row_factory = sqlite3.Row
        found = _objects(self._database)
        if found and not _is_of_a_sandbox(found):
            raise ValueError(_OTHER_TABLES)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma secure_delete = on")
        if sql is not None:
            self._restore(sql)
        self._database.executescript(_SCHEMA)

    def _restore(self, sql: str) -> None:
        """Run the SQL of a snapshot. It is not trusted, so its actions, its time and its size are limited."""
        ends = time.monotonic() + _SECONDS_FOR_A_SNAPSHOT
        self._database.execute(f"pragma max_page_count = {_MAX_PAGES}")
        self._database.set_authorizer(_authorize)
        self._database.set_progress_handler(lambda: time.monotonic() > ends, 10_000)
        self._database.executescript(sql)
        self._database.set_progress_handler(None, 0)
        self._database.set_authorizer(_permit_all)  # Python 3.10 does not accept None here
        if self._database.in_transaction:
            raise ValueError("it does not end with COMMIT")
        if not _is_of_a_sandbox(_objects(self._database)):
            raise ValueError(_OTHER_TABLES)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def __enter__(self) -> Store:
        """Begin a transaction, which is committed at the end of the block, or rolled back by an exception."""
        self._lock.acquire()
        self._database.execute("begin immediate")
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *_: object) -> None:
        try:
            self._database.execute("rollback" if exc_type else "commit")
        finally:
            self._lock.release()

    def dump(self) -> str:
        """Return the database as SQL."""
        with self._lock:
            return "\n".join(self._database.iterdump())

    def scrub(self) -> None:
        """Remove erased data from the write-ahead log beside the file too; not to be called within a transaction."""
        with self._lock:
            self._database.execute("pragma wal_checkpoint(truncate)").fetchall()

    def become(self, other: Store) -> None:
        """Replace the whole database by that of another store."""
        with self._lock, other._lock:
            other._database.backup(self._database)

    def one(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """Return the first row of a query, or None."""
        with self._lock:
            row = self._database.execute(sql, values).fetchone()
        return dict(row) if row is not None else None

    def all(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Return all rows of a query."""
        with self._lock:
            return [dict(row) for row in self._database.execute(sql, values).fetchall()]

    def run(self, sql: str, *values: Any) -> None:
        """Run a statement that returns no rows."""
        with self._lock:
            self._database.execute(sql, values)

    def put(self, kind: str, identifier: str, fields: dict[str, Any], *, owner: str = "", created_at: str) -> None:
        """Store a record, or replace the fields of a stored one, which keeps its owner and its time of creation."""
        self.run(
            "insert into records (kind, id, owner, created_at, fields) values (?, ?, ?, ?, ?)"
            " on conflict (kind, id) do update set fields = excluded.fields",
            kind,
            identifier,
            owner,
            created_at,
            dumps(fields),
        )

    def change(self, kind: str, found: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Store a record with other values in some of its fields, and return it."""
        changed = {**found, **changes}
        fields = {name: value for name, value in changed.items() if name not in ("id", "created_at")}
        self.put(kind, found["id"], fields, created_at=found["created_at"])
        return changed

    def get(self, kind: str, identifier: str) -> dict[str, Any] | None:
        """Return a record with its ``id`` and ``created_at``, or None."""
        row = self.one("select * from records where kind = ? and id = ?", kind, identifier)
        return record(row) if row is not None else None

    def find(self, kind: str, field: str, value: str) -> dict[str, Any] | None:
        """Return the record with a value in a field, or None."""
        row = self.one(f"select * from records where kind = ? and json_extract(fields, '$.{field}') = ?", kind, value)
        return record(row) if row is not None else None

    def records(
        self, kind: str, *, owner: str | None = None, limit: int = -1, before: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the records of a kind, newest first, each with its ``number``.

        Args:
            kind: The kind.
            owner: The owner of the records; None for all owners.
            limit: The largest number of records; -1 for all.
            before: The number that the records must be below; None for no bound.
        """
        rows = self.all(
            "select * from records where kind = ? and (? is null or owner = ?) and (? is null or number < ?)"
            " order by number desc limit ?",
            kind,
            owner,
            owner,
            before,
            before,
            limit,
        )
        return [{"number": row["number"], **record(row)} for row in rows]

    def drop(self, kind: str, identifier: str) -> None:
        """Delete a record."""
        self.run("delete from records where kind = ? and id = ?", kind, identifier)

    def count(self, name: str, step: int = 1) -> int:
        """Add to a counter, and return its value."""
        row = self.one("update counters set value = value + ? where name = ? returning value", step, name)
        assert row is not None
        return int(row["value"])

    def new_id(self, prefix: str) -> str:
        """Return a new id. Ids are counted, so that every run gives the same ones."""
        return f"{prefix}_{self.count('ids'):06d}"


def record(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the table ``records`` as a record."""
    return {"id": row["id"], "created_at": row["created_at"], **json.loads(row["fields"])}


def instant(when: datetime) -> str:
    """Return an instant as the API writes it. These texts sort by time."""
    return when.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dumps(value: Any) -> str:
    """Return a value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
