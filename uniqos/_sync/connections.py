# Generated from _async/connections.py by python -m uniqos._generate. Do not edit.
"""The connections and other resources that a client shares with the clients made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from .. import errors
from .._network.certificates import ssl_context
from .._network.sockets import refuse_if_forbidden
from .._network.threads import PerLoop, is_intercepted
from .._policy.options import Config
from .._policy.retry import RetryBudget
from .._wire.failures import bad_redirect

if TYPE_CHECKING:
    from .._policy.drift import DriftReport, OnDrift
    from .._policy.pace import Pace
    from .transport.pool import Pool


class Connections:
    """The connections and limits that a client shares with those made by ``with_options`` and ``with_credentials``.

    Each event loop has its own connection pool, since a socket belongs to its loop. With an ``http_client`` of the
    caller's there is none.

    Args:
        config: The settings of the first client.
        http_client: The caller's httpx client, which then sends all requests.
    """

    def __init__(self, config: Config, http_client: httpx.Client | None) -> None:
        self.http_client: httpx.Client | None = http_client
        self.budget: RetryBudget = RetryBudget()
        self.paces: dict[str, Pace] = {}
        """The rate limiter of each credential, while the API refuses calls for their rate."""
        self.rate_share: float = 1.0
        """The part of the rate that the API allows which this client may use, if other processes share it."""
        self.closed: bool = False
        self.drift_reports: dict[OnDrift, set[DriftReport]] = {}
        self.peer: str = urlsplit(config.base_url).netloc
        """The host or proxy that connections lead to, for error messages."""
        self.forwarded: bool = False
        """Whether a proxy forwards the requests, and so can refuse them in the place of the API."""
        self._config: Config = config
        self._pools: PerLoop[Pool] = PerLoop()
        self._intercepted: PerLoop[httpx.Client] = PerLoop()

    def send(self, message: httpx.Request) -> httpx.Response:
        """Send a request; return its response, whose body is not read yet."""
        if self.http_client is not None and self.http_client.is_closed:
            raise _closed("the http_client of this client")
        if self.closed:
            raise _closed()
        if is_intercepted():
            return self._send_by(self.http_client or self._intercepted.get(self._make_intercepted), message)
        refuse_if_forbidden(message.url, self.http_client)
        if self.http_client is not None:
            return self._send_by(self.http_client, message)
        pool = self._pools.get(self._make_pool)
        if self.closed:  # Another thread closed the client meanwhile, and may not have seen this pool.
            self.close()
            raise _closed()
        return pool.handle_request(message)

    def prepare(self) -> None:
        """Load the code and the certificates that the first connection needs, without opening one.

        Raises:
            ConfigurationError: The certificates cannot be read.
        """
        if self.http_client is None:
            from .transport import pool as _pool  # noqa: F401

            if self._config.base_url.startswith("https:"):
                ssl_context(self._config.verify)

    def _send_by(self, http_client: httpx.Client, message: httpx.Request) -> httpx.Response:
        from .._network.http_client import add_defaults, refused_answer  # Few clients have an http_client.

        message.read()  # A hook of the client may look at the body.
        add_defaults(message, http_client)
        try:
            return http_client.send(message, stream=True, follow_redirects=False)
        except httpx.HTTPStatusError as exc:
            return refused_answer(exc, message)
        except (httpx.InvalidURL, httpx.RemoteProtocolError) as exc:
            error = bad_redirect(exc)
            if error is None:
                raise
            raise error from exc
        except RuntimeError as exc:
            if type(exc) is RuntimeError and http_client.is_closed:  # Another thread closed the client meanwhile.
                raise _closed("this client" if self.http_client is None else "the http_client of this client") from None
            raise

    @property
    def has_bounded_reads(self) -> bool:
        """Whether the deadline of a call bounds each read: only our own connections know the deadline."""
        return self.http_client is None and not is_intercepted()

    @property
    def pool(self) -> Pool | None:
        """The pool of the running event loop; None if no call was made yet, or an ``http_client`` makes them."""
        return self._pools.peek()

    @property
    def address(self) -> str:
        """The base URL of the server."""
        return self._config.base_url

    def count(self) -> tuple[int, int]:
        """Return the numbers of busy and of idle connections, over all event loops."""
        pools = self._pools.values()
        return sum(pool.busy for pool in pools), sum(pool.idle for pool in pools)

    def _make_pool(self) -> Pool:
        config = self._config
        proxy = self._proxy()
        if proxy is not None:
            self.peer = f"the proxy {urlsplit(proxy).netloc.rpartition('@')[2]}"
            self.forwarded = config.base_url.startswith("http:") and not proxy.startswith("socks")
        from .transport.pool import Pool

        return Pool(config.base_url, config.max_connections, config.verify, proxy)

    def _make_intercepted(self) -> httpx.Client:
        """Return an httpx client for calls that a mocking library intercepts, or lets pass to the network."""
        from http.cookiejar import CookieJar, DefaultCookiePolicy  # Only tests need it.

        transport = httpx.HTTPTransport(
            verify=ssl_context(self._config.verify),
            limits=httpx.Limits(max_connections=self._config.max_connections),
            proxy=self._proxy(),
            trust_env=False,
        )
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))  # Several credentials may share this client.
        return httpx.Client(transport=transport, cookies=no_cookies, trust_env=False)

    def _proxy(self) -> str | None:
        from .._network.proxy import proxy_of_environment

        return self._config.proxy or proxy_of_environment(self._config.base_url, self._config.token)

    def close(self) -> None:
        """Close the connections. An ``http_client`` of the caller's stays open."""
        self.closed = True
        for pool in self._pools.take():
            pool.close()
        for http_client in self._intercepted.take():
            http_client.close()


def _closed(name: str = "this client") -> errors.ConfigurationError:
    return errors.ConfigurationError(f"{name} is closed: make a new one", code="client_closed")
