"""Running the sandbox: in a thread for a program or a test, or by itself."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pydantic
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from .._async.client import AsyncUniqOS
from .._base.secret import hide, hide_options
from .._sync.client import UniqOS
from .._wire.decode import describe, problems
from .._wire.urls import is_loopback
from ..errors import ConfigurationError
from .app import make_app
from .faults.proxy import Fault, proxy
from .faults.rules import Rule
from .http.call import Settings
from .http.caller import ACCESS_TOKEN, API_KEY
from .http.guard import Guard
from .inprocess import AsyncTransport, Loop, Transport
from .inspect.admin import reset
from .llm import Llm
from .persona.seeds import DEFAULT_ID
from .refusal import ConnectionDrop
from .routes.personalities import seed
from .state.clock import Clock
from .state.journal import Journal
from .state.store import Store

_NO_SERVER = "http://127.0.0.1:1"
"""The address of a sandbox in process, at which nothing listens."""
_log = logging.getLogger("uniqos.sandbox.server")
_log.addFilter(
    lambda record: not (record.exc_info and isinstance(record.exc_info[1], (ConnectionDrop, asyncio.CancelledError)))
)


class _Protocol(H11Protocol):
    """A connection that writes to a logger of ours: a stream that was asked to drop is no error to report."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = _log
        self.access_log = False


@dataclass
class Sandbox:
    """A running sandbox.

    Attributes:
        url: Where it listens, for ``base_url``.
        api_key: A key it accepts.
        access_token: A portal token it accepts, for ``personalities.dry_run``.
        personality_id: A personality that is always there.
        admin_token: What its routes under ``/_sandbox`` ask for, as ``Authorization: Bearer TOKEN``, where other
            machines can reach them; None at loopback, where they ask for nothing.
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
        """How many turns have run so far."""
        return self._settings.store.count("turns_billed", 0)

    @property
    def clock(self) -> Clock:
        """The sandbox's time: it can be frozen and moved on."""
        return self._settings.clock

    @property
    def journal(self) -> Journal:
        """The requests of late."""
        return self._settings.journal

    def fault(self, **rule: Any) -> None:
        """Switch a fault on for requests to come.

        Args:
            **rule: The fields of ``uniqos.sandbox.Rule``: ``path="/v1/respond", code="service_unavailable", times=2``.

        Raises:
            ConfigurationError: That is no rule.
        """
        try:
            self._settings.rules.add(Rule(**rule))
        except pydantic.ValidationError as exc:
            raise ConfigurationError(f"that is no rule: {describe(problems(exc))}") from None

    def clear_faults(self) -> None:
        """Switch all of them off."""
        self._settings.rules.remove()

    def reset(self) -> None:
        """Make it as it was when it started."""
        reset(self._settings)

    def proxy(self, fault: Fault, times: int | None = None) -> AbstractContextManager[str]:
        """A TCP proxy in front of it, for faults below HTTP.

        Args:
            fault: One of ``uniqos.sandbox.FAULTS``.
            times: How many times it happens; None always.

        Returns:
            A context with the proxy's URL.

        Raises:
            ConfigurationError: There is no such fault.
        """
        return proxy(self.url, fault, times)

    def client(self, **options: Any) -> UniqOS:
        """Return a client of it; ``options`` are those of UniqOS.

        Raises:
            ConfigurationError: The sandbox has no server; see ``in_process_client``.
        """
        return UniqOS(**self._options(options, "in_process_client"))

    def async_client(self, **options: Any) -> AsyncUniqOS:
        """Return an asynchronous client of it; ``options`` are those of AsyncUniqOS.

        Raises:
            ConfigurationError: The sandbox has no server; see ``in_process_async_client``.
        """
        return AsyncUniqOS(**self._options(options, "in_process_async_client"))

    @contextmanager
    def in_process_client(self, **options: Any) -> Generator[UniqOS, None, None]:
        """Give a client of it that needs no socket, within ``with``; ``options`` are those of UniqOS."""
        hide_options(options)
        loop = Loop(self._app)
        try:
            with (
                httpx.Client(transport=Transport(loop)) as sender,
                self.client(http_client=sender, **options) as client,
            ):
                yield client
        finally:
            loop.close()

    @contextmanager
    def in_process_async_client(self, **options: Any) -> Generator[AsyncUniqOS, None, None]:
        """Give an asynchronous client of it that needs no socket, within a plain ``with``: nothing is awaited."""
        hide_options(options)
        loop = Loop(self._app)
        try:
            yield self.async_client(http_client=httpx.AsyncClient(transport=AsyncTransport(loop)), **options)
        finally:
            loop.close()

    def _options(self, options: dict[str, Any], without_server: str) -> dict[str, Any]:
        if self.url == _NO_SERVER and "http_client" not in options:
            raise ConfigurationError(
                f"a sandbox in process has no address to connect to: use `with sandbox.{without_server}() as client:`"
            )
        hide_options(options)
        key = {} if "access_token" in options else {"api_key": self.api_key}
        return {"base_url": self.url, **key, **options}


@contextmanager
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    database: str = ":memory:",
    seed: int = 0,
    pause: float = 0.02,
    requests_per_second: int = 1000,
    llm: str | None = None,
    llm_model: str = "default",
) -> Generator[Sandbox, None, None]:
    """Run a sandbox in a thread of this process.

    Args:
        host: Address to listen on; leave it at loopback, since the key is no secret. On any other it logs a warning,
            and what is under ``/_sandbox`` wants the ``admin_token``.
        port: Port to listen on; 0 is any that is free.
        database: SQLite file that keeps the state; default: memory.
        seed: What the choice of words depends on.
        pause: Seconds between two events of a stream.
        requests_per_second: The rate limit.
        llm: Address of an OpenAI-compatible server that makes the replies, up to and without ``/chat/completions``;
            default: templates. Its key comes from ``UNIQOS_LLM_API_KEY``.
        llm_model: What that server calls the model.

    Yields:
        The running sandbox.

    Raises:
        ConfigurationError: An address or the database cannot be used.
    """
    llm = hide(llm)  # it may hold a password, which no traceback with local variables shows
    options = _Options(database, seed, pause, requests_per_second, llm, llm_model)
    with _server(host, port, options) as (server, listener, sandbox):
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


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    database: str = ":memory:",
    seed: int = 0,
    pause: float = 0.02,
    requests_per_second: int = 1000,
    llm: str | None = None,
    llm_model: str = "default",
    on_ready: Callable[[Sandbox], None] | None = None,
) -> None:
    """Run a sandbox until the process is told to stop.

    Args:
        host: As for ``serve``.
        port: As for ``serve``.
        database: As for ``serve``.
        seed: As for ``serve``.
        pause: As for ``serve``.
        requests_per_second: As for ``serve``.
        llm: As for ``serve``.
        llm_model: As for ``serve``.
        on_ready: Called with the sandbox once its port is open.

    Raises:
        ConfigurationError: An address or the database cannot be used.
    """
    llm = hide(llm)  # it may hold a password, which no traceback with local variables shows
    options = _Options(database, seed, pause, requests_per_second, llm, llm_model)
    with _server(host, port, options) as (server, listener, sandbox):
        if on_ready is not None:
            on_ready(sandbox)
        server.run([listener])


@contextmanager
def in_process(
    *,
    database: str = ":memory:",
    seed: int = 0,
    pause: float = 0.0,
    requests_per_second: int = 1000,
    llm: str | None = None,
    llm_model: str = "default",
) -> Generator[Sandbox, None, None]:
    """A sandbox without a server: only its ``in_process_client`` and ``in_process_async_client`` reach it.

    Args:
        database: As for ``serve``.
        seed: As for ``serve``.
        pause: As for ``serve``, but 0 by default.
        requests_per_second: As for ``serve``.
        llm: As for ``serve``.
        llm_model: As for ``serve``.

    Yields:
        The sandbox.

    Raises:
        ConfigurationError: The database or the model's address cannot be used.
    """
    llm = hide(llm)
    with _application(_Options(database, seed, pause, requests_per_second, llm, llm_model)) as (settings, app):
        yield Sandbox(_NO_SERVER, API_KEY, ACCESS_TOKEN, DEFAULT_ID, settings, app)


@dataclass(frozen=True)
class _Options:
    database: str
    seed: int
    pause: float
    requests_per_second: int
    llm: str | None
    llm_model: str


@contextmanager
def _server(
    host: str, port: int, options: _Options
) -> Generator[tuple[uvicorn.Server, socket.socket, Sandbox], None, None]:
    if not 0 <= port <= 65535:
        raise ConfigurationError("the sandbox needs a port from 0 to 65535")
    try:
        # Listening before the server has started: whoever is told the port may connect at once.
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as exc:
        raise ConfigurationError(
            f"the sandbox cannot listen on {host} port {port}: {exc}; port 0 takes a free one"
        ) from None
    # Headers and body are two writes; asyncio does this only for sockets it has made itself.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with _application(options) as (settings, app):
            address = listener.getsockname()[0]
            admin_token = None if is_loopback(address) else secrets.token_urlsafe(24)
            config = uvicorn.Config(
                Guard(app, host, admin_token),
                log_config=None,  # uvicorn's own would rewrite the loggers of a program that runs uvicorn itself
                lifespan="off",
                http=_Protocol,
                ws="none",
                timeout_graceful_shutdown=1,
            )
            if admin_token is not None:
                _log.warning(
                    "the sandbox listens on %s: every machine that reaches this one can use it, with a key that "
                    "everybody knows; its admin routes want the admin token",
                    address,
                )
            # An address that stands for all of them is one to listen on, and none to connect to.
            reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, host)
            url = f"http://{f'[{reached}]' if ':' in reached else reached}:{listener.getsockname()[1]}"
            server = uvicorn.Server(config)
            yield server, listener, Sandbox(url, API_KEY, ACCESS_TOKEN, DEFAULT_ID, settings, app, admin_token)
    finally:
        listener.close()


@contextmanager
def _application(options: _Options) -> Generator[tuple[Settings, ASGIApp], None, None]:
    if options.requests_per_second < 1 or not 0 <= options.pause < math.inf:
        raise ConfigurationError("the sandbox needs requests_per_second of 1 or more, and a pause of 0 or more")
    llm = Llm(options.llm, options.llm_model) if options.llm is not None else None
    try:
        store = Store(options.database)
    except Exception as exc:
        raise ConfigurationError(f"the sandbox cannot use the database {options.database}: {exc}") from None
    try:
        settings = Settings(options.seed, options.pause, store, llm=llm)
        seed(store, settings.clock.text())
        yield settings, make_app(settings, options.requests_per_second)
    finally:
        store.close()
