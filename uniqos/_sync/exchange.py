# Generated from _async/exchange.py by python -m uniqos._generate. Do not edit.
"""One successful response whose body is still to be read, within its time and size."""

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

_KEPT_OF_A_HUGE_BODY = 64 * 1024
_WORK_SECONDS = 0.01
"""How long this works without waiting for the server, until the event loop gets its turn."""
_GRACE_SECONDS = 0.1
"""How long it takes at most, after the deadline, to read what had arrived by then."""


def close(response: httpx.Response) -> None:
    """Give a response's connection back; where a transport fails at that, what was read counts all the same."""
    try:
        response.close()
    except FAILURES:
        pass


def read_encoded(response: httpx.Response, limit: int) -> bytes:
    """Return the bytes of a body that cannot be decoded, as far as they come, and give its connection back."""
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
    return b"".join(parts)[:_KEPT_OF_A_HUGE_BODY]


class Exchange:
    """One successful response, its body still to be read."""

    __slots__ = (
        "_arrived",
        "_deadline",
        "_decoder",
        "_limit",
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
        limit: str,
    ) -> None:
        self.http: HttpInfo = http
        self._request: Request = request
        self._response: httpx.Response = response
        self._decoder: BodyDecoder = decoder
        self._deadline: Deadline = deadline
        self._limit: str = limit
        self._received: int = 0
        self._arrived: float = monotonic()
        self.work_until: float = self._arrived + _WORK_SECONDS
        """The instant from which on ``checkpoint()`` should be called before any more work."""
        stream = content_of(response) if response.is_stream_consumed else response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        # Not an async generator of ours: one that is left half read would have to be closed by its own loop.
        self._raw: Iterator[bytes] = iter(stream)

    @property
    def pending(self) -> bool:
        """Whether ``read_chunk()`` has more without waiting for the server."""
        return self._decoder.pending

    def read_chunk(self) -> bytes | None:
        """The next decoded bytes, as they arrive; None at the end.

        Raises:
            NetworkError: The body ended too early, or took too long.
            ResponseDecodeError: It is too large, or wrongly compressed.
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
                    if self._arrived - now >= _WORK_SECONDS:  # others had their turn while this waited
                        self.work_until = self._arrived + _WORK_SECONDS
                    if received is None:
                        self._decoder.finish()
                        return None
                    part = raw = received
                    self._received += len(raw)
                    # The transport of an http_client does not know the deadline. The last chunk is kept if it is late.
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
        """Let others work, and stop where the time is over, after this has worked for some time without waiting.

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
        return network_error(self._request, exc, limit=self._limit, http=self.http, received=self._received)

    def read_available(self) -> tuple[bytes, bool]:
        """The body of a refusal, and whether it is whole: the status counts even where the body is cut."""
        try:
            return self.read(), True
        except errors.ResponseDecodeError as exc:
            return exc.body, False
        except errors.NetworkError:
            return b"", False

    def read(self) -> bytes:
        """The whole decoded body; the connection goes back, whatever happens."""
        body: bytes | bytearray = b""
        try:
            while (data := self.read_chunk()) is not None:
                if not body:
                    body = data
                else:  # in one buffer: a list of short chunks would take many times the memory
                    body = body if isinstance(body, bytearray) else bytearray(body)
                    body += data
        except errors.NetworkError as exc:
            content = bytes(body)
            if not (isinstance(exc.__cause__, UncertainEnd) and is_whole_json(self.http.headers, content)):
                raise
            return content
        except errors.ResponseDecodeError as exc:
            exc.body = bytes(body or exc.body)[:_KEPT_OF_A_HUGE_BODY]
            raise
        finally:
            self.close()
        return bytes(body)

    def restart_limits(self, seconds: float | None) -> None:
        """Count as new what was read so far: from now on the next event has its own time and size."""
        self._deadline.restart(seconds)
        self._decoder.reset()

    def close(self) -> None:
        """Give the connection back."""
        close(self._response)

    def decode_error(self, code: str, reason: str, raw: bytes = b"") -> errors.ResponseDecodeError:
        """The error of a body that is of no use."""
        error = errors.ResponseDecodeError(
            f"{self._request.label}: the body of the answer cannot be used: {reason}",
            code=code,
            body=raw[:_KEPT_OF_A_HUGE_BODY],
            content_type=self.http.headers.get("content-type"),
            request_id=self.http.request_id,
            http_status=self.http.status,
        )
        error.http = self.http
        return error
