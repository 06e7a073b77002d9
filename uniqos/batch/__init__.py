"""Batches: one operation over many rows, of which none is paid twice.

Rows go in, typed answers come out, and a ledger holds the state of each record. Run the same program again after a
crash, and it goes on where it was:

```python
from uniqos import UniqOS
from uniqos.batch import Batch

rows = [{"ticket": "t-1", "text": "Where is my parcel?"}, {"ticket": "t-2", "text": "Thank you!"}]

with UniqOS() as client:
    turns = Batch(
        client,
        "respond",
        rows,
        id="ticket",
        map={"message": "text"},
        fixed={"personality_id": "pers_...", "mode": "stateless"},
        ledger="tickets.ledger",
        max_turns=1_000,
    )
    with turns as batch:
        for result in batch:
            if result.status == "done":
                print(result.id, result.answer.response)
            elif result.status == "rejected":
                print(result.id, [problem.reason for problem in result.problems])
            else:
                print(result.id, result.error.code)
    print(batch.report.is_complete, batch.report.turns)
```

`AsyncBatch` is the same for an `AsyncUniqOS`, with ``async with`` and ``async for``.

## What is kept, and when

A record is noted as ``sent`` on the disk before its request goes out, with an idempotency key that derives from run,
operation, record id and content. Its answer is on the disk before it is yielded. So after a crash:

- a record whose answer came is never sent again;
- a record without an answer is *unknown*. It is sent again with its own key, within ``key_window``. How long the API
  honours a key is not public; ``unknown="hold"`` leaves such records for people. After a crash, up to 1.5 times
  ``concurrency`` records are unknown;
- a row whose content was corrected is a new call, with another key;
- a failed record is sent again only with ``retry_failed=True``.

The client's own retries within one call use the record's key too.

## Order, rate and budget

Stateful turns of one personality and user run one after the other, in the order of the input. So do changes of one
resource. All other calls run side by side, ``concurrency`` at once, and a rate limit slows all of them down.
``max_turns`` bounds the turns that the ledger may cost over all runs. An exhausted quota, an unpaid invoice, a wrong
key or a missing scope ends the run: ``report.stopped`` says why, ``report.is_complete`` is False, and the next run goes
on. In a ``with`` block, the first Ctrl-C lets the calls under way end, and the second one aborts.
"""

from ._async.batch import AsyncBatch
from ._calls import ROW_NUMBER
from ._errors import BatchError
from ._options import BatchOptions
from ._outcomes import Done, Failed, Rejected, Report, Result
from ._problems import Problem
from ._results import read_report, read_results
from ._row import InputError, Row
from ._sync.batch import Batch

__all__ = [
    "AsyncBatch",
    "Batch",
    "BatchError",
    "BatchOptions",
    "Done",
    "Failed",
    "InputError",
    "Problem",
    "ROW_NUMBER",
    "Rejected",
    "Report",
    "Result",
    "Row",
    "read_report",
    "read_results",
]
