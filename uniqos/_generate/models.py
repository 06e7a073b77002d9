"""The text of ``models.py``, which exports every model."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from .header import HEADER

_MODELS = '''"""Every model of the API, imported on first use: ``from uniqos.models import RespondRequest``."""

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
