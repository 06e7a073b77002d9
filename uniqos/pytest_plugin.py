"""Fixtures for the tests of a product: one sandbox for the session, reset for each test, and clients of it.

```python
import pytest


def test_a_greeting(uniqos_sandbox, uniqos_client):
    reply = uniqos_client.respond(personality_id=uniqos_sandbox.personality_id, message="Hello!")
    assert reply.response


@pytest.mark.uniqos_fault(path="/v1/respond", code="rate_limit_exceeded", retry_after="0", times=1)
def test_a_limit_is_waited_for(uniqos_sandbox, uniqos_client):
    reply = uniqos_client.respond(personality_id=uniqos_sandbox.personality_id, message="Hello!")
    assert reply.http.retries == 1
```

A ``conftest.py`` may choose the options of the sandbox, which are ``uniqos.sandbox.ServerOptions``:

```python
import pytest


@pytest.fixture(scope="session")
def uniqos_sandbox_options():
    return {"seed": 7}
```

Pytest loads this module in every run once the package is installed, so it imports nothing before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from uniqos import AsyncUniqOS, UniqOS
    from uniqos.sandbox import Sandbox, ServerOptions


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "uniqos_fault(**rule): a fault of the sandbox for this test, see Sandbox.fault")


@pytest.fixture(scope="session")
def uniqos_sandbox_options() -> ServerOptions:
    """Return the options of the sandbox. Override this fixture to choose others; ``pause`` is 0 by default."""
    return {}


@pytest.fixture(scope="session")
def _uniqos_server(uniqos_sandbox_options: ServerOptions) -> Iterator[Sandbox]:
    from uniqos.sandbox import serve

    options: ServerOptions = {"pause": 0, **uniqos_sandbox_options}
    with serve(**options) as running:
        yield running


@pytest.fixture
def uniqos_sandbox(_uniqos_server: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """Return the running sandbox: one server for the session, reset for each test, with the faults of its markers."""
    _uniqos_server.reset()
    for marker in reversed(list(request.node.iter_markers("uniqos_fault"))):
        if marker.args:
            raise pytest.UsageError(
                'uniqos_fault takes only keywords, as in uniqos_fault(path="/v1/respond", drop=True)'
            )
        _uniqos_server.fault(**marker.kwargs)
    return _uniqos_server


@pytest.fixture
def uniqos_client(uniqos_sandbox: Sandbox) -> Iterator[UniqOS]:
    """Give a client of the sandbox."""
    with uniqos_sandbox.client() as client:
        yield client


@pytest.fixture
def async_uniqos_client(uniqos_sandbox: Sandbox) -> Iterator[AsyncUniqOS]:
    """Give an asynchronous client of the sandbox, for every plugin that runs asynchronous tests.

    It reaches the same sandbox without sockets, so that nothing has to be closed in the event loop of the test.
    """
    with uniqos_sandbox.in_process_async_client() as client:
        yield client
