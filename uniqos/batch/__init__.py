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

## Inputs

Rows are read while they are sent, in flat memory. An input is an iterable of mappings or models, a DataFrame of pandas,
any other object with ``__arrow_c_stream__`` (polars, DuckDB, pyarrow), or a path:

- ``.jsonl``: one JSON object a line. The number of a row is the number of its line.
- ``.csv``: UTF-8, with the names of the columns in the first line. An empty cell is null. Quotes that are broken cost
  their line alone; the lines after it are read as rows. A quote inside a cell without quotes, and text after a
  closing quote, are broken ones: such a row is `Rejected`, since cells or rows may have run into each other.
- ``.parquet``, ``.arrow``, ``.feather``: these, and the frames except for pandas, need pyarrow.
- ``-``: standard input, which is JSONL unless ``format`` names another one.

JSONL and CSV may be compressed by gzip. Columns that are not sent are not checked. A null is left out of the request.
The cells become JSON like this:

- NaN, NA and NaT are null. A Decimal and a UUID become text, a date and a time ISO 8601 text, an Enum its value. A
  scalar or array of numpy, pandas or pyarrow becomes the value that it holds.
- Text stays text: the field decides whether ``"5"`` is a number.
- In a table, a text that begins with ``{`` or ``[`` is read as JSON if its field takes an object or a list, such as
  ``context``. In JSONL and in a mapping, text stays text there too.
- Bytes, infinite numbers, halves of surrogate pairs, text that is not UTF-8, and control characters other than tab,
  line feed and carriage return cannot be sent. Such a row is `Rejected`, with the path of the cell, a code and the
  reason, which never holds the value. So is a row of more than 64 MiB.

A file that is no table at all, e.g. because its header is missing, raises an `InputError`.

## Outputs

A file of results is JSONL or Parquet, by its ending. It appears under its name when it is whole, and a rerun writes the
same bytes. A line of JSONL holds ``id``, ``row``, ``status``, the ``answer`` as the server sent it,
``idempotency_key``, and ``http``. Rejects have ``problems``, and failures an ``error``. The columns of Parquet are
those of `arrow_schema`, and depend on the operation alone. `to_arrow` makes such a table of any results:

```python
import pandas
from uniqos import UniqOS
from uniqos.batch import Batch, to_arrow

tickets = pandas.DataFrame({"ticket": ["t-3", "t-4"], "message": ["Where is my parcel?", None]})

with UniqOS() as client:
    fixed = {"personality_id": "pers_...", "mode": "stateless"}
    with Batch(client, "respond", tickets, id="ticket", fixed=fixed, ledger="frame.ledger") as batch:
        answers = to_arrow(batch).read_pandas()
print(answers[["record_id", "record_status", "response", "inferred_emotional_state.primary"]])
```

## Several processes and machines

A worker of ``concurrent.futures``, Dask or Celery may unpickle a client for each task. All copies are one
client, which keeps its connections. A task that calls ``asyncio.run`` gets a new event loop, and so opens new
connections. Use ``UniqOS`` there.

- ``uniqos.batch.dask.DaskBatch`` runs a batch on a Dask cluster, with the extra ``dask``;
- ``uniqos.batch.ray`` has a worker for ``map_batches`` of Ray Data;
- ``uniqos batch respond IN -o OUT --id COL --dask tcp://scheduler:8786`` does the same from a shell.

The rows are divided into partitions with a ledger each, in a folder that all workers reach. A worker that is killed
costs no second turn. The workers share the rate that the API names.
"""

from ._arrow import to_arrow
from ._async.batch import AsyncBatch
from ._calls import ROW_NUMBER
from ._columns import arrow_schema
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
    "arrow_schema",
    "read_report",
    "read_results",
    "to_arrow",
]
