# Generated from _async/requester.py by python -m uniqos._generate. Do not edit.
"""The engine of a client: it performs the operations that the namespaces name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .. import errors
from .._base.response import build_model, set_http
from .._network.threads import Clock
from .._policy.options import Config
from .._policy.unobserved import UNOBSERVED, Instrumented, UnobservedCall
from .._wire.decode import decode
from .._wire.encode import encode
from .._wire.message import ANY, JSON, Endpoint
from .._wire.operation import Body, Operation, R, Request
from .attempts import Attempts, timeout_of
from .connections import Connections
from .exchange import Exchange

if TYPE_CHECKING:
    from .._base.model import Model
    from .._policy.drift import Drift
    from .._wire.file import File
    from ..middleware import Middleware
    from ..telemetry._recorder import Recorder

T = TypeVar("T")


class Requester:
    """The engine of one client, which all of its namespaces share."""

    def __init__(self, config: Config, connections: Connections, clock: Clock | None = None) -> None:
        self.config: Config = config
        self.connections: Connections = connections
        self.clock: Clock = clock or Clock()
        self._log = config.log
        self.drift: Drift | None = None
        if config.on_drift is not None:
            from .._policy.drift import Drift  # Few clients report drift.

            self.drift = Drift(
                config.on_drift, connections.drift_reports.setdefault(config.on_drift, set()), config.log
            )
        self._endpoint: Endpoint = Endpoint(config.base_url, config.token, config.headers)
        self._middleware: tuple[Middleware, ...] = config.middleware
        if config.middleware:
            from .chain import check_middleware  # Most clients have no middleware.

            check_middleware(config.middleware)
        if config.key_source is not None:
            from .keys import check_source  # Most clients have a key that stays the same.

            check_source(config.key_source)

    def call(self, op: Operation[R], data: Body | None, fields: Mapping[str, Any], *path: str) -> R:
        """Perform an operation: check and encode the arguments, send the request, validate the answer."""
        return self.perform(op, encode(op, data, fields, path))

    def perform(self, op: Operation[R], request: Request) -> R:
        """Perform an operation whose request is encoded already."""
        with self.watch(request) as watch:
            exchange, content = self.send(request, JSON, self.config.max_response_bytes, _read, watch)
            if not content and op.method != "GET" and _promises_nothing(op.returns):
                content = b"{}"  # The contract promises no field of this answer, so an empty body keeps it.
            answer = decode(
                op.returns, content, exchange.http, request.on_invalid_response or self.config.on_invalid_response
            )
        if self.drift is not None:
            self.drift.look(op.label, answer)
        return answer

    def fetch(self, op: Operation[File], options: Mapping[str, Any], *path: str) -> File:
        """Perform an operation that returns a file of any media type."""
        from .._wire.file import File  # Few clients fetch files.

        request = encode(op, None, options, path)
        with self.watch(request) as watch:
            exchange, content = self.send(request, ANY, self.config.max_response_bytes, _read, watch)
            if not content:
                raise exchange.decode_error("empty_response", "it is empty")
        file = build_model(File)(content=content, content_type=exchange.http.headers.get("content-type"))
        set_http(file, exchange.http)
        return file

    def open(self, request: Request, accept: str, limit: int, watch: UnobservedCall) -> Exchange:
        """Send a request and return its answer, whose body the caller reads: ``limit`` decoded bytes at most."""
        return self.send(request, accept, limit, _keep_open, watch)

    def warm_up(self) -> None:
        """Open a connection by ``HEAD /``. Any HTTP answer means that the server is reachable."""
        try:
            self.send(
                Request("HEAD", "/", "HEAD /", None, [], "safe"), ANY, self.config.max_response_bytes, _read, UNOBSERVED
            )
        except (errors.APIError, errors.ResponseDecodeError):
            pass

    def watch(self, request: Request, *, streamed: bool = False) -> UnobservedCall:
        """Return a context manager that tells the observer how a call goes."""
        if self.config.observer is None and not (self.config.telemetry or Instrumented.settings):
            return UNOBSERVED
        from .._policy.observer import ObservedCall

        observers = tuple(each for each in (self.config.observer, self._recorder()) if each is not None)
        return ObservedCall(observers, request.label, streamed, self.clock.monotonic, self._log)

    def _recorder(self) -> Recorder | None:
        """Return the recorder of telemetry; None without telemetry."""
        settings = self.config.telemetry
        if settings is None:
            settings = Instrumented.settings
        if not settings:
            return None
        from ..telemetry._recorder import recorder_of

        recorder = recorder_of(settings)
        recorder.add_connections(self.connections)
        return recorder

    def _traced_middleware(self) -> tuple[Middleware, ...]:
        """Return the middleware of a call, that of telemetry first."""
        recorder = self._recorder()
        if recorder is None:
            return self._middleware
        from ..telemetry._tracing import Tracing

        return (Tracing(recorder, self.config.base_url, self._log), *self._middleware)

    def timeout(self, request: Request) -> float | None:
        """Return the seconds that an attempt, or the wait for an event of a stream, may take; None is no limit."""
        return timeout_of(request, self.config)

    def send(
        self,
        request: Request,
        accept: str,
        limit: int,
        consume: Callable[[Exchange], T],
        watch: UnobservedCall,
    ) -> T:
        """Send a request until an attempt succeeds, or until none may follow.

        Args:
            request: The request of the call.
            accept: The media type that the answer must have.
            limit: How many decoded bytes its body may have.
            consume: Finishes an attempt, such as by reading the body. If it fails, the attempt has failed.
            watch: The observer's view of the call.
        """
        middleware = self._middleware if watch is UNOBSERVED else self._traced_middleware()
        attempts = Attempts(
            self.config, self.connections, self.clock, self._endpoint, self._log, request, watch, middleware
        )
        if self.config.key_source is None:
            return attempts.run(accept, limit, consume)
        return self._run_with_key(self.config.key_source, attempts, accept, limit, consume)

    def _run_with_key(
        self,
        source: Callable[[], Any],
        attempts: Attempts,
        accept: str,
        limit: int,
        consume: Callable[[Exchange], T],
    ) -> T:
        """Run the attempts of a call with the key that the function gives now."""
        from .._policy.config import config_with_key
        from .keys import read_key

        config = config_with_key(self.config, read_key(source))
        attempts.use_key(config, Endpoint(config.base_url, config.token, config.headers))
        return attempts.run(accept, limit, consume)


def _promises_nothing(model: type[Model]) -> bool:
    """Return whether no field of an answer is known to be there."""
    fields = model.model_fields.values()
    return not fields or (model.__source__ == "undocumented" and not any(field.is_required() for field in fields))


def _read(exchange: Exchange) -> tuple[Exchange, bytes]:
    """Finish an attempt by reading the whole body."""
    return exchange, exchange.read()


def _keep_open(exchange: Exchange) -> Exchange:
    """Finish an attempt with its body unread."""
    return exchange
