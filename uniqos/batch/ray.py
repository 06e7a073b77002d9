"""A batch on a Ray cluster: a worker class for ``map_batches`` of Ray Data, each record paid for once.

```python
import ray
from uniqos import UniqOS
from uniqos.batch.ray import RayWorker, divide

rows = ray.data.read_csv("tickets.csv")
fixed = {"personality_id": "pers_...", "mode": "stateless"}
parts = divide("respond", rows, id="ticket", fixed=fixed, ledger="ledgers", partitions=8)
worker = {"client": UniqOS(), "workers": 2}
dataset = ray.data.from_items(parts, override_num_blocks=len(parts))
answers = dataset.map_batches(RayWorker, fn_constructor_kwargs=worker, batch_size=1, concurrency=2)
answers.write_parquet("answers")
```

It needs Ray Data, ``pip install "ray[data]"``, which no extra installs.

The rows are divided into partitions, as files in the folder ``ledger``, and each partition has a ledger. The folder
must be on a disk that all workers reach by the same path. Ray keeps an actor for each worker, and an actor keeps one
event loop and one client. If an actor dies, Ray gives its partition to another one, which continues with the ledger. So
does a second run with the same folder.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import Unpack

from .._async.client import AsyncUniqOS
from .._sync.client import UniqOS
from ..errors import ConfigurationError
from ._arrow import to_arrow
from ._calls import Calls
from ._errors import BatchError
from ._loop_thread import LoopThread, asynchronous
from ._options import BatchOptions, Settings
from ._partition_task import PartitionTask, work_on
from ._partitions import Partitions, options_of
from ._results import read_results
from ._row import Row, to_row
from ._rows import Rows, open_rows

if TYPE_CHECKING:
    import pyarrow

__all__ = ["RayWorker", "divide"]

_TASK = "task"
"""The column of the dataset that holds a partition."""


def divide(
    operation: str,
    rows: object,
    *,
    partitions: int,
    return_format: Literal["text", "modulator_pack"] | None = None,
    **options: Unpack[BatchOptions],
) -> list[dict[str, bytes]]:
    """Divide rows into partitions, and return an item of a dataset for each of them, for ``RayWorker``.

    Turns of one conversation are in one partition, in the order of the input. A row whose id came before is rejected.

    Args:
        operation: ``"respond"`` or another operation, as for ``AsyncBatch``.
        rows: A dataset of Ray, a path, an iterable of mappings or models, or an object with ``__arrow_c_stream__``.
        partitions: How many partitions a new folder has: at least one for each worker, better four.
        return_format: ``"modulator_pack"`` for turns without text; see ``respond``.
        **options: The options of ``BatchOptions``. ``ledger`` is the path of a folder that all workers reach by the
            same path, and whose file locks work. ``max_turns`` holds for all partitions together. ``concurrency`` is
            that of each worker.

    Returns:
        The items for ``ray.data.from_items``, with a block for each. The dataset is mapped with ``batch_size=1``.

    Raises:
        BatchError: The folder cannot be used, or the options are those of another run.
        ConfigurationError: An option is wrong, or the operation cannot run in a batch.
        UniqOSError: The input cannot be read.
    """
    if not isinstance(partitions, int) or isinstance(partitions, bool) or partitions < 1:
        raise ConfigurationError("partitions must be a whole number, 1 or more")
    settings = Settings(options)
    calls = Calls(operation, settings.id, settings.map, settings.fixed, return_format)
    folder = Partitions(settings.ledger, calls.settings, partitions, settings.run)
    parts = folder.divide(_rows_of(rows, calls, settings), calls)
    tasks = [
        PartitionTask(part, calls.name, return_format, part_options, 1.0)
        for part, part_options in zip(parts, options_of(parts, folder.run, options), strict=True)
    ]
    return [{_TASK: pickle.dumps(task)} for task in tasks]


class RayWorker:
    """A worker for ``map_batches``, which runs the partitions of ``divide`` and returns their results.

    The columns of the results are those of ``arrow_schema``. A partition that stops before its end, such as by an
    exhausted quota, raises the reason. A second run then goes on.
    """

    def __init__(self, client: UniqOS | AsyncUniqOS | None = None, *, workers: int = 1) -> None:
        """Begin the event loop of this actor.

        Args:
            client: A client with the settings of this worker's client. It travels with its key over the network of the
                cluster. With None, each worker makes a client of the key in its environment.
            workers: How many workers share the rate limit of the API: the ``concurrency`` of ``map_batches``.
        """
        if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
            raise ConfigurationError("workers must be a whole number, 1 or more")
        self._loop: LoopThread = LoopThread()
        self._client: AsyncUniqOS = self._loop.client(None if client is None else asynchronous(client), 1.0 / workers)

    def __call__(self, batch: Mapping[str, Any]) -> Iterator[dict[str, pyarrow.Table]]:
        """Run partitions, and yield a table of results for each.

        Args:
            batch: Items that ``divide`` returned.

        Raises:
            BatchError: A partition stopped before its end, or its ledger cannot be used.
        """
        for pickled in batch[_TASK]:
            task: PartitionTask = pickle.loads(pickled)
            concurrency = task.options.get("concurrency", 64)
            work = work_on(task, self._client, concurrency, lambda report: None, Counter(), set())
            report = self._loop.start(work).result()
            if not report.is_complete:
                raise BatchError(f"the batch is incomplete: {report.reason}", code=str(report.stopped or "incomplete"))
            calls = Calls(task.operation, task.options["id"], {}, {}, task.return_format)
            yield to_arrow(read_results(task.partition.ledger), calls.operation.returns).read_all()


def _rows_of(source: Any, calls: Calls, settings: Settings) -> Rows:
    """Return the rows of a dataset of Ray, or of any other source."""
    if not type(source).__module__.startswith("ray."):  # To ask for the class would import Ray.
        return open_rows(source, format=settings.format, columns=calls.wanted_columns, json_columns=calls.json_columns)

    def read() -> Iterator[Row]:
        for number, item in enumerate(source.iter_rows(), 1):
            yield to_row(number, item, calls.wanted_columns)

    return Rows("the dataset", None, read)
