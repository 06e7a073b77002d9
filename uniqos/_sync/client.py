# Generated from _async/client.py by python -m uniqos._generate. Do not edit.
"""The client: settings, namespaces, and who owns the connections."""

from __future__ import annotations

import logging
import os
import ssl
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx
from typing_extensions import Self

from .. import errors
from .._base.fork import ForkSafeLock
from .._base.model import Model, ready
from .._base.secret import hide
from .._network.threads import add_finalizer
from .._policy.config import Config, Environment, resolve
from .._policy.logging import Logger, LogLevel
from .._wire.operation import OnInvalidResponse
from .connections import Connections
from .namespaces.base import Namespace, namespace
from .namespaces.engine import Engine, Responder
from .requester import Requester

if TYPE_CHECKING:
    from .._policy import drift as drifts
    from .._policy import observer as observers
    from .namespaces.api_keys import ApiKeys
    from .namespaces.billing import Billing
    from .namespaces.catalog import Catalog
    from .namespaces.deletions import Deletions
    from .namespaces.end_users import EndUsers
    from .namespaces.interactions import Interactions
    from .namespaces.invitations import Invitations
    from .namespaces.me import Me
    from .namespaces.organizations import Organizations
    from .namespaces.personalities import Personalities
    from .namespaces.relationships import Relationships
    from .namespaces.sessions import Sessions
    from .namespaces.vocabularies import Vocabularies
    from .namespaces.webhooks import Webhooks
else:
    from .._base.hints import drift as drifts
    from .._base.hints import observer as observers

_MOST_UNPICKLED = 64
_unpickled: dict[tuple[type[UniqOS], Config], UniqOS] = {}
"""The last clients that were unpickled in this process, the latest at the end. They hold their keys, as any client."""
_unpickling = ForkSafeLock()


class UniqOS(Responder):
    """The client of the uniqOS API.

    It may be shared by threads, tasks and event loops, and used after a fork; make one and keep it. Constructing it
    costs nothing: connections and the TLS context are made on first use. A pickled client carries its key.

    Args:
        api_key: ``uniq_live_...`` or ``uniq_test_...``; else the environment's UNIQOS_API_KEY.
        access_token: A portal JWT instead of a key, for what only a person may do (``personalities.dry_run``).
        base_url: Host of the API, without ``/v1``; else UNIQOS_BASE_URL, else production.
        timeout: Seconds one attempt may take, 90 by default; 0 is no limit. It lies above the server's own limit of
            about 75 s, so that a slow turn ends in the server's unbilled 504 instead of a client that gives up on a
            turn which goes on and is billed.
        deadline: Seconds a whole call may take, retries and waits included; no limit by default.
        max_retries: How often a failed attempt is repeated, 3 by default; 0 never.
        log_level: ``debug``, ``info``, ``warning`` (default), ``error`` or ``silent``.
        logger: A logger of ``logging``, structlog or loguru, or any object with debug, info, warning and error that
            take a message and a mapping; default: ``uniqos``.
        max_connections: How many calls may be on their way at once, for each event loop; more wait for their turn.
        max_response_bytes: How large an answer may be, decompressed, 32 MiB by default. It counts for a stream as a
            whole too. Downloads to a file have a limit of their own.
        proxy: URL of the proxy to go through, ``http://user:password@host:port``, ``https://`` or ``socks5://`` (with
            the extra ``socks``); else HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment, which do not
            count for the sandbox on this machine.
        verify: The certificates to trust instead of the usual ones: the path of a file or folder, or an SSLContext.
            A file that is replaced counts from the next new connection on, as SSL_CERT_FILE and SSL_CERT_DIR do.
        http_client: An httpx client of yours instead of all that (hooks, transports, tests); it stays yours to close.
            Its default headers, params and cookies are sent too; what the SDK itself sends, such as Authorization and
            Accept-Encoding, wins over them. Its base_url, timeout and follow_redirects are ignored.
            It bounds each read alone, so that headers which drip can outlive the deadline. A hook or auth may call
            ``raise_for_status()`` for the API's answer: the error is the API's typed one, with the API's own words if
            the hook has read the answer. Anything else they raise that is neither a failure of the network nor an
            OSError comes as it is.
        on_invalid_response: What becomes of an answer that breaks the contract: ``"raise"`` (default) a
            ResponseValidationError that carries it, or ``"salvage"`` what fits, with the problems on ``.http``.
        observer: Is told how each call goes, for metrics and traces.
        on_drift: A function that is called, once for each finding, with a DriftReport of what this version does not
            know: fields, words of a vocabulary, events; and of what was salvaged. What it raises is logged, no more.

    Raises:
        ConfigurationError: ``missing_api_key``, ``invalid_api_key_format``, or another setting is wrong.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        access_token: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        log_level: LogLevel | None = None,
        logger: Logger | logging.Logger | None = None,
        max_connections: int | None = None,
        max_response_bytes: int | None = None,
        proxy: str | None = None,
        verify: ssl.SSLContext | str | os.PathLike[str] | None = None,
        http_client: httpx.Client | None = None,
        on_invalid_response: OnInvalidResponse | None = None,
        observer: observers.Observer | None = None,
        on_drift: drifts.OnDrift | None = None,
    ) -> None:
        # First of all, so that no traceback that shows local variables shows them.
        api_key, access_token = hide(api_key), hide(access_token)
        base_url, proxy = hide(base_url), hide(proxy)
        if http_client is not None and not (max_connections is proxy is verify is None):
            raise errors.ConfigurationError(
                "max_connections, proxy and verify are settings of connections: give them to the http_client"
            )
        if http_client is not None and not isinstance(http_client, httpx.Client):
            raise errors.ConfigurationError(f"http_client must be an httpx.{httpx.Client.__name__}")
        config = resolve(
            api_key,
            access_token,
            base_url,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            log_level=log_level,
            logger=logger,
            max_connections=max_connections,
            max_response_bytes=max_response_bytes,
            proxy=proxy,
            verify=verify,
            on_invalid_response=on_invalid_response,
            observer=observer,
            on_drift=on_drift,
        )
        self._owns_connections: bool = True
        self._requester: Requester = Requester(config, Connections(config, http_client))

    @property
    def environment(self) -> Environment | None:
        """``live`` or ``test``, as the key's prefix says; None with an access token."""
        return self._requester.config.environment

    @property
    def base_url(self) -> str:
        """Where requests go, without ``/v1``."""
        return self._requester.config.base_url

    @namespace
    def engine(self) -> type[Engine]:
        """Answer a message, read an emotion, recall a memory."""
        return Engine

    @namespace
    def personalities(self) -> type[Personalities]:
        """Create, version and review personalities."""
        from .namespaces.personalities import Personalities

        return Personalities

    @namespace
    def catalog(self) -> type[Catalog]:
        """The personalities that uniqOS offers."""
        from .namespaces.catalog import Catalog

        return Catalog

    @namespace
    def vocabularies(self) -> type[Vocabularies]:
        """The words that topics and emotions are named by."""
        from .namespaces.vocabularies import Vocabularies

        return Vocabularies

    @namespace
    def end_users(self) -> type[EndUsers]:
        """The people your product's personalities talk to."""
        from .namespaces.end_users import EndUsers

        return EndUsers

    @namespace
    def deletions(self) -> type[Deletions]:
        """How far a deletion has come."""
        from .namespaces.deletions import Deletions

        return Deletions

    @namespace
    def relationships(self) -> type[Relationships]:
        """An end user and a personality that have met."""
        from .namespaces.relationships import Relationships

        return Relationships

    @namespace
    def interactions(self) -> type[Interactions]:
        """What is kept of past turns."""
        from .namespaces.interactions import Interactions

        return Interactions

    @namespace
    def me(self) -> type[Me]:
        """The person or key that is calling."""
        from .namespaces.me import Me

        return Me

    @namespace
    def sessions(self) -> type[Sessions]:
        """Where the calling person is logged in."""
        from .namespaces.sessions import Sessions

        return Sessions

    @namespace
    def organizations(self) -> type[Organizations]:
        """Organizations, their people and their data."""
        from .namespaces.organizations import Organizations

        return Organizations

    @namespace
    def invitations(self) -> type[Invitations]:
        """An invitation to an organization."""
        from .namespaces.invitations import Invitations

        return Invitations

    @namespace
    def api_keys(self) -> type[ApiKeys]:
        """The keys of the organization."""
        from .namespaces.api_keys import ApiKeys

        return ApiKeys

    @namespace
    def billing(self) -> type[Billing]:
        """Subscription, payment methods, invoices, usage, alerts and plans."""
        from .namespaces.billing import Billing

        return Billing

    @namespace
    def webhooks(self) -> type[Webhooks]:
        """Where the API tells of events."""
        from .namespaces.webhooks import Webhooks

        return Webhooks

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        log_level: LogLevel | None = None,
        logger: Logger | logging.Logger | None = None,
        max_response_bytes: int | None = None,
        on_invalid_response: OnInvalidResponse | None = None,
        observer: observers.Observer | None = None,
        on_drift: drifts.OnDrift | None = None,
    ) -> Self:
        """A client with other settings over the same connections; closing it leaves them open.

        Args:
            timeout: Seconds one attempt may take; 0 is no limit, None as it was.
            deadline: Seconds a whole call may take; 0 is no limit.
            max_retries: How often a failed attempt is repeated.
            log_level: ``debug``, ``info``, ``warning``, ``error`` or ``silent``.
            logger: Where log lines go.
            max_response_bytes: How large an answer, or a stream as a whole, may be, decompressed.
            on_invalid_response: ``"raise"`` or ``"salvage"``.
            observer: Is told how each call goes.
            on_drift: A function that is called with a DriftReport.

        Returns:
            The other client.

        Raises:
            ConfigurationError: A setting is wrong.
        """
        config = self._requester.config.changed(
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            log_level=log_level,
            logger=logger,
            max_response_bytes=max_response_bytes,
            on_invalid_response=on_invalid_response,
            observer=observer,
            on_drift=on_drift,
        )
        return self._with(config)

    def with_credentials(self, api_key: str | None = None, *, access_token: str | None = None) -> Self:
        """A client for another caller over the same connections; closing it leaves them open.

        It costs little: a service may make one for each request, with the key of its own customer.

        Args:
            api_key: The other key. None is refused, and never means the key of this client.
            access_token: A portal JWT instead of a key.

        Returns:
            The other client.

        Raises:
            ConfigurationError: ``missing_api_key`` or ``invalid_api_key_format``.
        """
        api_key, access_token = hide(api_key), hide(access_token)  # first of all, as above
        return self._with(self._requester.config.of_another(api_key, access_token))

    def _with(self, config: Config) -> Self:
        other = object.__new__(type(self))
        # What a subclass keeps goes along; the namespaces belong to the settings they were made with.
        kept = {name: value for name, value in self.__dict__.items() if not isinstance(value, Namespace)}
        other.__dict__.update(kept)
        other._owns_connections = False
        other._requester = Requester(config, self._requester.connections, self._requester.clock)
        return other

    def warm_up(self) -> None:
        """Do now what the first turn would have to wait for: build its models, load certificates, open a connection.

        The connection is opened by ``HEAD /``, which the API may answer as it likes; nothing is billed. It stays good
        for as long as one that waits for its next call, so do this when a process begins, and not long before.

        Raises:
            NetworkError: Nobody can be reached.
            ConfigurationError: The client is closed, or a setting of the connection is wrong.

        Source: this SDK.
        """
        from .._turn.events import EVENT_MODELS
        from ..api.engine import RespondRequest, RespondResult

        models: tuple[type[Model], ...] = (RespondRequest, RespondResult, *EVENT_MODELS.values())
        for model in models:
            ready(model)
        self._requester.warm_up()

    def close(self) -> None:
        """Close the connections; those of a client of yours, or of the client this one was made from, stay open."""
        if self._owns_connections:
            self._requester.connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if "_requester" not in self.__dict__:  # its construction failed, and a traceback shows it
            return f"{type(self).__name__}(...)"
        return f"{type(self).__name__}({self._requester.config!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._requester.connections.http_client is not None:
            raise errors.ConfigurationError("a client over an http_client of yours can be neither pickled nor copied")
        if not isinstance(self._requester.config.verify, str | None):
            raise errors.ConfigurationError("a client with an SSLContext cannot be pickled; give verify= a path")
        return _unpickle, (type(self), self._requester.config)


def _unpickle(cls: type[UniqOS], config: Config) -> UniqOS:
    """Return the client of this process for these settings, and keep it.

    A worker unpickles a client for each task and drops it with the task; the next task goes on with its connections.
    """
    key, dropped = (cls, config), None
    with _unpickling:
        client = _unpickled.pop(key, None)
        if client is None or client._requester.connections.closed:
            client = object.__new__(cls)
            client._owns_connections = True
            connections = Connections(config, None)
            client._requester = Requester(config, connections)
            add_finalizer(connections, connections._pools)
        _unpickled[key] = client
        if len(_unpickled) > _MOST_UNPICKLED:  # who still holds it may go on with it
            dropped = _unpickled.pop(next(iter(_unpickled)))
    del dropped  # not while the lock is held: the end of a client can run anything
    return client
