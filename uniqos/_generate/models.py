"""The text of ``models.py``, which exports every model."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from .header import HEADER

_MODELS = '''"""The models of the API: requests, answers and their parts. Each is imported when it is first named.

```python
from uniqos import UniqOS
from uniqos.models import RespondRequest

client = UniqOS()
request = RespondRequest(personality_id="pers_...", message="Hello!")
result = client.respond(request)
print(result.response, result["response"], result.to_dict())
```

## Reading an answer

**Attributes are Python, subscripts are JSON**: ``x.created_at`` is a datetime, ``x["created_at"]`` the server's own
text. An answer is a read-only mapping over the JSON object that the server sent: ``x.get("y")``, ``dict(x)``,
``{{**x}}`` and ``x == {{...}}`` work. Three things differ from a dict:

- ``json.dumps(x)`` fails. Give it ``x.to_dict()`` or ``dict(x)``.
- Iterating over a page gives its keys. Iterate over ``page.data``, or call ``iterate()``.
- An answer is true even if it is empty.

Fields that the documentation shows are typed. Fields that it does not show are kept all the same. Read them by
subscripts, whose values have the type ``Any``. The docstring of such a model says ``undocumented``.

## Sending a request

A request is given as keywords, as a model of this module, as a mapping, or as any pydantic model. The same values
give the same bytes.

- **Keywords and models of this module**: only the fields that you set are sent. A field that you set to None is sent
  as null.
- **A pydantic model of yours, or a subclass of one of ours**: everything that its own serializer writes is sent, by
  alias and with its defaults. Only a None that nobody set, because it is a default, is left out. The same rule holds
  for a model inside another value, such as ``context``.
- **A mapping**: all its keys are sent, since the public contract is incomplete.
- **A misspelt keyword** raises TypeError if the request's fields are documented. If they are not, as in
  ``personalities.list``, every keyword is sent.

Values are written as pydantic writes them in JSON: a datetime or a UUID as text, a scalar of numpy as the Python
number. NaN and infinity are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports}

_WHERE: dict[str, tuple[str, ...]] = {{
{where}
}}
_MODULE = {{name: module for module, names in _WHERE.items() for name in names}}


if not TYPE_CHECKING:  # without this line a misspelt name would pass as Any

    def __getattr__(name: str) -> Any:
        if name not in _MODULE:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_MODULE[name], "uniqos"), name)
        return value

    __all__ = sorted(_MODULE)


def __dir__() -> list[str]:
    return sorted(_MODULE)
'''
_MODELS_BESIDES_API = {
    "._wire.file": ["File", "SavedFile"],
    "._wire.undeclared": ["UndocumentedAnswer"],
    "._base.model": ["Model", "RequestModel"],
    ".webhooks": ["WebhookEvent"],
}


def models(sources: Mapping[str, str]) -> str:
    """Write ``models.py``.

    Args:
        sources: File name to text of the modules of ``api/``.

    Returns:
        The text of ``models.py`` before ruff.
    """
    found = dict(_MODELS_BESIDES_API)
    for file, source in sources.items():
        names = [node.name for node in ast.parse(source, file).body if isinstance(node, ast.ClassDef)]
        names += re.findall(r"^(\w+) = TypeAliasType\(", source, re.MULTILINE)
        found[f".api.{file.removesuffix('.py')}"] = [name for name in names if not name.startswith("_")]
    rows = [(module, sorted(names)) for module, names in sorted(found.items()) if names]
    imports = [f"    from {module} import {name} as {name}" for module, names in rows for name in names]
    where = [f"    {module!r}: ({', '.join(map(repr, names))},)," for module, names in rows]
    return HEADER.format("api/") + _MODELS.format(imports="\n".join(imports), where="\n".join(where))
