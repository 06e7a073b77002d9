"""The names that ``import uniqos`` offers, and the text of ``uniqos/__init__.py``."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from .header import HEADER

EXPORTS: dict[str, tuple[str, ...]] = {
    "._sync.client": ("UniqOS",),
    "._async.client": ("AsyncUniqOS",),
    "._sync.stream": ("RespondStream",),
    "._async.stream": ("AsyncRespondStream",),
    "._base.http": ("HttpInfo", "RateLimit"),
    "._policy.drift": ("DriftReport", "OnDrift"),
    "._policy.logging": ("Logger", "LogLevel"),
    "._policy.observer": ("Observer", "CallStarted", "AttemptStarted", "Retrying", "FirstEvent", "CallEnded"),
    ".webhooks": ("WebhookEvent", "construct_event"),
}
"""Public names by module, in the order of ``__all__``. The stream events and the errors follow by themselves."""
MODULES = ("contract", "errors", "models", "sandbox", "testing", "webhooks")
"""Public modules."""
WITH_EXTRAS = ("sandbox",)
"""Those of the public modules that need the packages of an extra."""
_EVENTS = "RespondStreamEvent"
_HOW = (
    "# To add a name, add it to EXPORTS in _generate/exports.py and run the command. Errors come from errors.py,\n"
    f"# stream events from the union {_EVENTS} in api/stream_events.py.\n"
)
_TEXT = '''"""The uniqOS API for Python: personality, emotional intelligence and relational memory for AI agents.

    from uniqos import UniqOS

    client = UniqOS()  # UNIQOS_API_KEY in the environment
    reply = client.respond(personality_id="pers_...", message="Hello!")
    print(reply.response, reply.inferred_emotional_state)

Each name is imported when it is first used.
"""

from __future__ import annotations

import os as _os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ._version import __version__ as __version__

if TYPE_CHECKING:
{imports}

_WITH_EXTRAS = {with_extras!r}
"""Modules that need packages of an extra."""
_MODULES = {modules!r}
_WHERE: dict[str, tuple[str, ...]] = {{
{where}
}}
_PUBLIC = (*(name for names in _WHERE.values() for name in names), *_MODULES, "__version__")


def _before_fork() -> None:
    from ._base import fork as _fork  # another thread may be importing it at this moment

    _fork.before_fork()


if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(before=_before_fork)


if TYPE_CHECKING:
    __all__ = [
{public}
    ]
else:  # without these lines a misspelt name would pass as Any

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used (PEP 562)."""
        from importlib import import_module

        import_module("._base.fork", __name__)  # first of all, so that a fork in another thread waits for the rest
        if name == "__all__":
            return [
                public for public in _PUBLIC if public not in _WITH_EXTRAS or hasattr(sys.modules[__name__], public)
            ]
        if name in _WITH_EXTRAS:
            return _module_with_extras(name)
        if name in _MODULES:
            return import_module(f".{{name}}", __name__)
        for module, names in _WHERE.items():
            if name in names:
                value = globals()[name] = getattr(import_module(module, __name__), name)
                return value
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")


def _module_with_extras(name: str) -> ModuleType:
    """Import a module that needs packages of an extra; where one is missing, ``hasattr`` has to be false."""
    from importlib import import_module

    from ._extras import MissingExtraError, missing_part

    try:
        return import_module(f".{{name}}", __name__)
    except MissingExtraError as exc:
        raise missing_part(exc) from exc


def __dir__() -> list[str]:
    # Freezegun and others ask for every attribute that is listed here, which must not import packages of an extra.
    return sorted(name for name in _PUBLIC if name not in _WITH_EXTRAS or f"{{__name__}}.{{name}}" in sys.modules)
'''


def exports(events: str, errors: str, listed: Mapping[str, tuple[str, ...]] = EXPORTS) -> str:
    """Write the package's ``__init__.py``.

    Args:
        events: Source of ``api/stream_events.py``.
        errors: Source of ``errors.py``.
        listed: The other public names by module.

    Returns:
        The text before ruff.
    """
    where = {**listed, ".api.stream_events": _events(events), ".errors": _errors(errors)}
    names = [name for names in where.values() for name in names]
    imports = [f"    from . import {name} as {name}" for name in MODULES]
    imports += [f"    from {module} import {name} as {name}" for module, names in where.items() for name in names]
    return (
        HEADER.format("_generate/exports.py")
        + _HOW
        + _TEXT.format(
            imports="\n".join(imports),
            modules=MODULES,
            with_extras=WITH_EXTRAS,
            where="\n".join(f"    {module!r}: {names!r}," for module, names in where.items()),
            public="\n".join(f"        {name!r}," for name in (*names, *MODULES, "__version__")),
        )
    )


def _events(source: str) -> tuple[str, ...]:
    """Return the name of the union of the stream events, and those of its members."""
    for node in ast.parse(source, "stream_events.py").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == _EVENTS:
            assert isinstance(node.value, ast.Call)
            return (_EVENTS, *ast.unparse(node.value.args[1]).split(" | "))
    raise ValueError(f"api/stream_events.py does not define {_EVENTS}")


def _errors(source: str) -> tuple[str, ...]:
    """Return the names of the public classes of ``errors.py``, other names for them included."""
    found: list[str] = []
    for node in ast.parse(source, "errors.py").body:
        if isinstance(node, ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            found.append(ast.unparse(node.targets[0]))
    return tuple(name for name in found if not name.startswith("_"))
