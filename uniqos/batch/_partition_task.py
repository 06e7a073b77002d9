"""The work on one partition, which a worker process does on the event loop that it keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .._async.client import AsyncUniqOS
from .._base.model import Model
from ._async.batch import AsyncBatch
from ._emotions import emotion_of
from ._options import BatchOptions
from ._outcomes import Report
from ._partitions import Partition

__all__ = ["PartitionTask", "work_on"]


@dataclass(frozen=True, slots=True)
class PartitionTask:
    """The work on one partition.

    Attributes:
        partition: The partition.
        operation: Dotted name of the operation.
        return_format: As for a batch.
        options: Those of the partition's batch.
        rate_share: The part of the API's rate limit that a worker process may use.
    """

    partition: Partition
    operation: str
    return_format: Literal["text", "modulator_pack"] | None
    options: BatchOptions
    rate_share: float


async def work_on(
    task: PartitionTask,
    client: AsyncUniqOS,
    concurrency: int,
    note: Callable[[Report], None],
    emotions: Counter[str],
    running: set[AsyncBatch[Any]],
) -> Report:
    """Run the batch of one partition to its end; return its report.

    Args:
        task: The work.
        client: The client of this process.
        concurrency: How many calls may be under way.
        note: Is told of the progress.
        emotions: Counts the emotions that were found.
        running: Holds the batch while it runs, so that it can be stopped.
    """
    options: BatchOptions = {**task.options, "concurrency": concurrency, "on_progress": note}
    batch: AsyncBatch[Model] = AsyncBatch(
        client, task.operation, task.partition.read(), return_format=task.return_format, **options
    )
    running.add(batch)
    try:
        async with batch:
            async for result in batch:
                emotion = emotion_of(result)
                if emotion is not None:
                    emotions[emotion] += 1
    finally:
        running.discard(batch)
    return batch.report
