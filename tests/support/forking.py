"""Program that forks while another thread is held at one point of its first call, and makes calls in the child.

``python -m tests.support.forking POINT URL CERTIFICATES`` prints the answers to the child.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import sys
import threading
import time
import warnings
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from typing import Any

import uniqos

HELD_SECONDS = 0.4
KEY = "uniq_test_abcdefgh12"
TURN = {"personality_id": "p", "message": "m"}
POINTS: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "the client is imported": ("import", "uniqos._sync.client", lambda _: uniqos.UniqOS),
    "the async client is imported": ("import", "uniqos._async.client", lambda _: uniqos.AsyncUniqOS),
    "a dependency of the client is imported": ("import", "pydantic.main", lambda _: uniqos.UniqOS),
    "the connection pool is imported": ("import", "uniqos._sync.transport.pool", lambda _: warm_up()),
    "the library under the pool is imported": (
        *("import", "httpcore._sync.http11"),
        lambda _: warm_up(),
    ),
    "the namespace is imported": (
        "import",
        "uniqos._sync.namespaces.personalities",
        lambda _: uniqos.UniqOS(KEY).personalities,
    ),
    "the models of the namespace are imported": (
        *("import", "uniqos.api.personalities"),
        lambda _: uniqos.UniqOS(KEY).personalities,
    ),
    "a model is built": ("build", "RespondRequest", lambda _: warm_up()),
    "the model of an answer is built": ("build", "RespondResult", lambda _: warm_up()),
    "the TLS context is made": ("tls", "", lambda certificates: make_context(certificates)),
}
"""Points at which the other thread is held: the kind, the module or model, and the thread's work."""
held = threading.Event()


def hold_first_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function``, but hold the first call in another thread than the main one for ``HELD_SECONDS``."""

    def hold(*arguments: Any, **options: Any) -> Any:
        if threading.current_thread() is not threading.main_thread() and not held.is_set():
            held.set()
            time.sleep(HELD_SECONDS)
        return function(*arguments, **options)

    return hold


class HoldImport(MetaPathFinder):
    """Finder that holds the import of one module."""

    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname == self.module:
            hold_first_call(lambda: None)()


def warm_up() -> None:
    with uniqos.UniqOS(KEY, base_url="http://127.0.0.1:9", max_retries=0) as client:
        try:
            client.warm_up()
        except uniqos.NetworkError:
            pass  # no server listens on port 9


def make_context(certificates: str) -> None:
    from uniqos._network.certificates import ssl_context

    ssl_context(certificates)


def calls(url: str, certificates: str) -> str:
    client = uniqos.UniqOS(KEY, base_url=url, verify=certificates, timeout=10)
    client.personalities.list()
    return client.respond(**TURN).response


async def async_calls(url: str, certificates: str) -> str:
    async with uniqos.AsyncUniqOS(KEY, base_url=url, verify=certificates, timeout=10) as client:
        await client.personalities.list()
        return (await client.respond(**TURN)).response


def main(point: str, url: str, certificates: str) -> None:
    kind, name, work = POINTS[point]
    if kind == "import":
        sys.meta_path.insert(0, HoldImport(name))
    elif kind == "build":
        model = getattr(uniqos.models, name)
        model.model_rebuild = hold_first_call(model.model_rebuild)
    else:
        ssl.create_default_context = hold_first_call(ssl.create_default_context)
    thread = threading.Thread(target=work, args=(certificates,))
    thread.start()
    assert held.wait(10)
    child = os.fork()
    if child == 0:
        signal.alarm(15)
        print(calls(url, certificates), asyncio.run(async_calls(url, certificates)), flush=True)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    thread.join()
    sys.exit(status)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
