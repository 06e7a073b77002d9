"""A batch on a Dask cluster: its rows divided among worker processes, each record paid for once.

```python
# Extra: dask
from dask.distributed import Client, LocalCluster

import uniqos
from uniqos.batch.dask import DaskBatch

if __name__ == "__main__":
    with LocalCluster(n_workers=2) as cluster, Client(cluster) as dask:
        batch = DaskBatch(
            uniqos.UniqOS(), "respond", "reviews.csv", id="review", map={"message": "text"},
            fixed={"personality_id": "pers_1"}, ledger="reviews.ledgers", dask=dask,
        )
        report = batch.write("answers.jsonl")
    print(report.done, "answers,", report.turns, "turns")
```

The rows are divided into partitions, as files in a folder, and each partition has a ledger. Each worker process has one
event loop and one client, which outlive a task. If a worker dies, Dask gives its partitions to another worker, which
goes on with the ledgers. A second run does so too.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from heapq import merge
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from .. import AsyncUniqOS, UniqOS
from .._extras import missing_extra

try:
    import distributed
    from distributed.diagnostics.plugin import WorkerPlugin
except ImportError as exc:
    raise missing_extra("uniqos.batch.dask needs dask.distributed", "dask") from exc
