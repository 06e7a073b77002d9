"""The partitions of a batch: its rows divided among files, with a ledger for each."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4
from zlib import crc32

from pydantic_core import to_json

from ._calls import Call, Calls
from ._errors import BatchError
from ._options import BatchOptions
from ._outcomes import Report
from ._problems import Problem
from ._results import read_report
from ._rows import Row, Rows

__all__ = ["COUNTED", "Partition", "Partitions", "options_of", "report_of"]

COUNTED = ("rows", "done", "replayed", "rejected", "failed", "unknown", "in_flight", "retries", "turns")
"""The counts of a report that add up over partitions."""

_DUPLICATE = "a row before this one has the same id; give each row its own"


@dataclass(frozen=True, slots=True)
class Partition:
    """One part of the rows.

    Attributes:
        number: Number of the partition, from 0.
        rows: Path of the file that holds the rows.
        ledger: Path of the ledger.
        count: Number of rows.
    """

    number: int
    rows: str
    ledger: str
    count: int

    def read(self) -> Iterator[Row]:
        """Yield the rows, with the numbers that they have in the whole input."""
        with open(self.rows, "rb") as file:
            for line in file:
                number, values, problems = json.loads(line)
                yield Row(number, values, tuple(Problem(*problem) for problem in problems))


class Partitions:
    """The partitions of a batch, in a folder.

    Rows that must be sent one after the other are in one partition, so that any number of processes can work on the
    partitions at once. The same rows are always in the same partition, whose ledger knows what an earlier run did.

    Args:
        folder: The folder, made if it is missing. Only its owner may read the files in it.
        settings: The settings of the run, which all runs over the folder must share.
        count: Number of partitions of a new folder.
        run: The name of the run; None takes that of the folder, or a random one.
        must_exist: Whether to refuse a new folder.

    Raises:
        BatchError: The folder belongs to another run, or cannot be used.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        settings: Mapping[str, str],
        count: int,
        run: str | None,
        *,
        must_exist: bool = False,
    ) -> None:
        # Workers open the files by these paths, and their working directory may be another one.
        self._folder: Path = Path(os.path.abspath(folder))
        self._plan: dict[str, Any] = {
            "format": 1,
            "run": run or str(uuid4()),
            "settings": dict(settings),
            "partitions": count,
            "counts": None,
        }
        try:
            if must_exist and self._read_plan() is None:
                raise BatchError(f"{self._folder} holds no partitions of a batch", code="ledger_unreadable")
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            known = self._read_plan()
            if known is None:
                self._write_plan()
        except OSError as exc:
            raise self._unusable(exc) from exc
        if known is not None:
            self._check(known, settings)
            self._plan = known

    @property
    def run(self) -> str:
        """The name of the run, from which the idempotency keys derive. It is the same in all partitions."""
        return str(self._plan["run"])

    @property
    def all(self) -> list[Partition]:
        """The partitions, once the rows are divided."""
        counts: list[int] = self._plan["counts"] or []
        return [
            Partition(number, str(self._path(number, "rows")), str(self._path(number, "ledger")), count)
            for number, count in enumerate(counts)
        ]

    def divide(self, rows: Rows, calls: Calls) -> list[Partition]:
        """Divide the rows among the partitions, unless that was done with the same file before.

        Args:
            rows: The rows of the input.
            calls: Tells which of them must be sent one after the other.

        Raises:
            BatchError: The folder cannot be written, or the input changed meanwhile.
        """
        before = rows.fingerprint()
        if before is not None and before == self._plan.get("input") and self._plan["counts"]:
            return self.all
        counts = [0] * int(self._plan["partitions"])
        try:
            with ExitStack() as stack:
                files = [stack.enter_context(self._open(number)) for number in range(len(counts))]
                for row, home in self._placed(rows, calls, len(counts)):
                    problems = [(problem.path, problem.code, problem.reason) for problem in row.problems]
                    files[home].write(to_json([row.number, dict(row.values), problems]) + b"\n")
                    counts[home] += 1
                for file in files:
                    file.flush()
                    os.fsync(file.fileno())
            if rows.fingerprint() != before:
                raise BatchError(
                    f"{rows.name} changed while it was read; run the batch again when it is whole", code="input_changed"
                )
            for number in range(len(counts)):
                os.replace(self._path(number, "rows-new"), self._path(number, "rows"))
            self._plan.update(counts=counts, input=before)
            self._write_plan()
        except OSError as exc:
            raise self._unusable(exc) from exc
        return self.all

    def _placed(self, rows: Rows, calls: Calls, count: int) -> Iterator[tuple[Row, int]]:
        """Yield each row with the number of its partition; a row whose id came before gets a problem."""
        with closing(_Ids(self._folder / "ids")) as ids:
            for row in rows:
                id = calls.find_id(row.number, row.values)
                order: tuple[str, ...] | None = None
                if isinstance(id, str):
                    if not ids.add(id):
                        duplicate = Problem(calls.id, "duplicate_id", _DUPLICATE)
                        row = Row(row.number, row.values, (*row.problems, duplicate))
                    call = () if row.problems else calls.prepare(id, row.values, "")
                    order = call.order if isinstance(call, Call) else None
                key = order or (id if isinstance(id, str) else str(row.number),)
                yield row, crc32("\0".join(key).encode("utf-8", "surrogatepass")) % count

    def _path(self, number: int, ending: str) -> Path:
        return self._folder / f"{number:05}.{ending}"

    def _open(self, number: int) -> IO[bytes]:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(self._path(number, "rows-new"), "wb", opener=private)

    def _read_plan(self) -> dict[str, Any] | None:
        try:
            plan: dict[str, Any] = json.loads((self._folder / "plan.json").read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            raise BatchError(
                f"{self._folder} holds no plan of a batch; give another folder", code="ledger_unreadable"
            ) from None
        return plan

    def _write_plan(self) -> None:
        new = self._folder / "plan.json-new"
        with open(new, "wb") as file:
            file.write(to_json(self._plan, indent=2))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._folder / "plan.json")

    def _check(self, known: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        if known.get("format") != 1:
            raise BatchError(f"{self._folder} is of another version; give another folder", code="ledger_unreadable")
        for name, value in settings.items():
            if known["settings"].get(name) != value:
                raise BatchError(
                    f"the ledgers in {self._folder} belong to a run with another {name}; give the same {name}, or "
                    "another folder",
                    code="ledger_mismatch",
                    details={"setting": name},
                )

    def _unusable(self, exc: OSError) -> BatchError:
        return BatchError(
            f"the folder {self._folder} cannot be used: {exc.strerror or exc}; give a folder that you may write to",
            code="ledger_unwritable",
        )


class _Ids:
    """The ids that came before, on the disk, so that memory stays flat.

    Args:
        path: A file, which is removed at the end.
    """

    def __init__(self, path: Path) -> None:
        self._path: Path = path
        path.unlink(missing_ok=True)
        self._file: sqlite3.Connection = sqlite3.connect(path, isolation_level=None)
        self._file.execute("pragma journal_mode = off")
        self._file.execute("pragma synchronous = off")
        self._file.execute("create table ids (id text primary key) without rowid")
        self._file.execute("begin")

    def add(self, id: str) -> bool:
        """Add an id; return False if it was there."""
        return self._file.execute("insert or ignore into ids values (?)", (id,)).rowcount == 1

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def options_of(parts: list[Partition], run: str, options: BatchOptions) -> list[BatchOptions]:
    """Return the options of the batch of each partition.

    Args:
        parts: The partitions.
        run: The name of the run.
        options: Those of the whole batch. ``max_turns`` is divided, so that all partitions together keep the budget.
    """
    budgets = _budgets(parts, options.get("max_turns"))
    return [
        {**options, "ledger": part.ledger, "run": run, "max_turns": budget, "on_progress": None}
        for part, budget in zip(parts, budgets, strict=True)
    ]


def _budgets(parts: list[Partition], most: int | None) -> list[int | None]:
    """Return how many turns the ledger of each partition may hold."""
    if most is None:
        return [None] * len(parts)
    states = [read_report(part.ledger) if os.path.exists(part.ledger) else Report() for part in parts]
    wanted = [max(0, part.count - state.done) for part, state in zip(parts, states, strict=True)]
    left = max(0, most - sum(state.turns for state in states))
    spare = max(0, left - sum(wanted)) // max(1, len(parts))  # for calls that are billed and have no answer
    budgets: list[int | None] = []
    for state, want in zip(states, wanted, strict=True):
        granted = min(left, want + spare)
        left -= granted
        budgets.append(state.turns + granted)
    return budgets


def report_of(folder: str | os.PathLike[str]) -> Report:
    """Return the state of the last run over a folder of partitions, as the ledgers have it.

    Raises:
        BatchError: The folder holds no partitions, or a ledger cannot be read.
    """
    partitions = Partitions(folder, {}, 1, None, must_exist=True)
    parts = partitions.all
    states = [read_report(part.ledger) if os.path.exists(part.ledger) else Report() for part in parts]
    counts: dict[str, Any] = {name: sum(getattr(state, name) for state in states) for name in COUNTED}
    return Report(
        **counts,
        total=sum(part.count for part in parts),
        is_complete=bool(parts) and all(state.is_complete for state in states),
    )
