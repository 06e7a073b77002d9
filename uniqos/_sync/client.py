# Generated from _async/client.py by python -m uniqos._generate. Do not edit.
"""The client: its settings, its namespaces, and the ownership of the connections."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

import httpx
from typing_extensions import Self, Unpack

from .. import errors
from .._base.fork import ForkSafeLock
from .._base.model import Model
from .._base.response import build_model
from .._base.secret import hide, hide_headers, hide_key
from .._network.threads import add_finalizer
from .._policy.config import change, change_credentials, resolve
from .._policy.logging import Logger, LogLevel
from .._policy.options import Config, Environment, KeySource
from .._wire.operation import AnyMethod, Body, R
from .._wire.options import OnInvalidResponse, Options
from .connections import Connections
from .namespaces.base import Namespace, namespace
from .namespaces.engine import Engine, Responder
from .requester import Requester

if TYPE_CHECKING:
    from .. import middleware as middlewares
    from .. import models as m
    from .._policy import drift as drifts
    from .._policy import observer as observers
    from .._policy import telemetry as telemetries
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
    from .._base.hints import middleware as middlewares
    from .._base.hints import models as m
    from .._base.hints import observer as observers
    from .._base.hints import telemetry as telemetries

_MOST_UNPICKLED = 64
_unpickled: dict[tuple[type[UniqOS], Config], UniqOS] = {}
"""The last clients that were unpickled in this process, the latest at the end. They hold their keys, as any client."""
_unpickling = ForkSafeLock()


class UniqOS(Responder):
    """The client of the uniqOS API.

    Make one client and keep it. It may be shared by threads, tasks and event loops, and used after a fork. Its
    construction is cheap: connections and the TLS context are made by the first call. A pickled client carries its key
    and its headers. All copies that a process unpickles are one client, which keeps its connections from one task of a
    worker to the next. They stay open until the client is closed or the process ends.

    A connection belongs to the event loop that opened it. Each ``asyncio.run`` makes a new loop, and so opens new
    connections; those of a loop that has ended are closed by the next call. So run one loop for many calls, and not one
    for each. Where a worker's task is a plain function, call UniqOS there. For many rows, ``uniqos.batch`` keeps one
    loop for each process.
    """

    __module__ = "uniqos"

    # generated from ClientOptions: begin
    def __init__(
        self,
        api_key: str | KeySource | None = None,
        *,
        access_token: str | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        on_invalid_response: OnInvalidResponse | None = None,
        headers: Mapping[str, str] | None = None,
        log_level: LogLevel | None = None,
        logger: Logger | logging.Logger | None = None,
        max_response_bytes: int | None = None,
        observer: observers.Observer | None = None,
        middleware: Sequence[middlewares.Middleware] | None = None,
        telemetry: bool | telemetries.Telemetry | None = None,
        on_drift: drifts.OnDrift | None = None,
        base_url: str | None = None,
        max_connections: int | None = None,
        proxy: str | None = None,
        verify: ssl.SSLContext | str | os.PathLike[str] | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        """Check the settings. Connections are opened by the first call.

        Args:
            api_key: ``uniq_live_...`` or ``uniq_test_...``; by default the environment's UNIQOS_API_KEY. For a secret
                that rotates, a function without arguments that returns it. The function is called once for each call.
                With an asynchronous client, it may be a coroutine function. ``deadline`` counts its time, and does not
                end it: give it a timeout of its own.
            access_token: A portal JWT instead of a key, for the calls that only a person may make
                (``personalities.dry_run``).
            timeout: Seconds one attempt may take, 90 by default; 0 is no limit. The default lies above the server's own
                limit of about 75 s: a slow turn then ends in the server's unbilled 504. A client that gave up earlier
                would be billed.
            deadline: Seconds a whole call may take, retries and waits included; 0 is no limit, which is the default.
            max_retries: How often a failed attempt is repeated, 3 times by default; 0 is never.
            on_invalid_response: ``"raise"``, the default: an answer that breaks the contract raises a
                ResponseValidationError, which carries it. ``"salvage"``: the fields that fit are returned, and the
                problems are listed on ``.http``.
            headers: Further headers of every request, such as the key of a gateway. A call's headers win over them, and
                those of ``with_options`` are added to them. Logs and the observer do not see them.
            log_level: ``"debug"``, ``"info"``, ``"warning"`` (the default), ``"error"`` or ``"silent"``.
            logger: Takes the log lines: a logger of ``logging``, structlog or loguru. It may also be any object with
                the methods debug, info, warning and error that take a message and a mapping. The default is
                ``logging.getLogger("uniqos")``.
            max_response_bytes: How many bytes an answer may have, decompressed, 32 MiB by default. For a stream this
                limits all its events together. Downloads to a file have a separate limit.
            observer: Is called at each step of each call, for metrics and traces.
            middleware: Functions around each attempt of a call, the outermost first: see ``uniqos.middleware``. They
                may add headers, see status and timing, and answer by themselves. An empty list removes those of the
                client.
            telemetry: Spans and metrics of OpenTelemetry, with the extra ``otel``: True, or the settings of
                ``uniqos.telemetry``. False turns off those that an instrumentation has turned on for all clients.
            on_drift: A function that is called with a DriftReport, once for each finding: a field, a word or an event
                that this version does not know, or a field that was salvaged. An exception that it raises is logged,
                and the call goes on.
            base_url: Address of the API without ``/v1``; by default the environment's UNIQOS_BASE_URL, else
                https://api.uniqos.ai.
            max_connections: How many calls may be under way at once, for each event loop, 1,000 by default. Further
                calls wait.
            proxy: URL of the proxy to use: ``http://user:password@host:port``, ``https://``, or ``socks5://`` with the
                extra ``socks``. By default HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment count,
                except for the sandbox on this machine.
            verify: The certificates to trust instead of the usual ones: the path of a file or folder, or an SSLContext.
                A file that is replaced counts from the next new connection on, as SSL_CERT_FILE and SSL_CERT_DIR do.
                ``"system"``, with the extra ``truststore``, means the certificate authorities that the operating system
                trusts.
            http_client: An httpx client of yours that sends the requests, with its own connections, proxy, hooks and
                auth. Closing it is up to you. Its default headers, params and cookies are sent too; a header that the
                SDK sets itself wins over them. Its base_url, timeout and follow_redirects are not used. It limits the
                time of each read, but not of all reads together: an answer whose headers arrive very slowly can outlive
                the deadline. A hook or auth may call ``raise_for_status()``: the call then raises the API's typed
                error, with the API's own message if the hook has read the answer. Any other exception of a hook is
                passed on unchanged, unless it is an OSError or a failure of the network.

        Raises:
            ConfigurationError: ``missing_api_key``, ``invalid_api_key_format``, or another setting is wrong.
        """
        # First, so that no traceback with local variables shows these.
        api_key = hide_key(api_key)
        access_token, base_url, proxy = map(hide, (access_token, base_url, proxy))
        headers = hide_headers(headers)
        self._set_up(
            api_key=api_key,
            access_token=access_token,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            on_invalid_response=on_invalid_response,
            headers=headers,
            log_level=log_level,
            logger=logger,
            max_response_bytes=max_response_bytes,
            observer=observer,
            middleware=middleware,
            telemetry=telemetry,
            on_drift=on_drift,
            base_url=base_url,
            max_connections=max_connections,
            proxy=proxy,
            verify=verify,
            http_client=http_client,
        )

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        on_invalid_response: OnInvalidResponse | None = None,
        headers: Mapping[str, str] | None = None,
        log_level: LogLevel | None = None,
        logger: Logger | logging.Logger | None = None,
        max_response_bytes: int | None = None,
        observer: observers.Observer | None = None,
        middleware: Sequence[middlewares.Middleware] | None = None,
        telemetry: bool | telemetries.Telemetry | None = None,
        on_drift: drifts.OnDrift | None = None,
    ) -> Self:
        """Return a client with other settings over the same connections; closing it leaves them open.

        None leaves a setting as it is.

        Args:
            timeout: Seconds one attempt may take, 90 by default; 0 is no limit. The default lies above the server's own
                limit of about 75 s: a slow turn then ends in the server's unbilled 504. A client that gave up earlier
                would be billed.
            deadline: Seconds a whole call may take, retries and waits included; 0 is no limit, which is the default.
            max_retries: How often a failed attempt is repeated, 3 times by default; 0 is never.
            on_invalid_response: ``"raise"``, the default: an answer that breaks the contract raises a
                ResponseValidationError, which carries it. ``"salvage"``: the fields that fit are returned, and the
                problems are listed on ``.http``.
            headers: Further headers of every request, such as the key of a gateway. A call's headers win over them, and
                those of ``with_options`` are added to them. Logs and the observer do not see them.
            log_level: ``"debug"``, ``"info"``, ``"warning"`` (the default), ``"error"`` or ``"silent"``.
            logger: Takes the log lines: a logger of ``logging``, structlog or loguru. It may also be any object with
                the methods debug, info, warning and error that take a message and a mapping. The default is
                ``logging.getLogger("uniqos")``.
            max_response_bytes: How many bytes an answer may have, decompressed, 32 MiB by default. For a stream this
                limits all its events together. Downloads to a file have a separate limit.
            observer: Is called at each step of each call, for metrics and traces.
            middleware: Functions around each attempt of a call, the outermost first: see ``uniqos.middleware``. They
                may add headers, see status and timing, and answer by themselves. An empty list removes those of the
                client.
            telemetry: Spans and metrics of OpenTelemetry, with the extra ``otel``: True, or the settings of
                ``uniqos.telemetry``. False turns off those that an instrumentation has turned on for all clients.
            on_drift: A function that is called with a DriftReport, once for each finding: a field, a word or an event
                that this version does not know, or a field that was salvaged. An exception that it raises is logged,
                and the call goes on.

        Returns:
            The other client.

        Raises:
            ConfigurationError: A setting is wrong.
        """
        headers = hide_headers(headers)
        return self._with(
            change(
                self._requester.config,
                timeout=timeout,
                deadline=deadline,
                max_retries=max_retries,
                on_invalid_response=on_invalid_response,
                headers=headers,
                log_level=log_level,
                logger=logger,
                max_response_bytes=max_response_bytes,
                observer=observer,
                middleware=middleware,
                telemetry=telemetry,
                on_drift=on_drift,
            )
        )

    # generated from ClientOptions: end

    def _set_up(self, *, http_client: httpx.Client | None, **options: Any) -> None:
        connection_options = ("max_connections", "proxy", "verify")
        if http_client is not None and any(options[name] is not None for name in connection_options):
            raise errors.ConfigurationError(
                "max_connections, proxy and verify are settings of connections: give them to the http_client"
            )
        if http_client is not None and not isinstance(http_client, httpx.Client):
            raise errors.ConfigurationError(f"http_client must be an httpx.{httpx.Client.__name__}")
        config = resolve(**options)
        self._owns_connections: bool = True
        self._requester: Requester = Requester(config, Connections(config, http_client))

    @property
    def environment(self) -> Environment | None:
        """``live`` or ``test``, as the key's prefix says; None with an access token or with a function as the key."""
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

    def with_credentials(self, api_key: str | KeySource | None = None, *, access_token: str | None = None) -> Self:
        """A client for another caller over the same connections; closing it leaves them open.

        It costs little: a service may make one for each request, with the key of its own customer.

        Args:
            api_key: The other key, or a function that returns it. None is refused, and never means the key of this
                client.
            access_token: A portal JWT instead of a key.

        Returns:
            The other client.

        Raises:
            ConfigurationError: ``missing_api_key`` or ``invalid_api_key_format``.
        """
        api_key, access_token = hide_key(api_key), hide(access_token)  # first of all, as above
        return self._with(change_credentials(self._requester.config, api_key, access_token))

    def _with(self, config: Config) -> Self:
        other = object.__new__(type(self))
        # What a subclass keeps goes along; the namespaces belong to the settings they were made with.
        kept = {name: value for name, value in self.__dict__.items() if not isinstance(value, Namespace)}
        other.__dict__.update(kept)
        other._owns_connections = False
        other._requester = Requester(config, self._requester.connections, self._requester.clock)
        return other

    @overload
    def request(
        self,
        method: AnyMethod,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        query: Body | None = None,
        body: Body | None = None,
        model: None = None,
        **options: Unpack[Options],
    ) -> m.UndocumentedAnswer: ...
    @overload
    def request(
        self,
        method: AnyMethod,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        query: Body | None = None,
        body: Body | None = None,
        model: type[R],
        **options: Unpack[Options],
    ) -> R: ...
    def request(
        self,
        method: AnyMethod,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        query: Body | None = None,
        body: Body | None = None,
        model: type[Model] | None = None,
        **options: Unpack[Options],
    ) -> Model:
        """Call an endpoint that this version of the SDK does not know. Prefer the methods of the namespaces.

            mood = client.request("GET", "/v1/personalities/{id}/mood", params={"id": personality_id})
            print(mood["word"])

        Limits, retries, errors, logs and the observer work as for every other call. A GET or DELETE is sent again after
        a failure. Any other method is sent again only if the first request surely did not run. With an
        ``idempotency_key`` of yours it is sent again as a turn is: after a failure, but not after a timeout.

        Args:
            method: ``GET``, ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
            path: Path from ``/v1/`` on, with a parameter in braces for each id. Logs and the observer show the path
                with its parameters. In a path without parameters they show the first word and ``{id}`` for the others.
            params: The value of each parameter of the path; they are encoded for the URL.
            query: The query as a mapping or model; a None is left out.
            body: The JSON object to send, as a mapping or model.
            model: A class derived from ``uniqos.models.Model`` that validates the answer.
            **options: The options of every call.

        Returns:
            The answer as ``model``, else as an open model. It has ``.http``, and its subscripts are the API's JSON.

        Raises:
            RequestValidationError: An argument cannot be sent.
            UniqOSError: As for every call.

        Source: this SDK; files and streams need the methods of the namespaces.
        """
        from .._wire.undeclared import UndocumentedAnswer, undeclared_request  # rarely needed

        answer = UndocumentedAnswer if model is None else model
        op, request = undeclared_request(
            method, path, params=params, query=query, body=body, model=answer, options=options
        )
        return self._requester.perform(op, request)

    def warm_up(self, *, connect: bool = True) -> None:
        """Do now what the first turn would have to wait for: build its models, load certificates, open a connection.

        The connection is opened by ``HEAD /``, which the API may answer as it likes; nothing is billed. It stays good
        for as long as one that waits for its next call, so do this when a process begins, and not long before.

        Args:
            connect: Whether to open a connection. False sends nothing and needs no network. It is for the start of a
                serverless function, and for the time before a snapshot or a fork, which no connection outlives.

        Raises:
            NetworkError: The server cannot be reached.
            ConfigurationError: The client is closed, or a setting of the connection is wrong.

        Source: this SDK.
        """
        from ..api.engine import RespondRequest, RespondResult
        from ..api.stream_events import EVENT_MODELS

        models: tuple[type[Model], ...] = (RespondRequest, RespondResult, *EVENT_MODELS.values())
        for model in models:
            build_model(model)
        self._requester.connections.prepare()
        if connect:
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
        if len(_unpickled) > _MOST_UNPICKLED:  # A caller that holds the dropped client may go on using it.
            dropped = _unpickled.pop(next(iter(_unpickled)))
    del dropped  # Only after the lock is released: deleting a client can run any finalizer.
    return client
