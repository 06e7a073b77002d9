"""A batch on a Dask cluster: its rows divided among worker processes, each record paid for once.

```python
from dask.distributed import Client, LocalCluster
from uniqos import UniqOS
from uniqos.batch.dask import DaskBatch

if __name__ == "__main__":
    with LocalCluster(n_workers=2) as cluster, Client(cluster) as dask, UniqOS() as client:
        fixed = {"personality_id": "pers_...", "mode": "stateless"}
        batch = DaskBatch(client, "respond", "tickets.csv", dask=dask, id="ticket", fixed=fixed, ledger="ledgers")
        report = batch.write("answers.jsonl")
    print(report.done, "answers,", report.turns, "turns")  # 2 answers, 2 turns
```

For a cluster that runs already, pass ``Client("tcp://scheduler:8786")``. Without the line with ``__main__``, the worker
processes of a ``LocalCluster`` would run the program again.

The rows are divided into partitions, as files in the folder ``ledger``, and each partition has a ledger. The folder
must be on a disk that all workers reach by the same path. Each worker process has one event loop and one client, which
outlive a task. If a worker dies, Dask gives its partitions to another worker, which continues with their ledgers. So
does a second run with the same folder.

The extra ``dask`` installs Dask. The client travels with its key to the workers: use TLS between the machines of a
cluster. Or pass None in place of the client, and set UNIQOS_API_KEY on the workers.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from heapq import merge
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import uuid4

from pydantic_core import from_json
from typing_extensions import Unpack

from .._async.client import AsyncUniqOS
from .._base.model import Model
from .._extras import missing_extra
from .._sync.client import UniqOS
from ..errors import ConfigurationError, UniqOSError
from ._arrow import to_arrow
from ._async.batch import AsyncBatch
from ._calls import Calls
from ._errors import BatchError
from ._files import Files
from ._interrupts import Interrupts
from ._loop_thread import LoopThread, asynchronous
from ._options import BatchOptions, Settings
from ._outcomes import Report, Result
from ._partition_task import PartitionTask, work_on
from ._partitions import COUNTED, Partition, Partitions, options_of
from ._records import line_of, to_line
from ._results import read_results
from ._row import Row
from ._rows import Rows, open_rows

try:
    import distributed
    from distributed.diagnostics.plugin import WorkerPlugin
except ImportError as _missing:
    raise missing_extra("uniqos.batch.dask needs dask.distributed", "dask") from _missing

if TYPE_CHECKING:
    import dask.bag
    import dask.dataframe

__all__ = ["DaskBatch"]

_PLUGIN = "uniqos-loop"
_PARTITIONS_PER_THREAD = 4
_POLL_SECONDS = 0.5
_REPORT_SECONDS = 1.0
# A connection that is cut is an OSError, and so is a time-out, but not on Python 3.10.
_CLUSTER_ERRORS = (OSError, distributed.TimeoutError, CancelledError)


# In a worker process


class _LoopPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed has few types
    """Keeps the event loop of a worker process, and the batches that run on it."""

    idempotent = True
    name = _PLUGIN

    def setup(self, worker: distributed.Worker) -> None:
        """Begin the loop when a worker starts."""
        self.loop: LoopThread = LoopThread()
        self.batches: set[AsyncBatch[Any]] = set()

    def teardown(self, worker: distributed.Worker) -> None:
        """End the loop with the worker."""
        self.loop.close()


def _run_partition(task: PartitionTask, given: AsyncUniqOS | None, concurrency: int, topic: str) -> Report:
    """Run one partition in a thread of a worker, on the loop of its process."""
    worker: Any = distributed.get_worker()
    plugin = _plugin_of(worker)
    share = max(1, concurrency // max(1, worker.state.nthreads))
    news = _News(partial(worker.log_event, topic), task.partition.number)
    client = plugin.loop.client(given, task.rate_share)
    report = plugin.loop.start(work_on(task, client, share, news.note, news.emotions, plugin.batches)).result()
    news.send(report)
    return report


class _News:
    """The progress of a partition, which the driver is told once a second.

    Args:
        send: Sends a message to the driver.
        partition: Number of the partition.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None], partition: int) -> None:
        self._send: Callable[[dict[str, Any]], None] = send
        self._partition: int = partition
        self._sent_at: float = 0.0
        self.emotions: Counter[str] = Counter()

    def note(self, report: Report) -> None:
        """Tell the driver, if that was not done in the last second."""
        if time.monotonic() - self._sent_at >= _REPORT_SECONDS:
            self.send(report)

    def send(self, report: Report) -> None:
        """Tell the driver."""
        self._sent_at = time.monotonic()
        counts = {name: getattr(report, name) for name in COUNTED}
        self._send({"partition": self._partition, "counts": counts, "emotions": dict(self.emotions)})


def _plugin_of(worker: Any) -> _LoopPlugin:
    return cast(_LoopPlugin, worker.plugins[_PLUGIN])


def _stop_batches(dask_worker: distributed.Worker) -> None:
    for batch in list(_plugin_of(dask_worker).batches):
        batch.stop()


def _cancel_batches(dask_worker: distributed.Worker) -> None:
    _plugin_of(dask_worker).loop.cancel()


def _share_rate(rate_share: float, dask_worker: distributed.Worker) -> None:
    _plugin_of(dask_worker).loop.share_rate(rate_share)


# In the driver


class DaskBatch:
    """A run of one operation over many rows on a Dask cluster, of which none is paid twice.

    The folder of ledgers must be on a disk that all workers reach by the same path. Its file locks must work, since a
    ledger is used by one process at a time. If a worker dies, another one goes on with its partitions.
    """

    def __init__(
        self,
        client: UniqOS | AsyncUniqOS | None,
        operation: str,
        rows: object,
        *,
        dask: distributed.Client,
        partitions: int | None = None,
        return_format: Literal["text", "modulator_pack"] | None = None,
        **options: Unpack[BatchOptions],
    ) -> None:
        """Check the options.

        Args:
            client: A client with the settings of the workers' clients. It travels with its key over the network of the
                cluster. With None, each worker makes a client of the key in its environment.
            operation: ``"respond"`` or another operation, as for ``AsyncBatch``.
            rows: A path, an iterable of mappings or models, or an object with ``__arrow_c_stream__``. A Dask
                DataFrame or Bag is read one partition at a time.
            dask: The client of the cluster.
            partitions: How many partitions the rows are divided into, in a new folder. By default four for each thread
                of the workers.
            return_format: ``"modulator_pack"`` for turns without text; see ``respond``.
            **options: The options of ``BatchOptions``. ``ledger`` is the path of a folder, one ledger for each
                partition. ``concurrency`` is that of each worker process. ``max_turns`` holds for all partitions
                together.

        Raises:
            ConfigurationError: An option is wrong, or the operation cannot run in a batch.
            TypeError: An option is unknown or missing.
        """
        if client is not None and not isinstance(client, (UniqOS, AsyncUniqOS)):
            raise ConfigurationError(f"client must be a UniqOS or an AsyncUniqOS, got {type(client).__name__}")
        if not isinstance(dask, distributed.Client):
            raise ConfigurationError(f"dask must be a dask.distributed.Client, got {type(dask).__name__}")
        if partitions is not None and (not isinstance(partitions, int) or partitions < 1):
            raise ConfigurationError("partitions must be a whole number, 1 or more")
        self._settings: Settings = Settings(options)
        self._options: BatchOptions = options
        self._calls: Calls = Calls(
            operation, self._settings.id, self._settings.map, self._settings.fixed, return_format
        )
        self._client: AsyncUniqOS | None = None if client is None else asynchronous(client)
        self._return_format: Literal["text", "modulator_pack"] | None = return_format
        self._source: object = rows
        self._dask: Any = dask  # Each method of distributed's client is typed as if it might return a coroutine.
        self._count: int | None = partitions
        self._parts: list[Partition] = []
        self._states: dict[int, Report] = {}
        self._ends: dict[int, Report] = {}
        self._emotions: dict[int, Counter[str]] = {}
        self._stop_requested: bool = False
        self._has_stopped: bool = False
        self._failure: BaseException | None = None

    @property
    def answer_model(self) -> type[Model]:
        """The class of the answers."""
        return self._calls.operation.returns

    @property
    def emotions(self) -> Counter[str]:
        """How often each emotion was found in this run."""
        return sum(self._emotions.values(), Counter())

    @property
    def report(self) -> Report:
        """The present state of the run; after its end, the final one."""
        states = {**self._states, **self._ends}
        counts: dict[str, Any] = {name: sum(getattr(state, name) for state in states.values()) for name in COUNTED}
        stopped = [end for end in self._ends.values() if end.stopped is not None]
        report = Report(
            **counts,
            total=sum(part.count for part in self._parts) if self._parts else None,
            is_complete=bool(self._parts) and all(self._is_complete(part) for part in self._parts),
            columns_left_out=tuple(sorted(self._calls.left_out)),
        )
        if stopped:
            return replace(report, stopped=stopped[0].stopped, reason=stopped[0].reason)
        if self._stop_requested and not report.is_complete:
            return replace(report, stopped="interrupted", reason="it was interrupted; run the batch again to go on")
        return report

    def run(self) -> Report:
        """Run the batch to its end.

        The first interrupt (Ctrl-C) lets the calls under way end, and the second one aborts them.

        Returns:
            The report of all partitions. A second run over the same folder continues one that is incomplete.

        Raises:
            BatchError: A ledger or the folder cannot be used, the options are those of another run, or the cluster was
                lost.
            UniqOSError: The input cannot be read.
        """
        self._divide()
        dask, topic = self._dask, f"uniqos-{uuid4()}"
        interrupts = Interrupts(self.stop)
        interrupts.install()
        tasks: dict[Any, Partition] = {}
        try:
            with _report_cluster_errors():
                dask.register_plugin(_LoopPlugin())
                dask.subscribe_topic(topic, self._note)
                tasks = self._submit(topic)
            with dask.as_current():
                self._wait(tasks)
        except BaseException:
            with suppress(*_CLUSTER_ERRORS):  # A lost cluster can cancel nothing.
                dask.cancel(list(tasks), force=True)
                dask.run(_cancel_batches)
            raise
        finally:
            interrupts.restore()
            with suppress(*_CLUSTER_ERRORS):
                dask.unsubscribe_topic(topic)
        self._tell()
        if self._failure is not None:
            raise self._failure
        return self.report

    def write(self, output: str | os.PathLike[str], rejects: str | os.PathLike[str] | None = None) -> Report:
        """Run the batch to its end, and write the results to files in the order of the input.

        Args:
            output: The file of the answers, JSONL or Parquet by its ending. It appears when it is whole.
            rejects: The file of rejected rows and failed records; by default beside it, ``OUT.rejects.jsonl``.

        Returns:
            The report of the run. If that is incomplete, no file is written.

        Raises:
            BatchError: As for ``run``, or a file cannot be written.
        """
        with Files(output, rejects, self.answer_model, (self._source, self._settings.ledger)) as files:
            report = self.run()
            if report.is_complete:
                files.write(self.results())
        return report

    def stop(self) -> None:
        """Let the calls under way end, and send no more. A handler of a signal, and any thread, may call this."""
        self._stop_requested = True

    def results(self) -> Iterator[Result[Model]]:
        """Yield the results of the last run in the order of the input, read from the ledgers."""
        yield from merge(*(read_results(part.ledger) for part in self._parts), key=lambda result: result.number)

    def to_bag(self) -> dask.bag.Bag:
        """Return the results as a Dask Bag of the objects that a line of JSONL holds, one partition for each ledger.

        Its workers read the ledgers when it is computed, so the folder must stay.
        """
        import dask.bag

        make: Any = dask.bag.from_sequence
        bag: dask.bag.Bag = make(self._parts, npartitions=len(self._parts)).map_partitions(_lines)
        return bag

    def to_dataframe(self) -> dask.dataframe.DataFrame:
        """Return the results as a Dask DataFrame with the columns of ``arrow_schema``, one partition for each ledger.

        Its workers read the ledgers when it is computed, so the folder must stay. It needs pandas and pyarrow.
        """
        import dask.dataframe

        model = self.answer_model
        make: Any = dask.dataframe.from_map
        parts = [[part] for part in self._parts]
        frame: dask.dataframe.DataFrame = make(_frame, parts, model=model, meta=_frame([], model))
        return frame

    # The steps of a run

    def _divide(self) -> None:
        """Divide the rows among the partitions."""
        settings, calls = self._settings, self._calls
        with _report_cluster_errors():
            count = self._count or _PARTITIONS_PER_THREAD * max(1, sum(self._dask.ncores().values()))
        partitions = Partitions(settings.ledger, calls.settings, count, settings.run)
        rows = _rows_of_dask(self._source, self._dask)
        if rows is None:
            rows = open_rows(
                self._source,
                format=settings.format,
                columns=calls.wanted_columns,
                json_columns=calls.json_columns | settings.json_columns,
                csv_nulls=settings.csv_nulls,
                delimiter=settings.delimiter,
            )
        self._parts = partitions.divide(rows, calls)
        self._states, self._ends, self._emotions = {}, {}, {}
        self._run_name: str = partitions.run

    def _submit(self, topic: str) -> dict[Any, Partition]:
        """Give the partitions to the cluster."""
        share, given = self._rate_share(), self._client
        futures: dict[Any, Partition] = {}
        all_options = options_of(self._parts, self._run_name, self._options)
        for part, options in zip(self._parts, all_options, strict=True):
            task = PartitionTask(part, self._calls.name, self._return_format, options, share)
            key = f"{topic}-{part.number}"
            future = self._dask.submit(
                _run_partition, task, given, self._settings.concurrency, topic, key=key, pure=False
            )
            futures[future] = part
        return futures

    def _wait(self, futures: dict[Any, Partition]) -> None:
        """Wait for the partitions; meanwhile share the rate, tell the progress, and stop all when one must stop."""
        with _report_cluster_errors():
            share = self._rate_share()
        while futures:
            with _report_cluster_errors():
                share = self._look(futures, share)
            self._tell()

    def _look(self, futures: dict[Any, Partition], share: float) -> float:
        """Wait a moment for partitions, and do all that follows; return the share of the rate that a worker has."""
        wait = cast(Any, distributed.wait)
        done: set[Any] = set()
        with suppress(distributed.TimeoutError):
            done = wait(list(futures), timeout=_POLL_SECONDS, return_when="FIRST_COMPLETED").done
        for future in done:
            self._end(futures.pop(future), future)
        present = self._rate_share()
        if present != share:
            self._dask.run(partial(_share_rate, present))
        must_stop = self._stop_requested or self._failure is not None or self._is_stopped_for_all()
        if must_stop and not self._has_stopped:
            self._has_stopped = True
            self._dask.run(_stop_batches)
            waiting = [future for future in futures if not self._is_running(future)]
            self._dask.cancel(waiting)
            for future in waiting:
                futures.pop(future)
        return present

    def _end(self, part: Partition, future: Any) -> None:
        """Keep the end of a partition."""
        try:
            self._ends[part.number] = future.result()
        except UniqOSError as exc:
            self._failure = self._failure or exc
        except Exception as exc:
            if self._has_stopped and isinstance(exc, CancelledError):
                return
            failure = BatchError(
                f"partition {part.number} was lost: {_describe(exc)}; look into the logs of the workers, and run the "
                "batch again to go on",
                code="cluster_failed",
            )
            failure.__cause__ = exc
            self._failure = self._failure or failure

    def _is_running(self, future: Any) -> bool:
        processing = {key for keys in self._dask.processing().values() for key in keys}
        return future.key in processing

    def _is_stopped_for_all(self) -> bool:
        """Return whether a partition was stopped by a cause that would stop the others too."""
        return any(end.stopped not in (None, "max_turns") for end in self._ends.values())

    def _is_complete(self, part: Partition) -> bool:
        return part.number in self._ends and self._ends[part.number].is_complete

    def _rate_share(self) -> float:
        return 1.0 / max(1, len(self._dask.ncores()))

    def _note(self, event: tuple[float, dict[str, Any]]) -> None:
        """Keep the news of a partition. The client of Dask calls this in its own thread."""
        _, news = event
        number = int(news["partition"])
        self._states[number] = Report(**news["counts"])
        self._emotions[number] = Counter(news["emotions"])

    def _tell(self) -> None:
        if self._settings.on_progress is not None:
            self._settings.on_progress(self.report)


def connect(address: str) -> distributed.Client:
    """Return a client of a cluster, which is not made the default of this process.

    Args:
        address: Address of the scheduler, ``tcp://host:8786``.

    Raises:
        ConfigurationError: Nothing answers there.
    """
    try:
        return distributed.Client(address, set_as_default=False)
    except (*_CLUSTER_ERRORS, ValueError) as exc:
        raise ConfigurationError(f"no Dask scheduler answers at {address!r}: {exc}", code="dask_unreachable") from exc


@contextmanager
def _report_cluster_errors() -> Generator[None, None, None]:
    """Raise the errors of a cluster that is lost as a BatchError."""
    try:
        yield
    except _CLUSTER_ERRORS as exc:
        raise BatchError(
            f"the Dask cluster was lost: {_describe(exc)}; start it, and run the batch again to go on",
            code="cluster_failed",
        ) from exc


def _describe(error: BaseException) -> str:
    """Return the type of an error and its first line; Dask lists all tasks in the further ones."""
    first = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first}"


def _rows_of_dask(source: Any, dask: Any) -> Rows | None:
    """Return the rows of a Dask DataFrame or Bag; None for any other source."""
    if not hasattr(source, "to_delayed"):
        return None

    def read() -> Iterator[Row]:
        number = 0
        for delayed in source.to_delayed():
            for row in open_rows(dask.compute(delayed).result()):
                number += 1
                yield Row(number, row.values, row.problems)

    return Rows(f"the {type(source).__name__}", None, read)


def _lines(parts: Iterable[Partition]) -> list[Any]:
    """Return the results of partitions as the objects that a line of JSONL holds."""
    return [from_json(to_line(line_of(result))) for part in parts for result in read_results(part.ledger)]


def _frame(parts: list[Partition], model: type[Model]) -> Any:
    """Return the results of partitions as a pandas DataFrame."""
    import pandas

    results = (result for part in parts for result in read_results(part.ledger))
    return to_arrow(results, model).read_all().to_pandas(types_mapper=pandas.ArrowDtype)
