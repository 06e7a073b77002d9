# Generated from _async/exchange.py by python -m uniqos._generate. Do not edit.
"""An open HTTP response, and the limits of time and size within which its body is read."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import httpx

from .. import errors
from .._base.deadline import Deadline
from .._base.http import HttpInfo
from .._network.threads import checkpoint
from .._wire.body import BodyDecoder, BodyError
from .._wire.failures import FAILURES, UncertainEnd, network_error
from .._wire.message import content_of, is_whole_json
from .._wire.operation import Request

_MAX_ERROR_BODY_BYTES = 64 * 1024
"""How many bytes of a body an error keeps."""
_WORK_SECONDS = 0.01
"""How long an exchange may work without a wait for the server before other tasks run."""
_WAIT_SECONDS = 0.001
"""A read that takes this long has waited, and so other tasks have run."""
_GRACE_SECONDS = 0.1
"""How long after the deadline the bytes that arrived before it may still be decoded."""


def close(response: httpx.Response) -> None:
    """Give a response's connection back. The answer counts even if the transport fails at that."""
    try:
        response.close()
    except FAILURES:
        pass


def read_encoded(response: httpx.Response, limit: int) -> bytes:
    """Return the first bytes of a body that cannot be decoded, and give its connection back."""
    parts: list[bytes] = []
    try:
        if not response.is_stream_consumed:
            stream = response.stream
            assert isinstance(stream, httpx.SyncByteStream)
            for part in stream:
                parts.append(part)
                limit -= len(part)
                if limit < 0:
                    break
    except FAILURES:
        pass
    finally:
        close(response)
    return b"".join(parts)[:_MAX_ERROR_BODY_BYTES]


class Exchange:
    """One response whose body is not read yet.

    Args:
        request: The request that it answers.
        response: The response.
        http: Its status and headers, and the retries and duration of the call.
        decoder: The decoder of its body.
        deadline: The instant at which the exchange must have ended.
        limit_name: The name of that limit, for error messages.
    """

    __slots__ = (
        "_arrived",
        "_deadline",
        "_decoder",
        "_limit_name",
        "_raw",
        "_received",
        "_request",
        "_response",
        "http",
        "work_until",
    )

    def __init__(
        self,
        request: Request,
        response: httpx.Response,
        http: HttpInfo,
        decoder: BodyDecoder,
        deadline: Deadline,
        limit_name: str,
    ) -> None:
        self.http: HttpInfo = http
        self._request: Request = request
        self._response: httpx.Response = response
        self._decoder: BodyDecoder = decoder
        self._deadline: Deadline = deadline
        self._limit_name: str = limit_name
        self._received: int = 0
        self._arrived: float = monotonic()
        self.work_until: float = self._arrived + _WORK_SECONDS
        """The instant from which on ``checkpoint()`` has to be called before more work."""
        stream = content_of(response) if response.is_stream_consumed else response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        # The stream's own iterator: an unfinished async generator could be closed by its event loop only.
        self._raw: Iterator[bytes] = iter(stream)

    @property
    def pending(self) -> bool:
        """Whether ``read_chunk()`` returns more bytes without waiting for the server."""
        return self._decoder.pending

    def read_chunk(self) -> bytes | None:
        """Return the next decoded bytes as they arrive; None at the end.

        Raises:
            NetworkError: The body ended too early, or took too long.
            ResponseDecodeError: The body is too large, or wrongly compressed.
        """
        raw = b""
        try:
            while True:
                now, at = monotonic(), self._deadline.at
                if now >= self.work_until:
                    self.checkpoint()
                part = b""
                if not self._decoder.pending:
                    received = next(self._raw, None)
                    self._arrived = monotonic()
                    if self._arrived - now >= _WAIT_SECONDS:
                        self.work_until = self._arrived + _WORK_SECONDS
                    if received is None:
                        self._decoder.finish()
                        return None
                    part = raw = received
                    self._received += len(raw)
                    # The transport of a caller's http_client does not know the deadline. A chunk counts if the wait
                    # for it began in time.
                    if at is not None and now >= at:
                        raise httpx.ReadTimeout("too slow")
                data = self._decoder.feed(part)
                if data:
                    return data
        except BodyError as exc:
            raise self.decode_error(exc.code, str(exc), raw) from None
        except FAILURES as exc:
            raise self._failed(exc) from exc

    def checkpoint(self) -> None:
        """Let other tasks run, and end an exchange whose time is over.

        Raises:
            NetworkError: The time is over.
        """
        checkpoint()
        now, at = monotonic(), self._deadline.at
        self.work_until = now + _WORK_SECONDS
        if at is not None and now >= max(at, self._arrived + _GRACE_SECONDS):
            exc = httpx.ReadTimeout("too slow")
            raise self._failed(exc) from exc

    def _failed(self, exc: Exception) -> errors.NetworkError:
        return network_error(self._request, exc, limit=self._limit_name, http=self.http, received=self._received)

    def read_available(self) -> tuple[bytes, bool]:
        """Return the body of a refusal, and whether it is complete. The status counts even if the body is cut off."""
        try:
            return self.read(), True
        except errors.ResponseDecodeError as exc:
            return exc.body, False
        except errors.NetworkError:
            return b"", False

    def read(self) -> bytes:
        """Return the whole decoded body, and give the connection back."""
        body: bytes | bytearray = b""
        try:
            while (data := self.read_chunk()) is not None:
                if not body:
                    body = data
                else:  # One buffer: a list of short chunks would take many times the memory.
                    body = body if isinstance(body, bytearray) else bytearray(body)
                    body += data
        except errors.NetworkError as exc:
            content = bytes(body)
            if not (isinstance(exc.__cause__, UncertainEnd) and is_whole_json(self.http.headers, content)):
                raise
            return content
        except errors.ResponseDecodeError as exc:
            exc.body = bytes(body or exc.body)[:_MAX_ERROR_BODY_BYTES]
            raise
        finally:
            self.close()
        return bytes(body)

    def restart_limits(self, seconds: float | None) -> None:
        """Begin the time, in seconds, and the size of the next event anew; None is no limit of time."""
        self._deadline.restart(seconds)
        self._decoder.reset()

    def close(self) -> None:
        """Give the connection back."""
        close(self._response)

    def decode_error(self, code: str, reason: str, raw: bytes = b"") -> errors.ResponseDecodeError:
        """Return the error for a body that cannot be used."""
        error = errors.ResponseDecodeError(
            f"{self._request.label}: the body of the answer cannot be used: {reason}",
            code=code,
            body=raw[:_MAX_ERROR_BODY_BYTES],
            content_type=self.http.headers.get("content-type"),
            request_id=self.http.request_id,
            http_status=self.http.status,
        )
        error.http = self.http
        return error
