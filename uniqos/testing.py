"""Helpers for tests of your product: valid models, and a guard against real connections.

`build` makes a valid model. A test names only the fields that it is about:

```python
from uniqos.models import RespondResult
from uniqos.testing import build

reply = build(RespondResult, response="Hello!")
assert reply.response == "Hello!"
assert reply["response"] == "Hello!"
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

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime

from ._base.fields import json_fields
from ._base.model import Model
from ._base.response import build_model
from ._network.sockets import forbidden

__all__ = ["build", "no_network"]

M = TypeVar("M", bound=Model)
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
