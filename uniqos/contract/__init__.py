"""The API's contract as an OpenAPI document, and its differences from another document.

```python
from uniqos import contract

document = contract.export()
print(document["openapi"], len(document["paths"]))
for difference in contract.diff(document):
    print(difference)
```

`export` writes every operation and model that this version knows. Shapes that no public source shows are marked
``undocumented``. `diff` compares them with a document of the vendor's. In a shell, with the extra ``cli``:
``uniqos contract export`` and ``uniqos contract diff openapi.json``. The document must be JSON, not YAML.
"""

from __future__ import annotations

from .comparison import Difference as Difference
from .diff import diff as diff
from .openapi import export as export

__all__ = ["Difference", "diff", "export"]
