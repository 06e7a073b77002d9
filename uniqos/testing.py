"""Helpers for the tests of a product: models, streams, errors, signatures, and a guard against real connections.

`build` makes a valid model. A test names only the fields that it is about:

```python
from uniqos.models import RespondResult
from uniqos.testing import build

reply = build(RespondResult, response="Hello!")
assert reply.response == "Hello!"
assert reply["response"] == "Hello!"
```

`stream` and `async_stream` make a stream of the given events, `error` an error of the API. They behave as real ones:

```python
from uniqos import QuotaExhaustedError
from uniqos.models import StreamEventCompletion, StreamEventMetadata
from uniqos.testing import build, error, stream

turn = stream([build(StreamEventMetadata), "Hel", "lo!", build(StreamEventCompletion)])
assert turn.until_done().text == "Hello!"

try:
    stream(["Hel", error("quota_exhausted")]).until_done()
except QuotaExhaustedError as failure:
    assert failure.code == "quota_exhausted"
```

Give them to a mock of the client, which refuses unknown methods:

```python
from unittest.mock import create_autospec

from uniqos import UniqOS
from uniqos.models import RespondResult
from uniqos.testing import build

fake = create_autospec(UniqOS, instance=True)
fake.respond.return_value = build(RespondResult, response="Hello!")  # or side_effect = error("quota_exhausted")
assert fake.respond(personality_id="pers_...", message="Hi!").response == "Hello!"
```

In a FastAPI service, put the mock in place of the process's client. The next call of this one is a quota that is used
up, which the browser must not hear of:

```python
import asyncio
from unittest.mock import create_autospec

import httpx
from fastapi import FastAPI
from uniqos import AsyncUniqOS
from uniqos.fastapi import get_client, install_error_handlers, turn_router
from uniqos.testing import async_stream, error

app = FastAPI()
install_error_handlers(app)
app.include_router(turn_router())

fake = create_autospec(AsyncUniqOS, instance=True)
fake.respond = lambda turn, **options: async_stream(["Hel", error("quota_exhausted")])
app.dependency_overrides[get_client] = lambda: fake


async def post(path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as browser:
        return await browser.post(path, json={"personality_id": "pers_...", "message": "Hi!"})


answer = asyncio.run(post("/turns/stream"))
assert "service_unavailable" in answer.text
assert "quota" not in answer.text
```

`sign` signs the delivery of a webhook. Give it the present time: the fixed one of `build` is refused as stale:

```python
from datetime import datetime, timezone

from uniqos import construct_event
from uniqos.models import WebhookEvent
from uniqos.testing import build, sign

sent = build(WebhookEvent, type="quota.threshold_reached", created_at=datetime.now(timezone.utc))
body = sent.model_dump_json()
event = construct_event(body, sign(body, "whsec_..."), "whsec_...")
assert event.type == "quota.threshold_reached"
```

`no_network` turns every call over a network into an error, for all clients in all threads:

```python
from uniqos import ConfigurationError, UniqOS
from uniqos.testing import no_network

with no_network(), UniqOS("uniq_test_abcd1234") as client:
    try:
        client.personalities.list()
    except ConfigurationError as error:
        assert error.code == "network_forbidden"
```

Calls that need no connection still work within it:

- respx, pytest-httpx and vcrpy, which replace the transports of httpx: they intercept the SDK's clients as they do
  httpx's own;
- a client with ``http_client=httpx.Client(transport=httpx.MockTransport(handler))``;
- `uniqos.sandbox.in_process`, which answers without a port.

`uniqos.sandbox` is a whole server to test against. `uniqos.pytest_plugin` has fixtures for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime, SecretStr
from pydantic_core import to_json

from . import errors
from ._base.fields import json_fields
from ._base.model import Model
from ._base.response import build_model
from ._network.sockets import forbidden

if TYPE_CHECKING:
    import httpx

    from ._async import stream as async_streams
    from ._sync import stream as streams
else:
    from ._base.hints import HintedModule

    async_streams = HintedModule("uniqos._async.stream")
    streams = HintedModule("uniqos._sync.stream")

__all__ = ["async_stream", "build", "error", "no_network", "sign", "stream"]

M = TypeVar("M", bound=Model)
_KEY = "uniq_test_0000000000000000"
_INSTANT = datetime(2026, 1, 1, tzinfo=timezone.utc)
_PLAIN: dict[Any, Any] = {
    bool: True,
    int: 1,
    float: 0.5,
    bytes: b"content",
    datetime: _INSTANT,
    AwareDatetime: _INSTANT,
    Path: Path("file"),
}


def build(model: type[M], **fields: Any) -> M:
    """Return a valid model. Required fields that are not given get fixed values; optional ones stay unset.

    Args:
        model: Any of ``uniqos.models``.
        **fields: The fields to set; nested ones may be models or mappings.

    Returns:
        The model.

    Raises:
        pydantic.ValidationError: A field does not fit.
    """
    required = {name: info.annotation for name, _, info in json_fields(model) if info.is_required()}
    made = {name: _value(name, annotation) for name, annotation in required.items() if name not in fields}
    return build_model(model)(**made, **fields)


def _value(name: str, annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None and isinstance(annotation, type) and issubclass(annotation, Model):
        return build(annotation)
    if origin is Literal or (origin in (Union, UnionType) and type(None) not in arguments):
        return arguments[0] if origin is Literal else _value(name, arguments[0])
    if origin in (Union, UnionType):
        return None
    if origin is Annotated:
        return _value(name, arguments[0])
    if origin is list:
        return []
    if origin in (dict, Mapping):
        return {}
    return _PLAIN.get(annotation, f"{name}_1")


def error(
    code: str,
    message: str = "Made by a test.",
    *,
    status: int | None = None,
    details: Any = None,
    request_id: str = "req_1",
    retry_after_seconds: float | None = None,
) -> errors.APIError:
    """An error of the API as a call raises it: its class, status and envelope belong to the code.

    Args:
        code: The API's code, e.g. ``quota_exhausted``.
        message: The API's words.
        status: HTTP status; by default the usual one of the code.
        details: The API's details.
        request_id: Id of the exchange.
        retry_after_seconds: Seconds that the API asks to wait.

    Returns:
        The error, to raise from a mock or to give to `stream`.
    """
    if status is None:
        status = errors.usual_answer(errors.error_class(code, None))[0]
    envelope = {"code": code, "message": message, "request_id": request_id, "details": details}
    return errors.api_error(status, {"error": envelope}, request_id=request_id, retry_after_seconds=retry_after_seconds)


def stream(
    events: Iterable[Model | Mapping[str, Any] | str | errors.APIError] | errors.APIError,
) -> streams.RespondStream:
    """A stream of a turn with these events, as ``UniqOS.respond(..., stream=True)`` returns it.

    It is a real stream behind a mocked transport. So it breaks as a real one does, if the events do not end with a
    completion or an error.

    Args:
        events: The events in order, as models or mappings. A text is a piece of the reply, and an error the event
            ``error``. An error instead of events is the refusal of the turn, which opening the stream raises.

    Returns:
        The stream, which has not been opened yet.
    """
    import httpx

    from ._sync.client import UniqOS

    answer = _answer(events)
    transport = httpx.MockTransport(lambda request: answer)
    client = UniqOS(_KEY, http_client=httpx.Client(transport=transport), max_retries=0, log_level="silent")
    return client.respond(personality_id="pers_1", message="Hello!", stream=True)


def async_stream(
    events: Iterable[Model | Mapping[str, Any] | str | errors.APIError] | errors.APIError,
) -> async_streams.AsyncRespondStream:
    """A stream of a turn with these events, as ``AsyncUniqOS.respond(..., stream=True)`` returns it.

    Args:
        events: As for `stream`.

    Returns:
        The stream, which has not been opened yet.
    """
    import httpx

    from ._async.client import AsyncUniqOS

    answer = _answer(events)
    transport = httpx.MockTransport(lambda request: answer)
    client = AsyncUniqOS(_KEY, http_client=httpx.AsyncClient(transport=transport), max_retries=0, log_level="silent")
    return client.respond(personality_id="pers_1", message="Hello!", stream=True)


def _answer(
    events: Iterable[Model | Mapping[str, Any] | str | errors.APIError] | errors.APIError,
) -> httpx.Response:
    """Return the HTTP answer that holds the events, or the refusal."""
    import httpx

    if isinstance(events, errors.APIError):
        headers = {"X-Request-Id": events.request_id or "req_1"}
        if events.retry_after_seconds is not None:
            headers["Retry-After"] = f"{events.retry_after_seconds:g}"
        body = {"error": dict(_error_envelope(events))}
        return httpx.Response(events.http_status or errors.usual_answer(type(events))[0], json=body, headers=headers)
    content = b"".join(map(_frame, events))
    return httpx.Response(200, content=content, headers={"Content-Type": "text/event-stream", "X-Request-Id": "req_1"})


def _error_envelope(refusal: errors.APIError) -> Mapping[str, Any]:
    if refusal.envelope is not None:
        return refusal.envelope
    code = refusal.code if refusal.code != "api_error" else errors.usual_answer(type(refusal))[1]
    return {"code": code, "message": refusal.message, "details": refusal.details}


def _frame(event: Model | Mapping[str, Any] | str | errors.APIError) -> bytes:
    from ._turn.relay import RelayedEvent, event_name, event_text, frame
    from .api.stream_events import StreamEventError, StreamEventText

    if isinstance(event, str):
        event = build(StreamEventText, delta=event)
    elif isinstance(event, errors.APIError):
        known = _error_envelope(event)
        event = build(StreamEventError, code=known["code"], message=known["message"])
    if isinstance(event, Model):
        return frame(RelayedEvent(event_name(event), event_text(event)))
    return frame(RelayedEvent(str(event.get("type", "message")), to_json(dict(event)).decode()))


def sign(body: bytes | str, secret: str | SecretStr) -> str:
    """The signature of a webhook delivery, for the header ``x-uniqos-signature``.

    Args:
        body: The raw body, exactly as the test sends it.
        secret: The secret of the endpoint under test.

    Returns:
        ``sha256=`` and 64 hexadecimal digits.

    Source: docs and official SDK.
    """
    from .webhooks import signature_of

    text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    return signature_of(body.encode() if isinstance(body, str) else body, text)


@contextmanager
def no_network() -> Iterator[None]:
    """Make any call over a network an error, for all clients in all threads, until the block ends.

    Connections that are open already are not used either. Calls without a connection still work: through libraries
    that mock httpx, an ``http_client`` whose transport is a mock, and ``uniqos.sandbox.in_process()``. Your own
    transport around one of httpx's counts as a mock, so its calls are not stopped.

    Raises:
        ConfigurationError: ``network_forbidden``: raised by a call, before anything is sent.
    """
    with forbidden("no_network() forbids it; use a mock, or uniqos.sandbox.in_process()"):
        yield
