"""A worker for Ray Data, which answers the rows of a dataset and pays for each record once.

```python
# Extra: ray
import ray

import uniqos
from uniqos.batch.ray import RayWorker

reviews = ray.data.read_csv("reviews.csv")
answers = reviews.map_batches(
    RayWorker,
    fn_constructor_kwargs={
        "client": uniqos.UniqOS(),
        "operation": "respond",
        "id": "review",
        "map": {"message": "text"},
        "fixed": {"personality_id": "pers_1", "mode": "stateless"},
        "ledger": "/shared/reviews.ledgers",
        "workers": 4,
    },
    batch_format="pyarrow",
    batch_size=1_000,
    concurrency=4,
)
answers.write_parquet("answers")
```

Ray keeps an actor for each worker, and the actor keeps one event loop, one client and one ledger for each block of ids.
"""
