"""A local server that stands in for the API: every endpoint, with state, streams, billing, webhooks and errors.

It infers emotions with a word list, and makes replies from templates that the personality's Big Five colour. That is
enough to build and test a product offline; it is not the real engine. Where the public contract leaves something open,
the shapes are the sandbox's own, and ``GET /_sandbox/parity`` says for each operation how near it is to the API.

The sandbox needs the extra ``sandbox``. No other part of the package imports it.

## Run it

``serve`` runs it in a thread, on a free port of this machine:

```python
import uniqos

with uniqos.sandbox.serve() as sandbox, sandbox.client() as client:
    reply = client.respond(personality_id=sandbox.personality_id, message="I miss my dog.")
    print(reply.response, reply.inferred_emotional_state.primary)
    assert sandbox.turns_billed == 1
```

``in_process`` needs no port; clients reach the application directly:

```python
import asyncio

import uniqos


async def main() -> None:
    with uniqos.sandbox.in_process() as sandbox, sandbox.in_process_async_client() as client:
        stream = client.respond(personality_id=sandbox.personality_id, message="Hello!", stream=True)
        print((await stream.until_done()).text)


asyncio.run(main())
```

``uniqos sandbox`` runs it on the command line until Ctrl-C, and ``run`` does the same in a program. Both show live
requests, billed turns and the emotions of each relationship on the page ``/_sandbox/``. They and ``serve``
take the options of ``ServerOptions``, such as a ``database`` that survives a restart; ``in_process`` takes those of
``SandboxOptions``.

The sandbox answers to addresses, to names without dots and to ``*.localhost`` and ``*.internal``, so that no foreign
web page can use it. With ``host="0.0.0.0"`` other machines reach it, and the routes under ``/_sandbox`` require the
header ``Authorization: Bearer TOKEN`` with the ``admin_token``.

## Make it fail

A mark in a message asks for an error, for a fault of its stream, or for an emotion. ``GET /`` lists all marks, and the
header ``X-Uniqos-Sandbox`` takes them for operations without a message:

```python
import uniqos

with uniqos.sandbox.serve() as sandbox, sandbox.client(max_retries=0) as client:
    turn = {"personality_id": sandbox.personality_id}
    try:
        client.respond(**turn, message="[[uniqos:error=rate_limit_exceeded;retry_after=3]] Hello!")
    except uniqos.RateLimitError as error:
        assert error.retry_after_seconds == 3
    try:
        client.respond(**turn, message="[[uniqos:stream=drop_after:3]] Hello!", stream=True).until_done()
    except uniqos.NetworkError as error:
        assert error.code == "stream_interrupted"
    joyful = client.respond(**turn, message="[[uniqos:emotion=joy]] Hello!")
    assert joyful.inferred_emotional_state.primary == "joy"
    try:
        client.personalities.list(headers={"X-Uniqos-Sandbox": "error=service_unavailable"})
    except uniqos.ServiceUnavailableError as error:
        print(error)
```

``Sandbox.fault`` adds a ``Rule`` for the requests to come, and ``Sandbox.proxy`` breaks connections below HTTP:

```python
import uniqos

with uniqos.sandbox.serve() as sandbox:
    with sandbox.client() as client:
        sandbox.fault(path="/v1/respond", code="service_unavailable", retry_after="0", times=2)
        reply = client.respond(personality_id=sandbox.personality_id, message="Hello!")
        assert reply.http.retries == 2

    with sandbox.proxy("reset_before_request", times=1) as url, sandbox.client(base_url=url) as client:
        reply = client.respond(personality_id=sandbox.personality_id, message="Hello!")
        assert reply.http.retries == 1
```

## Look at it, and move its time

``Sandbox.journal`` holds the last requests. ``Sandbox.clock`` can be frozen and moved, and everything goes by it:
deletions, billing periods, keys and sessions. ``Sandbox.reset`` goes back to the state of a new sandbox:

```python
import uniqos

with uniqos.sandbox.serve() as sandbox, sandbox.client() as client:
    client.end_users.create(user_id="ada")
    receipt = client.end_users.delete("ada")
    sandbox.clock.advance(24 * 3600)
    assert client.deletions.get(receipt.deletion_id).status == "completed"
    print([(entry["method"], entry["path"], entry["status"]) for entry in sandbox.journal.entries()])
    sandbox.reset()
```

## Webhooks

The sandbox signs webhooks, and repeats a delivery that fails. The admin route ``/_sandbox/webhooks/{id}/emit`` sends
one on demand. Its field ``bad`` asks for one that the receiver must not trust: ``stale``, ``duplicate``,
``wrongly_signed``, ``unsigned`` or ``cut``.

```python
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import uniqos

deliveries = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        deliveries.append((body, self.headers["X-Uniqos-Signature"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


with uniqos.sandbox.serve() as sandbox, sandbox.client() as client, HTTPServer(("127.0.0.1", 0), Receiver) as server:
    receiver = threading.Thread(target=server.handle_request)
    receiver.start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    webhook = client.webhooks.create(url=url, subscriptions=["payment.failed"])
    event = {"type": "payment.failed", "data": {"amount_cents": 4900}}
    httpx.post(f"{sandbox.url}/_sandbox/webhooks/{webhook.id}/emit", json=event, trust_env=False)
    receiver.join()
    ((body, signature),) = deliveries
    print(uniqos.webhooks.construct_event(body, signature, webhook.secret).type)
```

## A language model

With the options ``llm`` and ``llm_model`` any OpenAI-compatible server makes the replies instead of the templates. Its
key, if it needs one, comes from the variable ``UNIQOS_LLM_API_KEY``. Emotions, memory and billing stay the sandbox's.

```bash
uniqos sandbox --llm http://127.0.0.1:11434/v1 --llm-model llama3.2
```

## Fixtures for pytest

With the package installed pytest has the fixtures ``uniqos_sandbox``, ``uniqos_client`` and ``async_uniqos_client``,
and the marker ``uniqos_fault``:

```python
import pytest


@pytest.mark.uniqos_fault(path="/v1/respond", code="rate_limit_exceeded", retry_after="0", times=1)
def test_a_limit_is_waited_for(uniqos_sandbox, uniqos_client):
    reply = uniqos_client.respond(personality_id=uniqos_sandbox.personality_id, message="Hello!")
    assert reply.http.retries == 1
    assert uniqos_sandbox.turns_billed == 1
```

``uniqos_sandbox`` is one server for the session, reset for each test. A ``conftest.py`` chooses its options by a
fixture of the session with the name ``uniqos_sandbox_options``, which returns ``ServerOptions``.
"""

from __future__ import annotations

from .._extras import missing_extra

try:
    from .faults.proxy import FAULTS as FAULTS
    from .faults.proxy import Fault as Fault
    from .faults.rules import Latency as Latency
    from .faults.rules import Rule as Rule
    from .options import SandboxOptions as SandboxOptions
    from .options import ServerOptions as ServerOptions
    from .server import Sandbox as Sandbox
    from .server import in_process as in_process
    from .server import run as run
    from .server import serve as serve
    from .state.clock import Clock as Clock
    from .state.journal import Journal as Journal
except ModuleNotFoundError as _missing:
    if (_missing.name or "").partition(".")[0] not in ("fastapi", "starlette", "uvicorn", "vaderSentiment"):
        raise
    raise missing_extra(f"the sandbox needs {_missing.name}", "sandbox") from None

__all__ = [
    "FAULTS",
    "Clock",
    "Fault",
    "Journal",
    "Latency",
    "Rule",
    "Sandbox",
    "SandboxOptions",
    "ServerOptions",
    "in_process",
    "run",
    "serve",
]
