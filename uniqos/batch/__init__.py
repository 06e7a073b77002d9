"""Batches: one operation over many rows, of which none is paid twice.

From a file to a file:

```python
from uniqos import UniqOS
from uniqos.batch import Batch

fixed = {"personality_id": "pers_...", "mode": "stateless"}
with UniqOS() as client:
    batch = Batch(client, "respond", "tickets.csv", id="ticket", fixed=fixed, ledger="tickets.ledger")
    report = batch.write("answers.jsonl")
print(report.done, "done,", report.rejected, "rejected,", report.failed, "failed,", report.turns, "turns")
```

``id`` names the column that tells the records apart. Each other column fills the field of its own name, here
``message``. ``fixed`` has the fields that are the same for all rows. The ledger is a file that keeps the state of each
record. Run the same program again after a crash, and it continues.

From rows to results, each as it comes:

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
        ledger="rows.ledger",
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

``map`` fills a field from a column of another name. ``BatchOptions`` describes all options.

From a DataFrame to a DataFrame, with the extra ``batch``:

```python
import pandas
from uniqos import UniqOS
from uniqos.batch import Batch, to_arrow

tickets = pandas.DataFrame({"ticket": ["t-3", "t-4"], "message": ["Where is my parcel?", None]})
fixed = {"personality_id": "pers_...", "mode": "stateless"}
with UniqOS() as client:
    with Batch(client, "respond", tickets, id="ticket", fixed=fixed, ledger="frame.ledger") as batch:
        answers = to_arrow(batch).read_pandas()
print(answers[["record_id", "record_status", "response", "inferred_emotional_state.primary"]])
```

`AsyncBatch` is the same for an `AsyncUniqOS`, with ``async with``, ``async for`` and ``await batch.write(...)``. The
command ``uniqos batch`` does the same in a shell. A local sandbox answers it if no key is set.

## The ledger

The ledger notes a record as ``sent``, on the disk, before the request goes out. The request carries an idempotency key,
which derives from run, operation, record id and content. The answer is on the disk before it is yielded. So after a
crash:

- A record with an answer is never sent again.
- A record that was sent and has no answer is *unknown*: the API may have billed it. It is sent again with its own key,
  within ``key_window``. How long the API honours a key is not public. ``unknown="hold"`` leaves such records to people.
  After a crash, up to 1.5 times ``concurrency`` records are unknown.
- A row whose content was corrected is a new call, with another key.
- A failed record is sent again only with ``retry_failed=True``.

The retries that the client makes within one call use the key of the record too.

## Order, rate and budget

Stateful turns of one personality and user are sent one after the other, in the order of the input. So are changes of
one resource. All other calls run side by side, at most ``concurrency`` at once, and a rate limit slows all of them
down. ``max_turns`` bounds the turns that the API may bill for the ledger, over all runs.

An exhausted quota, an unpaid invoice, a wrong key or a missing scope stops the run. Then ``report.is_complete`` is
False, ``report.reason`` says what to do, and no output is written. The next run continues.

The first Ctrl-C lets the calls under way end, and the second one aborts them. This holds in a ``with`` block and in
``write``.

## Inputs

Rows are read as they are needed, so that memory stays flat. An input is an iterable of mappings or models, a DataFrame
of pandas, another object with ``__arrow_c_stream__`` (polars, DuckDB, pyarrow), or a path. The ending of a path says
its format, unless ``format`` does:

- ``.jsonl``: one JSON object a line. The number of a row is the number of its line.
- ``.csv`` and ``.tsv``: UTF-8, with the names of the columns in the first line. An empty cell is null. A row with
  broken quotes is rejected, and the lines after its first one are read as rows. A quote inside a cell without quotes,
  and text after a closing quote, are broken ones: cells or rows may have run into each other.
- ``.parquet``, ``.arrow`` and ``.feather``: they need pyarrow, which the extra ``batch`` installs. So does
  ``__arrow_c_stream__``.
- ``-``: standard input, as JSONL unless ``format`` says otherwise.

JSONL and CSV may be compressed by gzip, as ``.jsonl.gz`` and ``.csv.gz``. A file that is no table, such as an empty CSV
file, raises `InputError`.

Columns that are not sent are not checked. The cells of the others become JSON like this:

- NaN, NA and NaT are null, and a null is left out of the request. A Decimal and a UUID become text, a date and a time
  ISO 8601 text, an Enum its value. A scalar or array of numpy, pandas or pyarrow becomes the value that it holds.
- Text stays text. The field decides whether it takes ``"5"`` as a number.
- In a table, a text that begins with ``{`` or ``[`` is read as JSON if its field takes an object or a list. One such
  field is ``context``. In JSONL and in a mapping it stays text.

Some cells cannot be sent: bytes, infinite numbers, halves of surrogate pairs, text that is not UTF-8, and control
characters other than tab, line feed and carriage return. Their row is `Rejected`. Each of its ``problems`` has the path
of the cell, a code and the reason, and never the value. A row of more than 64 MiB is rejected too.
``batch.check(row)`` returns the problems of a row and sends nothing.

## Outputs

``batch.write("answers.jsonl")`` writes the results in the order of the input: answers to ``answers.jsonl``, rejected
rows and failed records to ``answers.rejects.jsonl``. The files appear when they are whole. A rerun writes the same
bytes.

A line of JSONL holds ``id``, ``row``, ``status``, the ``answer`` as the server sent it, ``idempotency_key``, and
``http``. In place of the answer, a rejected row has ``problems``, and a failed record ``error``.

With the ending ``.parquet``, the answers are a table with the columns of `arrow_schema`. These depend on the operation
alone, so that the files of all runs fit together. `to_arrow` makes such a table of any results. `read_results` and
`read_report` read a ledger without a client, also while a run goes on.

## Several processes and machines

A worker of ``concurrent.futures``, Dask or Celery may unpickle a client for each task. In one process, all these copies
are one client, which keeps its connections. Use ``UniqOS`` there: a task that calls ``asyncio.run`` gets a new event
loop, and an ``AsyncUniqOS`` opens new connections for it.

- ``uniqos.batch.dask.DaskBatch`` runs a batch on a Dask cluster, with the extra ``dask``.
- ``uniqos.batch.ray`` has a worker for ``map_batches`` of Ray Data.
- ``uniqos batch respond IN -o OUT --id COL --dask tcp://scheduler:8786`` runs a batch on a Dask cluster from a shell.

Each of them divides the rows into partitions with a ledger each, in a folder that all workers reach. A worker that is
killed costs no second turn. The workers share the rate that the API names.
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
