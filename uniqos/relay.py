"""The policy of a service that passes turns on: its answers to its own callers, for any web framework.

A service with `uniqos.fastapi` follows this policy by itself. Any other framework follows it with three functions,
which neither need nor import FastAPI: `relay_error` for a call that failed, `relay_event` for an event of a stream, and
`relay_failure` for a stream that broke. ``stream.frames()`` does the last two for server-sent events.

```python
from uniqos import UniqOSError
from uniqos.relay import relay_error
from uniqos.testing import error


def answer(failure: UniqOSError) -> tuple[int, dict[str, str], bytes]:
    relayed = relay_error(failure)
    if relayed.is_masked:
        print(f"hidden from the caller: {failure.code} {failure.request_id}")
    return relayed.status, relayed.headers, relayed.content


assert answer(error("rate_limit_exceeded", retry_after_seconds=2))[:2] == (
    429,
    {"X-Request-Id": "req_1", "Retry-After": "2"},
)
assert answer(error("quota_exhausted"))[0] == 503
```

Register such a function as the handler of `UniqOSError`: ``exception_handlers=`` of Litestar and Starlette,
``app.errorhandler`` of Quart. Open a stream before the response begins, so that a refusal keeps its status:
``await client.respond(..., stream=True)``, and then send ``stream.frames()``.
"""

from __future__ import annotations

from ._turn.relay import RelayedError as RelayedError
from ._turn.relay import RelayedEvent as RelayedEvent
from ._turn.relay import frame as frame
from ._turn.relay import relay_error as relay_error
from ._turn.relay import relay_event as relay_event
from ._turn.relay import relay_failure as relay_failure

__all__ = ["RelayedError", "RelayedEvent", "frame", "relay_error", "relay_event", "relay_failure"]
