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
MODULES = ("contract", "errors", "middleware", "models", "relay", "sandbox", "telemetry", "testing", "webhooks")
"""Public modules."""
WITH_EXTRAS = ("sandbox", "telemetry")
"""Those of the public modules that need the packages of an extra."""
_EVENTS = "RespondStreamEvent"
_HOW = (
    "# To add a name, add it to EXPORTS in _generate/exports.py and run the command. Errors come from errors.py,\n"
    f"# stream events from the union {_EVENTS} in api/stream_events.py.\n"
)
_TEXT = '''"""The uniqOS API for Python: personality, emotional intelligence and relational memory for AI agents.

```python
from uniqos import UniqOS

client = UniqOS()  # UNIQOS_API_KEY in the environment
reply = client.respond(personality_id="pers_...", message="Hello!")
print(reply.response, reply.inferred_emotional_state)
if reply.http:
    print(reply.http.request_id, reply.http.retries, reply.http.rate_limit)
```

`UniqOS` is the client, `AsyncUniqOS` the same for asynchronous code. The namespaces of a client have a method for
each operation of the API, under the name that the official client gives it: `client.engine`, `client.personalities`,
`client.catalog`, `client.vocabularies`, `client.end_users`, `client.deletions`, `client.relationships`,
`client.interactions`, `client.me`, `client.sessions`, `client.organizations`, `client.invitations`,
`client.api_keys`, `client.billing` and `client.webhooks`. ``client.respond`` is short for ``client.engine.respond``.

Further modules: `uniqos.models`, `uniqos.errors`, `uniqos.fastapi`, `uniqos.middleware`, `uniqos.relay`,
`uniqos.webhooks`, `uniqos.telemetry`, `uniqos.sandbox`, `uniqos.testing`, `uniqos.contract`.

## The client

One client for the whole program is best. It works across threads and after a fork; the asynchronous one works under
asyncio and trio, and over several event loops. Close a client that you no longer need with ``with UniqOS() as
client:`` or ``client.close()``, an asynchronous one with ``async with`` or ``await client.aclose()``.

A client can be pickled, and the pickle contains its key. Within one process, pickles of clients with equal settings
load as the same client. So the tasks of a worker share its connections.

```python
patient = client.with_options(timeout=30, max_retries=5)  # the same connections
turn = {{"personality_id": "pers_...", "message": "Hello!"}}
print(patient.respond(turn, idempotency_key="order-17").response)
```

A key that rotates may be given as a function. It is called once for each call, and the key that it returns is kept
nowhere else:

```python
import os

from uniqos import UniqOS

client = UniqOS(lambda: os.environ["UNIQOS_API_KEY"])
print(client.respond(personality_id="pers_...", message="Hello!").response)
```

With `AsyncUniqOS` it may be a coroutine function.

## Pages, waiting, downloads

```python
from datetime import datetime, timedelta, timezone

for personality in client.personalities.iterate():
    print(personality.id, personality.name)

yesterday = datetime.now(timezone.utc) - timedelta(days=1)
for interaction in client.interactions.iterate(user_id="user_1", from_=yesterday):
    print(dict(interaction))
```

- ``iterate`` asks for one page after another, as they are needed. ``limit`` is the size of a page. It is a method of
  ``personalities``, ``end_users``, ``relationships``, ``interactions`` and ``billing.invoices``. With an asynchronous
  client use ``async for``.
- ``client.deletions.wait(receipt, timeout=600)`` asks until a deletion is completed.
- ``client.end_users.save_export("user_1", "export.json")``, ``client.organizations.save_export(...)`` and
  ``client.billing.invoices.save_pdf("inv_1", "invoice.pdf")`` write a download to a file, piece by piece. A download
  that fails leaves no file behind.
- ``client.billing.invoices.pdf`` returns the file in memory, with ``content``, ``content_type`` and ``save(path)``.

## Streams

```python
story = client.respond(personality_id="pers_...", message="Tell me a story.", stream=True).until_done()
print(story.text)
```

Nothing is sent until a stream is opened by ``with``, by ``open()`` or by iterating it. Opening checks the status,
retries like any call, and raises before the first event. ``timeout`` bounds the wait for the next event, ``deadline``
the whole stream. See `RespondStream` for how a stream ends.

## Limits

- ``timeout`` (90 seconds) bounds one attempt, ``deadline`` a whole call with its retries and waits. 0 is no limit.
  An error names the limit that was hit.
- ``max_connections`` (1,000) calls may be in flight at once. More wait for their turn.
- After a 429 every call with the same key waits as long as the API asks. Then the calls begin one by one, at the rate
  that the API names. Once this has begun, hardly any further call is refused.
- ``max_response_bytes`` (32 MiB) bounds an answer, and a stream as a whole. One event of a stream may have 8 MiB and
  100,000 JSON values. A larger event ends the stream with `NetworkError` ``stream_interrupted``.
- Redirects are not followed. An http:// address is refused for a live key, unless it is this machine.

`uniqos.errors` says when a call is retried.

## Network

``proxy="http://user:password@host:port"`` names a proxy; ``https://`` works too, and ``socks5://`` with the extra
``socks``. Without it the proxy variables of the environment count, but not for a sandbox on this machine.
``verify="authority.pem"`` trusts certificates of your own, and ``verify="system"`` those of the operating system, with
the extra ``truststore``. `uniqos.middleware` puts functions around each attempt. ``http_client=`` takes an httpx client
of yours: its hooks, auth, transport, default headers, params and cookies count, its ``base_url`` and ``timeout`` do
not.

## Logs, metrics, changes of the API

Logs go to the logger ``uniqos`` at ``log_level``, or to your ``logger=``: one of logging, structlog or loguru, or any
object with the four methods. A log line holds only the beginning of the key, no message, and no id of a person,
personality or turn. Text of a server is escaped and bounded there. A code that does not look like one is logged as
``unknown``; an error's ``code`` and ``envelope`` stay as they were sent.

``reply.http`` describes the HTTP side of every answer, event and error of a call that was tried: status (0 if no
answer came), request id, attempts, time, idempotency key, rate limit and headers. An `Observer` is told of every
call, without keys or texts. `uniqos.telemetry` makes spans and metrics of OpenTelemetry. ``warm_up()`` does in advance
what the first turn would wait for, and ``warm_up(connect=False)`` the part of it that needs no network:

```python
from uniqos import CallEnded, Observer


class Meter(Observer):
    def call_ended(self, event: CallEnded) -> None:
        print(f"{{event.operation}}: {{event.outcome}}, {{event.attempts}} attempt(s), {{event.elapsed_seconds:.3f}} s")


metered = client.with_options(observer=Meter())
metered.warm_up()
print(metered.respond(personality_id="pers_...", message="Hello!").response)
```

``on_drift=`` takes a function that hears of fields, words and events that this version does not know: once of each,
and without the text of a message.

```python
watchful = client.with_options(on_drift=print)
watchful.respond(personality_id="pers_...", message="Hello!")
```

## In a shell

With the extra ``cli``, ``uniqos api list`` prints all operations and where their shapes are known from: the docs, the
official SDK, or nowhere public (``undocumented``). ``uniqos api GET /v1/personalities`` makes one call. If a call may
have run and its answer did not come, the command prints its key. The same command with ``--idempotency-key KEY``
resumes it.

Nothing is imported before its name is used.
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
