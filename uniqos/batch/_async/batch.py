"""The engine of a batch: it reads rows, sends their calls, and yields the results."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Thread
from types import TracebackType
from typing import Any, Generic, Literal, TypeAlias, cast, overload

from typing_extensions import Self, Unpack

from ... import errors
from ..._async.client import AsyncUniqOS
from ..._base.model import M, Model
from ..._network.aio import AsyncInbox, AsyncWorkers, run_blocking
from ..._wire.operation import Operation
from ...api.engine import InferredState, ModulatorPack, RecalledMemory, RespondResult
from .._calls import Calls
from .._errors import BatchError
from .._files import Files
from .._interrupts import Interrupts
from .._ledger import Ledger
from .._options import BatchOptions, Settings
from .._outcomes import Report, Result
from .._problems import Problem
from .._results import read_results, results_in
from .._row import Row, to_row
from .._rows import Rows, open_rows
from .._run import Group, Job, Run

AsyncSource: TypeAlias = str | os.PathLike[str] | Iterable[object] | AsyncIterable[object] | Any
_LINGER_SECONDS = 0.02
_PROGRESS_SECONDS = 0.1
_MOST_ROWS = 512
"""How many rows are read before the ends of calls are looked at again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ended(Generic[M]):
    """The end of a call."""

    job: Job
    answer: M | errors.UniqOSError


@dataclass(frozen=True, slots=True, eq=False)
class _Written(Generic[M]):
    """The end of a transaction; the error is None if all of its changes are durable."""

    group: Group[M]
    error: errors.UniqOSError | None


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """A row of a source that may keep its reader waiting."""

    row: Row


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """The end of a read of several rows from such a source."""

    is_exhausted: bool = False
    error: Exception | None = None


class AsyncBatch(Generic[M]):
    """A run of one operation over many rows, of which none is paid twice."""

    __module__ = "uniqos.batch"

    @overload
    def __init__(
        self: AsyncBatch[RespondResult],
        client: AsyncUniqOS,
        operation: Literal["respond", "engine.respond"],
        rows: AsyncSource,
        *,
        return_format: Literal["text"] | None = None,
        **options: Unpack[BatchOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: AsyncBatch[ModulatorPack],
        client: AsyncUniqOS,
        operation: Literal["respond", "engine.respond"],
        rows: AsyncSource,
        *,
        return_format: Literal["modulator_pack"],
        **options: Unpack[BatchOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: AsyncBatch[InferredState],
        client: AsyncUniqOS,
        operation: Literal["infer_state", "engine.infer_state"],
        rows: AsyncSource,
        **options: Unpack[BatchOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: AsyncBatch[RecalledMemory],
        client: AsyncUniqOS,
        operation: Literal["recall_memory", "engine.recall_memory"],
        rows: AsyncSource,
        **options: Unpack[BatchOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: AsyncBatch[Model],
        client: AsyncUniqOS,
        operation: str,
        rows: AsyncSource,
        *,
        return_format: Literal["text", "modulator_pack"] | None = None,
        **options: Unpack[BatchOptions],
    ) -> None: ...
    def __init__(
        self,
        client: AsyncUniqOS,
        operation: str,
        rows: AsyncSource,
        *,
        return_format: Literal["text", "modulator_pack"] | None = None,
        **options: Unpack[BatchOptions],
    ) -> None:
        """Check the options. The first result, or ``write``, opens the input and the ledger.

        Args:
            client: The client that sends the calls. It stays open.
            operation: ``"respond"``, ``"infer_state"``, ``"recall_memory"``, or the dotted method name of another
                operation that is read-only or carries an idempotency key, such as ``"end_users.create"``.
            rows: The path of a JSONL, CSV or Parquet file, or ``"-"`` for standard input. It may also be an iterable of
                mappings or models, or an object with ``__arrow_c_stream__``, such as a DataFrame.
            return_format: ``"modulator_pack"`` for turns without text; see ``respond``.
            **options: The options of ``BatchOptions``; ``id`` and ``ledger`` are required.

        Raises:
            ConfigurationError: An option is wrong, or the operation cannot run in a batch.
            TypeError: An option is unknown or missing.
        """
        if not isinstance(client, AsyncUniqOS):
            raise errors.ConfigurationError(f"client must be an {AsyncUniqOS.__name__}, got {type(client).__name__}")
        self._client: AsyncUniqOS = client
        self._settings: Settings = Settings(options)
        self._calls: Calls = Calls(
            operation, self._settings.id, self._settings.map, self._settings.fixed, return_format
        )
        self._operation: Operation[M] = cast("Operation[M]", self._calls.operation)
        self._source: AsyncSource = rows
        self._report: Report = Report()
        self._run: Run[M] | None = None
        self._ledger: Ledger | None = None
        self._rows: Rows | None = None
        self._iterator: Iterator[Row] | None = None
        self._fingerprint: str | None = None
        self._ready: deque[Result[M]] = deque()
        self._inbox: AsyncInbox[_Ended[M] | _Written[M] | _Item | _Read | None] | None = None
        self._senders: AsyncWorkers[Job] = AsyncWorkers(self._settings.concurrency, self._send)
        self._writers: AsyncWorkers[Group[M]] = AsyncWorkers(1, self._write)
        self._readers: AsyncWorkers[int] = AsyncWorkers(1, self._read)  # async only
        self._items: AsyncIterator[object] | None = None
        """The rows of an async iterable. No other source has them."""
        self._is_reading: bool = False
        self._is_writing: bool = False
        self._keeps_results: bool = True
        self._files: Files | None = None
        self._failure: Exception | None = None
        self._has_ended: bool = False
        self._is_closed: bool = False
        self._process: int = 0
        """The process in which the run began."""
        self._stop_requested: bool = False
        self._row_number: int = 0  # async only
        self._reported_at: float = 0.0
        self._interrupts: Interrupts = Interrupts(self.stop)

    @property
    def answer_model(self) -> type[M]:
        """The model of the answers."""
        return self._operation.returns

    @property
    def report(self) -> Report:
        """The present state of the run; after its end, the final one."""
        if self._run is not None and not self._has_ended:
            return self._run.make_report(total=None if self._rows is None else self._rows.total)
        return self._report

    def check(self, row: object) -> tuple[Problem, ...]:
        """Return each reason why a row would be refused, without sending it. A row that can be sent has none.

        A run decides by the same code, and so does the client's own method. Only a run notices an id that an earlier
        row has.

        Args:
            row: A mapping or a model, as an item of ``rows``.
        """
        read = row if isinstance(row, Row) else to_row(1, row)
        problems = tuple(problem for problem in read.problems if self._calls.is_sent(problem.path))
        id = self._calls.find_id(read.number, read.values)
        if isinstance(id, Problem):
            problems = (id, *problems)
        if problems:
            return problems
        call = self._calls.prepare(str(id), read.values, "")
        return call if isinstance(call, tuple) else ()

    # Running

    async def __aenter__(self) -> Self:
        """Take the first interrupt (Ctrl-C) as ``stop``; the second one aborts."""
        self._interrupts.install()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result[M]:
        while not self._ready:
            if self._has_ended:
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    raise failure
                raise StopAsyncIteration
            await self._step()
        return self._ready.popleft()

    async def write(self, output: str | os.PathLike[str], rejects: str | os.PathLike[str] | None = None) -> Report:
        """Run the batch to its end, and write the results to files in the order of the input.

        The files appear under their names when they are whole. A run that is incomplete writes none. Its report says
        why, and a second run with the same ledger goes on.

        Args:
            output: The file of the answers, JSONL or Parquet by its ending.
            rejects: The file of rejected rows and failed records; by default beside it, ``OUT.rejects.jsonl``.

        Returns:
            The report of the run.

        Raises:
            BatchError: The ledger or a file cannot be written, or another run uses the ledger.
            UniqOSError: The input cannot be read.
        """
        with Files(output, rejects, self.answer_model, (self._source, self._settings.ledger)) as files:
            self._keeps_results = False
            if self._has_ended and self._report.is_complete:  # The caller has read the results before.
                await run_blocking(files.write, read_results(self._settings.ledger))
            else:
                self._files = files
                await self._run_to_end()
        return self._report

    async def _run_to_end(self) -> None:
        async with self:
            while not self._has_ended:
                await self._step()
                self._ready.clear()
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure

    def stop(self) -> None:
        """Let the calls under way end, and send no more. A second run with the same ledger goes on from there.

        A handler of a signal, and any thread, may call this.
        """
        self._stop_requested = True
        if self._inbox is not None:
            self._inbox.put_soon(None)

    async def aclose(self) -> None:
        """Abort: calls under way are cancelled, and their records are unknown. After the end of a run, do nothing."""
        self._interrupts.restore()
        if self._is_closed or self._is_forked:
            return
        self._is_closed = True
        await self._readers.aclose()  # async only
        unsent, unwritten = self._senders.withdraw(), self._writers.withdraw()
        await self._senders.aclose()
        await self._writers.aclose()
        if not self._has_ended and self._run is not None:
            self._keep_ends(self._run, unsent, unwritten)
            self._has_ended = True
            self._failure = BatchError("the batch was closed before its end; run it again", code="batch_closed")
        if self._ledger is not None:
            self._ledger.close()

    def _keep_ends(self, run: Run[M], unsent: list[Job], unwritten: list[Group[M]]) -> None:
        """Write the answers that have arrived, and the records that were not sent, to the ledger of an aborted run."""
        run.stop("interrupted", "it was closed before its end; run the batch again to go on")
        run.give_back(unsent)
        for event in self._inbox.take_now() if self._inbox is not None else ():
            if isinstance(event, _Ended):
                run.settle(event.job, event.answer)
            elif isinstance(event, _Written) and event.error is not None:
                unwritten.append(event.group)
            elif isinstance(event, _Written) and not event.group.has_begun:
                run.give_back(event.group.jobs)
        for group in unwritten:
            run.give_back(group.jobs)
        changes = [change for group in unwritten for change in group.changes] + run.group.changes
        if self._ledger is not None and changes:
            with suppress(BatchError):  # Records that are not written are unknown to the next run.
                self._ledger.write(changes)
        report = run.make_report(total=None if self._rows is None else self._rows.total)
        self._report = replace(report, in_flight=0, unknown=report.unknown + report.in_flight)

    @property
    def _is_forked(self) -> bool:
        """Whether this is a child process, which has neither the calls nor the ledger of its parent."""
        return self._run is not None and self._process != os.getpid()

    async def _step(self) -> None:
        """Wait until a call, a transaction or a read has ended, and do all that follows from it."""
        run = self._open()
        self._advance(run)
        if not run.has_work and not self._is_writing and not run.group.changes:
            await self._end(run)
            return
        least = max(1, min(run.in_flight, self._settings.concurrency) // 3)
        for event in await cast("AsyncInbox[Any]", self._inbox).take(least, _LINGER_SECONDS):
            if isinstance(event, _Ended):
                run.settle(event.job, event.answer)
            elif isinstance(event, _Written):
                self._note_written(run, event)
            elif isinstance(event, _Item):
                if not run.is_stopped:
                    run.admit(event.row)
            elif isinstance(event, _Read):
                self._note_read(run, event)
        self._tell(run)

    def _open(self) -> Run[M]:
        """Return the run, begun on first use."""
        if self._is_forked:
            raise BatchError(
                "this batch began in the parent process; make one with a ledger of its own here", code="batch_closed"
            )
        if self._run is not None:
            return self._run
        if self._is_closed:
            raise BatchError("this batch is closed; make a new one with the same ledger", code="batch_closed")
        settings, calls = self._settings, self._calls
        # async only: begin
        if hasattr(self._source, "__aiter__"):
            self._items = aiter(cast("AsyncIterable[object]", self._source))
        # async only: end
        if self._items is None:
            self._open_rows()
        self._inbox = AsyncInbox()
        clock = self._client._requester.clock
        self._ledger = Ledger(settings.ledger, calls.settings, settings.run)
        self._run = Run(calls, self._operation, self._ledger, settings, clock.time)
        self._run.keeps_results = self._keeps_results
        self._process = os.getpid()
        return self._run

    def _open_rows(self) -> None:
        settings, calls = self._settings, self._calls
        self._rows = open_rows(
            self._source,
            format=settings.format,
            columns=None if self._keeps_results else calls.wanted_columns,
            json_columns=calls.json_columns | settings.json_columns,
            csv_nulls=settings.csv_nulls,
            delimiter=settings.delimiter,
        )
        self._fingerprint = self._rows.fingerprint()
        self._iterator = iter(self._rows)

    def _advance(self, run: Run[M]) -> None:
        """Read rows, let jobs into the line, and begin a transaction."""
        if self._stop_requested:
            run.stop("interrupted", "it was interrupted; run the batch again to go on")
        if run.is_stopped:
            run.give_back(self._senders.withdraw())
        ahead = self._settings.concurrency // 2
        most = self._settings.concurrency + ahead
        if self._is_slow:
            if not self._is_reading and run.wants_rows(most):
                self._is_reading = True
                self._begin_read(most)
        elif self._iterator is not None:
            self._read_rows(run, self._iterator, most)
        run.release(most - run.in_flight)
        if self._is_writing:
            return
        if run.group.changes:
            self._is_writing = True
            self._writers.put(run.take_group())
        elif run.group.jobs:
            self._note_written(run, _Written(run.take_group(), None))

    def _read_rows(self, run: Run[M], rows: Iterator[Row], ahead: int) -> None:
        with cast(Ledger, self._ledger).snapshot():
            for _ in range(_MOST_ROWS):
                if not run.wants_rows(ahead):
                    return
                try:
                    row = next(rows, None)
                except Exception as exc:  # The caller's own iterable may raise anything; the calls under way end first.
                    self._fail(run, exc)
                    return
                if row is None:
                    run.is_exhausted = True
                    return
                run.admit(row)

    @property
    def _is_slow(self) -> bool:
        """Whether the source may keep its reader waiting, and so is read beside the calls."""
        return self._items is not None or (isinstance(self._source, str) and self._source == "-")

    def _begin_read(self, count: int) -> None:
        """Begin to read up to ``count`` rows. Each one is put into the inbox as it comes."""
        # async only: begin
        if self._items is not None:
            self._readers.put(count)
            return
        # async only: end
        # An abort must not wait for the next line of standard input, so a daemon thread reads it.
        Thread(target=self._read_lines, args=(count,), daemon=True, name="uniqos-reader").start()

    def _read_lines(self, count: int) -> None:
        inbox, rows = self._inbox, self._iterator
        if inbox is None or rows is None:
            return
        end = _Read()
        try:
            for _ in range(count):
                row = next(rows, None)
                if row is None:
                    end = _Read(is_exhausted=True)
                    break
                inbox.put_soon(_Item(row))
        except Exception as exc:
            end = _Read(error=exc)
        inbox.put_soon(end)

    def _note_read(self, run: Run[M], read: _Read) -> None:
        self._is_reading = False
        if read.error is not None:
            self._fail(run, read.error)
        elif read.is_exhausted and not run.is_stopped:
            run.is_exhausted = True

    def _note_written(self, run: Run[M], written: _Written[M]) -> None:
        group = written.group
        if written.error is not None:
            # The changes are kept, and are written once more when the calls under way have ended.
            run.group.changes[:0] = group.changes
            run.give_back(group.jobs)
            if self._failure is not None:
                run.group.changes.clear()
            self._fail(run, written.error)
        else:
            run.note_written(group)
            self._ready.extend(group.results)
            if not self._begin(run, group):
                run.give_back(group.jobs)
        self._is_writing = False

    def _begin(self, run: Run[M], group: Group[M]) -> bool:
        """Hand the jobs of a durable group to the senders; return False if the run has stopped before."""
        if not group.has_begun and not run.is_stopped:
            group.has_begun = True
            for job in group.jobs:
                self._senders.put(job)
        return group.has_begun

    def _fail(self, run: Run[M], error: Exception, reason: str = "the input raised an exception") -> None:
        """Stop the run. The error is raised when the calls under way have ended and stand in the ledger."""
        if self._failure is None:
            self._failure = error
        run.stop("failed", str(error) if isinstance(error, errors.UniqOSError) else reason)

    async def _end(self, run: Run[M]) -> None:
        if not run.is_stopped and not self._is_input_unchanged():
            reason = "the input changed while it was read, so that rows may be missing; run the batch again"
            run.stop("input_changed", reason)
        if not run.is_stopped and self._ledger is not None:
            await run_blocking(self._ledger.write, [self._ledger.complete()])
        self._report = run.make_report(total=None if self._rows is None else self._rows.total, has_ended=True)
        if self._files is not None and self._report.is_complete:
            # The run keeps the lock, since a second run would change the pass of each record. The open file is read,
            # since the answers were paid for even if the path was deleted meanwhile.
            results = results_in(cast(Ledger, self._ledger), self._calls.operation)
            await run_blocking(self._files.write, results)
        self._has_ended = True
        await self.aclose()
        if self._settings.on_progress is not None:
            self._settings.on_progress(self._report)

    def _is_input_unchanged(self) -> bool:
        try:
            return self._rows is None or self._rows.fingerprint() == self._fingerprint
        except errors.UniqOSError:  # The file is gone.
            return False

    def _tell(self, run: Run[M]) -> None:
        if self._settings.on_progress is None:
            return
        now = self._client._requester.clock.monotonic()
        if not 0 <= now - self._reported_at < _PROGRESS_SECONDS:
            self._reported_at = now
            try:
                self._settings.on_progress(self.report)
            except Exception as exc:  # It is raised when the calls under way have ended.
                self._fail(run, exc, "on_progress raised an exception")

    # The functions of the workers

    def _put(self, event: _Ended[M] | _Written[M]) -> None:
        if self._inbox is not None:
            self._inbox.put(event)

    async def _send(self, job: Job) -> None:
        answer: M | errors.UniqOSError
        try:
            answer = await self._client._requester.perform(self._operation, job.call.request)
        except errors.UniqOSError as error:
            error.__traceback__ = None  # It holds the frames of the call, for as long as the result is kept.
            answer = error
        except Exception as exc:  # Such as that of a caller's hook or observer; the call may have taken effect.
            answer = errors.NetworkError(f"the call ended with {type(exc).__name__}", code="foreign_error")
            answer.__cause__ = exc
        self._put(_Ended(job, answer))

    async def _write(self, group: Group[M]) -> None:
        error: errors.UniqOSError | None = None
        try:
            await run_blocking(cast(Ledger, self._ledger).write, group.changes)
            if self._run is not None and not self._is_closed:
                self._begin(self._run, group)  # At once: the inbox may linger for further events.
        except errors.UniqOSError as exc:
            error = exc
        self._put(_Written(group, error))

    # async only: begin
    async def _read(self, count: int) -> None:
        """Read up to ``count`` items of an async iterable."""
        inbox, items = self._inbox, self._items
        if inbox is None or items is None:
            return
        end = _Read()
        try:
            for _ in range(count):
                self._row_number += 1
                item = await anext(items)
                inbox.put(_Item(item if isinstance(item, Row) else to_row(self._row_number, item)))
        except StopAsyncIteration:
            end = _Read(is_exhausted=True)
        except Exception as exc:  # The caller's own iterable may raise anything.
            end = _Read(error=exc)
        inbox.put(end)

    # async only: end
