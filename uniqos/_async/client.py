"""The client: settings, namespaces, and who owns the connections."""

from __future__ import annotations

import logging
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import httpx
from typing_extensions import Self

from .. import errors
from .._config import Config, Environment, resolve
from .._logging import Logger, LogLevel, hide
from .._model import Model, ready
from .._operation import OnInvalidResponse
from .connections import AsyncConnections
from .engine import AsyncEngine, AsyncResponder
from .namespace import AsyncNamespace
from .requester import AsyncRequester

if TYPE_CHECKING:
    import os
    import ssl

    from .._drift import OnDrift
    from .._observer import Observer
    from .api_keys import AsyncApiKeys
    from .billing import AsyncBilling
    from .catalog import AsyncCatalog
    from .deletions import AsyncDeletions
    from .end_users import AsyncEndUsers
    from .interactions import AsyncInteractions
    from .invitations import AsyncInvitations
    from .me import AsyncMe
    from .organizations import AsyncOrganizations
    from .personalities import AsyncPersonalities
    from .relationships import AsyncRelationships
    from .sessions import AsyncSessions
    from .vocabularies import AsyncVocabularies
    from .webhooks import AsyncWebhooks

_unpickled: WeakValueDictionary[Config, AsyncUniqOS] = WeakValueDictionary()


class AsyncUniqOS(AsyncResponder):
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
        logger: A ``logging.Logger``, or any object with debug, info, warning and error; default: ``uniqos``.
        max_connections: How many calls may be on their way at once, for each event loop; more wait for their turn.
        max_response_bytes: How large an answer may be, decompressed, 32 MiB by default. It counts for a stream as a
            whole too. Downloads to a file have a limit of their own.
        proxy: URL of the proxy to go through, ``http://user:password@host:port``, ``https://`` or ``socks5://`` (with
            the extra ``socks``); else HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment.
        verify: The certificates to trust instead of the usual ones: the path of a file or folder, or an SSLContext.
        http_client: An httpx client of yours instead of all that (hooks, transports, tests); it stays yours to close.
            It bounds each read alone, so that headers which drip can outlive the deadline; what its parts raise that
            is neither an httpx error nor an OSError comes as it is.
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
        http_client: httpx.AsyncClient | None = None,
        on_invalid_response: OnInvalidResponse | None = None,
        observer: Observer | None = None,
        on_drift: OnDrift | None = None,
    ) -> None:
        # First of all, so that no traceback that shows local variables shows them.
        api_key, access_token, proxy = hide(api_key), hide(access_token), hide(proxy)
        if http_client is not None and not (max_connections is proxy is verify is None):
            raise errors.ConfigurationError(
                "max_connections, proxy and verify are settings of connections: give them to the http_client"
            )
        if http_client is not None and not isinstance(http_client, httpx.AsyncClient):
            raise errors.ConfigurationError(f"http_client must be an httpx.{httpx.AsyncClient.__name__}")
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
        self._requester: AsyncRequester = AsyncRequester(config, AsyncConnections(config, http_client))

    @property
    def environment(self) -> Environment | None:
        """``live`` or ``test``, as the key's prefix says; None with an access token."""
        return self._requester.config.environment

    @property
    def base_url(self) -> str:
        """Where requests go, without ``/v1``."""
        return self._requester.config.base_url

    @cached_property
    def engine(self) -> AsyncEngine:
        """Answer a message, read an emotion, recall a memory."""
        return AsyncEngine(self._requester)

    @cached_property
    def personalities(self) -> AsyncPersonalities:
        """Create, version and review personalities."""
        from .personalities import AsyncPersonalities

        return AsyncPersonalities(self._requester)

    @cached_property
    def catalog(self) -> AsyncCatalog:
        """The personalities that uniqOS offers."""
        from .catalog import AsyncCatalog

        return AsyncCatalog(self._requester)

    @cached_property
    def vocabularies(self) -> AsyncVocabularies:
        """The words that topics and emotions are named by."""
        from .vocabularies import AsyncVocabularies

        return AsyncVocabularies(self._requester)

    @cached_property
    def end_users(self) -> AsyncEndUsers:
        """The people your product's personalities talk to."""
        from .end_users import AsyncEndUsers

        return AsyncEndUsers(self._requester)

    @cached_property
    def deletions(self) -> AsyncDeletions:
        """How far a deletion has come."""
        from .deletions import AsyncDeletions

        return AsyncDeletions(self._requester)

    @cached_property
    def relationships(self) -> AsyncRelationships:
        """An end user and a personality that have met."""
        from .relationships import AsyncRelationships

        return AsyncRelationships(self._requester)

    @cached_property
    def interactions(self) -> AsyncInteractions:
        """What is kept of past turns."""
        from .interactions import AsyncInteractions

        return AsyncInteractions(self._requester)

    @cached_property
    def me(self) -> AsyncMe:
        """The person or key that is calling."""
        from .me import AsyncMe

        return AsyncMe(self._requester)

    @cached_property
    def sessions(self) -> AsyncSessions:
        """Where the calling person is logged in."""
        from .sessions import AsyncSessions

        return AsyncSessions(self._requester)

    @cached_property
    def organizations(self) -> AsyncOrganizations:
        """Organizations, their people and their data."""
        from .organizations import AsyncOrganizations

        return AsyncOrganizations(self._requester)

    @cached_property
    def invitations(self) -> AsyncInvitations:
        """An invitation to an organization."""
        from .invitations import AsyncInvitations

        return AsyncInvitations(self._requester)

    @cached_property
    def api_keys(self) -> AsyncApiKeys:
        """The keys of the organization."""
        from .api_keys import AsyncApiKeys

        return AsyncApiKeys(self._requester)

    @cached_property
    def billing(self) -> AsyncBilling:
        """Subscription, payment methods, invoices, usage, alerts and plans."""
        from .billing import AsyncBilling

        return AsyncBilling(self._requester)

    @cached_property
    def webhooks(self) -> AsyncWebhooks:
        """Where the API tells of events."""
        from .webhooks import AsyncWebhooks

        return AsyncWebhooks(self._requester)

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
        observer: Observer | None = None,
        on_drift: OnDrift | None = None,
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
        return self._with(self._requester.config.of_another(hide(api_key), hide(access_token)))

    def _with(self, config: Config) -> Self:
        other = object.__new__(type(self))
        # What a subclass keeps goes along; the namespaces belong to the settings they were made with.
        kept = {name: value for name, value in self.__dict__.items() if not isinstance(value, AsyncNamespace)}
        other.__dict__.update(kept)
        other._owns_connections = False
        other._requester = AsyncRequester(config, self._requester.connections, self._requester.clock)
        return other

    async def warm_up(self) -> None:
        """Do now what the first turn would have to wait for: build its models, load certificates, open a connection.

        The connection is opened by ``HEAD /``, which the API may answer as it likes; nothing is billed. It stays good
        for as long as one that waits for its next call, so do this when a process begins, and not long before.

        Raises:
            NetworkError: Nobody can be reached.
            ConfigurationError: The client is closed, or a setting of the connection is wrong.

        Source: this SDK.
        """
        from .._sse import EVENT_MODELS
        from ..api.engine import RespondRequest, RespondResult

        models: tuple[type[Model], ...] = (RespondRequest, RespondResult, *EVENT_MODELS.values())
        for model in models:
            ready(model)
        await self._requester.warm_up()

    async def aclose(self) -> None:
        """Close the connections; those of a client of yours, or of the client this one was made from, stay open."""
        if self._owns_connections:
            await self._requester.connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

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


def _unpickle(cls: type[AsyncUniqOS], config: Config) -> AsyncUniqOS:
    """One client per process for equal settings, so that workers which unpickle a client per task share connections."""
    client = _unpickled.get(config)
    if client is None or client._requester.connections.closed or type(client) is not cls:
        client = object.__new__(cls)
        client._owns_connections = True
        client._requester = AsyncRequester(config, AsyncConnections(config, None))
        _unpickled[config] = client
    return client
