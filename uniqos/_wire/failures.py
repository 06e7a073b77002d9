"""Typed errors for answers that are no success, and for failures of the network."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import timezone
from math import isfinite
from traceback import clear_frames
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic_core import from_json

from .. import errors
from .._base.http import HttpInfo
from .._base.safe import safe_text
from .message import EVENT_STREAM, JSON, is_type
from .operation import Request

FAILURES = (httpx.RequestError, httpx.StreamError, httpx.CookieConflict, OSError)
"""The exceptions that an httpx client raises when the network fails. TLS that breaks later raises a plain OSError."""
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)  # The peer closed the connection: the certificate is not at fault.
_PASSWORD_CODE = "proxy_authentication_required"
_STATUS_OF_PASSWORD = "407"
"""How the text of httpcore's ProxyError begins (http_proxy.py of 1.0.9): only there does it give the status."""
_NOT_FOLLOWED = "redirects are not followed, since they would carry the key and the message along. Check base_url."
_NO_HOST = "no valid host"
MOST_OF_A_PART = 300
"""How many characters of a server's or a library's text stand in an error text."""
_PASSWORD_WANTED = '; it wants another user and password: proxy="http://user:password@host:port"'


class UncertainEnd(httpx.RemoteProtocolError):
    """A cut connection whose end alone would have ended the body, which may therefore be incomplete."""


def refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    *,
    complete: bool = True,
    forwarded: bool = False,
) -> errors.UniqOSError:
    """Return the error for any answer that is not a success.

    Args:
        status: HTTP status, not 2xx.
        headers: The response headers.
        body: The decoded body.
        now: Unix time, to read a ``Retry-After`` date against.
        complete: Whether the body is whole.
        forwarded: Whether the request went through our proxy as plain HTTP, so that the proxy may have refused it.
    """
    request_id = headers.get("x-request-id")
    if 300 <= status < 400:
        host = _host_of(headers.get("location", ""))
        return errors.ResponseDecodeError(
            f"HTTP {status} redirects to {host}; {_NOT_FOLLOWED}",
            code="redirect",
            body=body,
            content_type=headers.get("content-type"),
            request_id=request_id,
            http_status=status,
            details={"location_host": host},
        )
    if status == 407:
        return errors.NetworkError(
            f"{'the' if forwarded else 'a'} proxy refused: HTTP 407{_PASSWORD_WANTED if forwarded else ''}",
            code=_PASSWORD_CODE,
            request_id=request_id,
            http_status=status,
            sent=not forwarded,
        )
    if status < 400:
        return errors.UnexpectedError(
            f"HTTP {status} is neither success nor error", code="api_error", request_id=request_id, http_status=status
        )
    try:
        envelope = _finite(from_json(body.removeprefix(b"\xef\xbb\xbf"))) if body else None
    except ValueError:
        envelope = None  # It may be a page of a proxy, and the status says enough.
    retry_after = parse_retry_after(headers.get("retry-after"), now)
    return errors.api_error(
        status,
        envelope,
        request_id=request_id,
        retry_after_seconds=retry_after,
        complete=complete,
        is_json=is_type(headers, JSON),
    )


def bad_redirect(exc: Exception) -> errors.ResponseDecodeError | None:
    """Return the error of a redirect to something that is not a URL; None for any other exception.

    Httpx parses a ``Location`` even if it does not follow redirects. Its RemoteProtocolError then has the InvalidURL as
    its context.
    """
    if not isinstance(exc, httpx.InvalidURL) and not isinstance(exc.__context__, httpx.InvalidURL):
        return None
    return errors.ResponseDecodeError(
        f"the answer redirects to something that is not a URL (or a hook of the http_client made it); {_NOT_FOLLOWED}",
        code="redirect",
        details={"location_host": _NO_HOST},
    )


def _finite(value: Any) -> Any:
    """Return JSON without NaN and Infinity: NaN does not equal itself, and an error has to equal its own copy."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value


def _host_of(location: str) -> str:
    """Return the host and port of a ``Location``, without user and password; in words where it names none."""
    try:
        host = urlsplit(location).netloc.rpartition("@")[2]
    except ValueError:
        return _NO_HOST
    return safe_text(host, MOST_OF_A_PART) or "the same host"


def wrong_type(status: int, headers: Mapping[str, str], body: bytes, wanted: str) -> errors.ResponseDecodeError:
    """Return the error for a success that is not JSON, or not a stream."""
    content_type = headers.get("content-type")
    named = safe_text(content_type or "an unnamed type", MOST_OF_A_PART)
    return errors.ResponseDecodeError(
        f"HTTP {status} came as {named} instead of {wanted}; is a proxy in between? It begins with {body[:80]!r}",
        body=body,
        content_type=content_type,
        request_id=headers.get("x-request-id"),
        http_status=status,
    )


def network_error(
    request: Request,
    exc: Exception,
    *,
    limit: str = "",
    http: HttpInfo | None = None,
    received: int = 0,
    peer: str = "the server",
) -> errors.NetworkError:
    """Return the error for a failure of the network.

    Args:
        request: The request that failed.
        exc: The exception of httpx.
        limit: The limit that a timeout hit, in words: ``timeout of 90 s``.
        http: Status and headers of the answer; None if none had arrived.
        received: How many bytes of the body had arrived.
        peer: The host and port, or the proxy, of the connection, in words.
    """
    forget_locals(exc)
    code, sent, reason = _classify(exc, peer)
    details: dict[str, Any] = {"response_started": http is not None, "bytes_received": received}
    if code == "timeout":
        if isinstance(exc, httpx.PoolTimeout):
            reason = f"no connection was free within the {limit}: {exc}"
            limit = "max_connections"
        else:
            is_stream = http is not None and is_type(http.headers, EVENT_STREAM)
            reason = f"no {'event' if is_stream else 'whole answer'} within the {limit}" if limit else "timed out"
        details["limit"] = limit
    error = errors.NetworkError(f"{request.label}: {reason}", code=code, details=details, sent=sent)
    if http is not None:
        error.http, error.request_id, error.http_status = http, http.request_id, http.status
    return error


def held_back(request: Request) -> errors.NetworkError:
    """Return the error of a call that the rate limiter would hold back until after its deadline."""
    return errors.NetworkError(
        f"{request.label}: not sent: the API has said that requests come too fast, and the queue before this request "
        "is longer than the deadline of the whole call",
        code="timeout",
        details={"response_started": False, "bytes_received": 0, "limit": "rate_limit_exceeded"},
        sent=False,
    )


def _classify(exc: Exception, peer: str) -> tuple[str, bool, str]:
    """Return the code, whether the request may have reached the server, and the reason in words."""
    causes = list(_causes(exc))
    said = safe_text(str(exc), MOST_OF_A_PART)  # h11 quotes bytes that are not HTTP, at any length.
    connecting = isinstance(exc, httpx.ConnectError)
    if connecting and any(isinstance(cause, ssl.SSLError) and not isinstance(cause, _CUT) for cause in causes):
        hint = (
            "; if the certificate authority is your own, pass its certificate: verify=...; if the operating system "
            'trusts it, pass verify="system"'
        )
        return "tls_error", False, f"TLS failed: {said}{hint}"
    if connecting and any(isinstance(cause, socket.gaierror) for cause in causes):
        return "dns_failure", False, f"the host name of {peer} does not resolve: {said}"
    if isinstance(exc, httpx.PoolTimeout):
        return "timeout", False, ""
    if isinstance(exc, httpx.ConnectTimeout):
        return "timeout", False, "no connection in time"
    if isinstance(exc, httpx.TimeoutException):
        return "timeout", True, "no answer in time"
    if isinstance(exc, httpx.ProxyError):
        ours = any(getattr(cause, "code", None) == _PASSWORD_CODE for cause in causes)
        if ours or said.startswith(_STATUS_OF_PASSWORD):
            return _PASSWORD_CODE, False, f"{peer} refused: {said}{_PASSWORD_WANTED}"
        return "proxy_error", False, f"{peer} refused: {said}"
    if connecting:
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return "connection_refused", False, f"connection refused: nothing listens at {peer}"
        return "network_error", False, f"no connection to {peer}: {said}"
    return "network_error", True, f"the connection broke: {said or type(exc).__name__}"


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes."""
    seen: set[int] = set()
    queue = [exc]
    while queue:
        current = queue.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        # httpcore 1.0 (connection_pool.py) raises "from None", which leaves the cause in __context__. Any other
        # __context__ may be an error that the caller was handling when it made the call.
        lost = current.__context__ if current.__suppress_context__ else None
        queue += [current.__cause__ or lost, *getattr(current, "exceptions", ())]


def forget_locals(exc: BaseException) -> None:
    """Clear the local variables in the frames of ``exc`` and its causes.

    The key is a local variable where headers are built and written, and many tools show the locals of a traceback.
    """
    seen: set[int] = set()
    cause: BaseException | None = exc
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        clear_frames(cause.__traceback__)
        cause = cause.__cause__


_SECONDS = r"(?a:\d{1,12}(\.\d{1,12})?)"


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return ``Retry-After``, seconds or an HTTP date, as seconds from ``now``, a Unix time.

    None stands for a value that is neither, and for a date in the past.
    """
    if not value:
        return None
    value = value.strip(" \t")  # str.strip() would also remove control characters, and so accept a wrong value.
    if re.fullmatch(_SECONDS, value):
        return float(value)
    from email.utils import parsedate_to_datetime  # A slow import that is rarely needed.

    try:
        date = parsedate_to_datetime(value)
        seconds = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - now
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
