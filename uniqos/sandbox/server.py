"""The running sandbox: in a thread, in the main thread of a process, or without a server."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import Unpack
from uvicorn.protocols.http.h11_impl import H11Protocol

from .._async.client import AsyncUniqOS
from .._base.secret import hide_options
from .._sync.client import UniqOS
from .._wire.urls import is_loopback
from ..errors import ConfigurationError
from .app import make_app
from .faults.proxy import Fault, proxy
from .faults.rules import make_rule
from .http.call import Settings
from .http.caller import ACCESS_TOKEN, API_KEY
from .http.guard import Guard
from .inprocess import ApplicationThread, AsyncTransport, Transport
from .inspect.admin import reset
from .llm import Llm
from .options import SandboxOptions, ServerOptions, check_options
from .persona.seeds import DEFAULT_ID
from .refusal import ConnectionDrop
from .routes.personalities import seed
from .state.clock import Clock
from .state.journal import Journal
from .state.store import Store

_NO_SERVER = "http://127.0.0.1:1"
"""The base URL of a sandbox in process. Nothing listens there."""
_CONNECTABLE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""By address that stands for all addresses of the machine: one of them that a client can connect to."""
_log = logging.getLogger("uniqos.sandbox.server")
_log.addFilter(
    lambda record: not (record.exc_info and isinstance(record.exc_info[1], (ConnectionDrop, asyncio.CancelledError)))
)


class _Protocol(H11Protocol):
    """uvicorn's HTTP protocol with the logger of the sandbox, which leaves out intended connection drops."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = _log
        self.access_log = False


@dataclass
class Sandbox:
    """A running sandbox, as ``serve``, ``run`` and ``in_process`` give it.

    Attributes:
        url: Its base URL, such as ``http://127.0.0.1:4010``.
        api_key: An API key that it accepts.
        access_token: A portal access token that it accepts, for ``personalities.dry_run``.
        personality_id: A personality that always exists.
        admin_token: The token for the routes under ``/_sandbox`` (``Authorization: Bearer TOKEN``) where other machines
            can reach the sandbox. None at a loopback address, where these routes need no token.
    """

    url: str
    api_key: str
    access_token: str
    personality_id: str
    _settings: Settings = field(repr=False)
    _app: ASGIApp = field(repr=False)
    admin_token: str | None = field(default=None, repr=False)

    @property
    def turns_billed(self) -> int:
        """The number of turns that were billed since the start, the last ``reset``, or the creation of the database."""
        return self._settings.store.count("turns_billed", 0)

    @property
    def clock(self) -> Clock:
        """The clock of the sandbox, by which all its periods, deletions and expiries go.

        ```python
        from datetime import datetime, timezone

        import uniqos

        with uniqos.sandbox.serve() as sandbox:
            with sandbox.client() as client:
                client.billing.subscription.get()  # the first billing period begins
                sandbox.clock.advance(31 * 24 * 3600)  # seconds
                print(client.billing.invoices.list().data[0]["status"])
            sandbox.clock.freeze(datetime(2030, 1, 1, tzinfo=timezone.utc))
            print(sandbox.clock.text())  # 2030-01-01T00:00:00.000Z
            sandbox.clock.resume()
        ```
        """
        return self._settings.clock

    @property
    def journal(self) -> Journal:
        """The last 1,000 requests and their answers, without bodies and credentials.

        ``entries()`` gives one dict for each request, newest first. ``calls()`` puts the attempts of one call together.

        ```python
        import uniqos

        with uniqos.sandbox.serve() as sandbox, sandbox.client() as client:
            sandbox.fault(path="/v1/respond", code="service_unavailable", retry_after="0", times=1)
            client.respond(personality_id=sandbox.personality_id, message="Hello!")
            print([(entry["path"], entry["status"]) for entry in sandbox.journal.entries()])
            (call,) = sandbox.journal.calls()
            assert call["statuses"] == [503, 200]
        ```
        """
        return self._settings.journal

    def fault(self, **rule: Any) -> None:
        """Switch a fault on for the requests to come.

        Rules apply in the order in which they were added; the first one that matches a request is applied to it.

        ```python
        import uniqos

        with uniqos.sandbox.serve() as sandbox, sandbox.client() as client:
            sandbox.fault(path="/v1/respond", code="rate_limit_exceeded", retry_after="0", times=2)
            reply = client.respond(personality_id=sandbox.personality_id, message="Hello!")
            assert reply.http.retries == 2

            sandbox.fault(path="/v1/personalities", latency={"ms": 250})
            client.personalities.list()
            sandbox.clear_faults()
        ```

        Args:
            **rule: The fields of a ``Rule``. ``method``, ``path``, ``nth`` and ``times`` choose the requests. At least
                one other field is needed, which changes the answer.

        Raises:
            ConfigurationError: A field does not exist, its value is not valid, or the rule changes no answer.
        """
        self._settings.rules.add(make_rule(rule))

    def clear_faults(self) -> None:
        """Switch all faults off."""
        self._settings.rules.remove()

    def reset(self) -> None:
        """Go back to the state of a new sandbox: no data but the built-in ones, no faults, an empty journal."""
        reset(self._settings)

    def proxy(self, fault: Fault, times: int | None = None) -> AbstractContextManager[str]:
        """Run a TCP proxy in front of the sandbox, which breaks connections below HTTP.

        ```python
        import uniqos

        with uniqos.sandbox.serve() as sandbox, sandbox.proxy("reset_before_request", times=1) as url:
            with sandbox.client(base_url=url) as client:
                reply = client.respond(personality_id=sandbox.personality_id, message="Hello!")
                assert reply.http.retries == 1
        ```

        Args:
            fault: A key of ``uniqos.sandbox.FAULTS``, which describes each fault.
            times: The number of answers that suffer the fault; None for all.

        Returns:
            A context manager of the proxy's URL.

        Raises:
            ConfigurationError: There is no such fault, or ``times`` is negative.
        """
        return proxy(self.url, fault, times)

    def client(self, **options: Any) -> UniqOS:
        """Return a client of the sandbox.

        Args:
            **options: The options of ``UniqOS``.

        Raises:
            ConfigurationError: The sandbox has no server: use ``in_process_client``.
        """
        return UniqOS(**self._client_options(options, "in_process_client"))

    def async_client(self, **options: Any) -> AsyncUniqOS:
        """Return an asynchronous client of the sandbox.

        Args:
            **options: The options of ``AsyncUniqOS``.

        Raises:
            ConfigurationError: The sandbox has no server: use ``in_process_async_client``.
        """
        return AsyncUniqOS(**self._client_options(options, "in_process_async_client"))

    @contextmanager
    def in_process_client(self, **options: Any) -> Generator[UniqOS, None, None]:
        """Give a client that reaches the sandbox without a socket, for the time of a ``with`` block.

        Args:
            **options: The options of ``UniqOS``.

        Yields:
            The client.
        """
        hide_options(options)
        thread = ApplicationThread(self._app)
        try:
            with (
                httpx.Client(transport=Transport(thread)) as sender,
                self.client(http_client=sender, **options) as client,
            ):
                yield client
        finally:
            thread.close()

    @contextmanager
    def in_process_async_client(self, **options: Any) -> Generator[AsyncUniqOS, None, None]:
        """Give an asynchronous client that reaches the sandbox without a socket, for the time of a ``with`` block.

        It is a plain ``with`` block, since closing this client needs no event loop.

        Args:
            **options: The options of ``AsyncUniqOS``.

        Yields:
            The client.
        """
        hide_options(options)
        thread = ApplicationThread(self._app)
        try:
            yield self.async_client(http_client=httpx.AsyncClient(transport=AsyncTransport(thread)), **options)
        finally:
            thread.close()

    def _client_options(self, options: dict[str, Any], without_server: str) -> dict[str, Any]:
        if self.url == _NO_SERVER and "http_client" not in options:
            raise ConfigurationError(
                f"a sandbox in process has no address to connect to: use `with sandbox.{without_server}() as client:`"
            )
        hide_options(options)
        key = {} if "access_token" in options else {"api_key": self.api_key}
        return {"base_url": self.url, **key, **options}


@contextmanager
def serve(**options: Unpack[ServerOptions]) -> Generator[Sandbox, None, None]:
    """Run a sandbox in a thread of this process, for the time of a ``with`` block.

    Args:
        **options: The options of ``ServerOptions``: ``host``, ``port``, ``database``, ``seed``, ``pause``,
            ``requests_per_second``, ``llm`` and ``llm_model``.

    Yields:
        The running sandbox.

    Raises:
        ConfigurationError: The value of an option is not valid, or the address or the database cannot be used.
    """
    with _server(options) as (server, listener, sandbox):
        thread = threading.Thread(target=server.run, args=([listener],), name="uniqos-sandbox", daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise ConfigurationError("the sandbox could not be started; its log says why")
            time.sleep(0.001)
        try:
            yield sandbox
        finally:
            server.should_exit = True
            thread.join()


def run(*, on_ready: Callable[[Sandbox], None] | None = None, **options: Unpack[ServerOptions]) -> None:
    """Run a sandbox until the process gets SIGINT or SIGTERM.

    Args:
        on_ready: A function that is called with the sandbox once its port is open.
        **options: The options of ``ServerOptions``, as for ``serve``.

    Raises:
        ConfigurationError: The value of an option is not valid, or the address or the database cannot be used.
    """
    with _server(options) as (server, listener, sandbox):
        if on_ready is not None:
            on_ready(sandbox)
        server.run([listener])


@contextmanager
def in_process(**options: Unpack[SandboxOptions]) -> Generator[Sandbox, None, None]:
    """Run a sandbox without a server: only ``in_process_client`` and ``in_process_async_client`` reach it.

    Args:
        **options: The options of ``SandboxOptions``: ``database``, ``seed``, ``pause`` (default: 0),
            ``requests_per_second``, ``llm`` and ``llm_model``.

    Yields:
        The sandbox.

    Raises:
        ConfigurationError: The value of an option is not valid, or the database cannot be used.
    """
    options.setdefault("pause", 0.0)
    with _application(check_options(options, has_server=False)) as (settings, app):
        yield Sandbox(_NO_SERVER, API_KEY, ACCESS_TOKEN, DEFAULT_ID, settings, app)


@contextmanager
def _server(options: ServerOptions) -> Generator[tuple[uvicorn.Server, socket.socket, Sandbox], None, None]:
    values = check_options(options)
    host: str = values["host"]
    listener = _listen(host, values["port"])
    try:
        with _application(values) as (settings, app):
            address, port = listener.getsockname()[:2]
            admin_token = None if is_loopback(address) else secrets.token_urlsafe(24)
            config = uvicorn.Config(
                Guard(app, host, admin_token),
                log_config=None,  # uvicorn's own configuration would change the loggers of a program that uses uvicorn
                lifespan="off",
                http=_Protocol,
                ws="none",
                timeout_graceful_shutdown=1,
            )
            if admin_token is not None:
                _log.warning(
                    "the sandbox listens on %s: every machine that reaches this one can use it, since its API key is "
                    "public; its admin routes need the admin token",
                    address,
                )
            reachable = _CONNECTABLE.get(address, host)
            url = f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}"
            server = uvicorn.Server(config)
            yield server, listener, Sandbox(url, API_KEY, ACCESS_TOKEN, DEFAULT_ID, settings, app, admin_token)
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. It listens before the server has started, so that clients may connect at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        raise ConfigurationError(
            f"the sandbox cannot listen on {host} port {port}: {exc}; port 0 takes a free one"
        ) from None
    # Headers and body are two writes, and asyncio sets this option only on the sockets that it creates.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def _application(values: dict[str, Any]) -> Generator[tuple[Settings, ASGIApp], None, None]:
    llm = Llm(values["llm"], values["llm_model"]) if values["llm"] is not None else None
    database = values["database"]
    try:
        store = Store(database)
    except Exception as exc:
        raise ConfigurationError(f"the sandbox cannot use the database {database}: {exc}") from None
    try:
        settings = Settings(values["seed"], values["pause"], store, llm=llm)
        seed(store, settings.clock.text())
        yield settings, make_app(settings, values["requests_per_second"])
    finally:
        store.close()
