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
from .message import JSON, is_type
from .operation import Request

FAILURES = (httpx.RequestError, httpx.StreamError, httpx.CookieConflict, OSError)
"""What a client of httpx raises when the network fails; that of TLS which breaks later comes as it is, an OSError."""
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)  # the other side left, which says nothing of certificates
PASSWORD_REFUSED = "the user and password were not accepted"
_PROXY_ERRORS = {"407": "proxy_authentication_required", PASSWORD_REFUSED: "proxy_authentication_required"}
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
    """The error for any answer that is not a success.

    Args:
        status: HTTP status, not 2xx.
        headers: The response headers.
        body: The decoded body.
        now: Unix time, to read a ``Retry-After`` date against.
        complete: Whether the body is whole.
        forwarded: Whether a proxy of ours was asked to pass the request on, and so may have refused instead.
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
            code=_PROXY_ERRORS["407"],
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
        envelope = None  # a proxy's page: the status speaks
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
    """The error where httpx stumbles over a ``Location`` that is no URL; it reads it though it is not to follow it."""
    if not isinstance(exc, httpx.InvalidURL) and not str(exc).startswith("Invalid URL in location header"):
        return None
    return errors.ResponseDecodeError(
        f"the answer redirects to what is no URL (or a hook of the http_client made one); {_NOT_FOLLOWED}",
        code="redirect",
        details={"location_host": _NO_HOST},
    )


def _finite(value: Any) -> Any:
    """The same without NaN and Infinity, which no JSON holds: an error has to equal its own copy."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value


def _host_of(location: str) -> str:
    """The host and port of a ``Location``, without user and password; in words where it names none."""
    try:
        host = urlsplit(location).netloc.rpartition("@")[2]
    except ValueError:
        return _NO_HOST
    return safe_text(host, MOST_OF_A_PART) or "the same host"


def wrong_type(status: int, headers: Mapping[str, str], body: bytes, wanted: str) -> errors.ResponseDecodeError:
    """The error for a success that is not JSON, or not a stream."""
    content_type = headers.get("content-type")
    named = safe_text(content_type or "nothing named", MOST_OF_A_PART)
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
    """The error for a failure of the network.

    Args:
        request: What was being sent.
        exc: What httpx raised.
        limit: Which limit a timeout hit, for people, e.g. ``timeout of 90 s``.
        http: What is known of the answer; None where no status had arrived.
        received: How many bytes of the body had arrived.
        peer: Who was connected to, for people: host and port, or which proxy.
    """
    forget_locals(exc)
    code, sent, reason = _classify(exc, peer)
    details: dict[str, Any] = {"response_started": http is not None, "bytes_received": received}
    if code == "timeout":
        if isinstance(exc, httpx.PoolTimeout):
            reason = f"no connection was free within the {limit}: {exc}"
            limit = "max_connections"
        else:
            reason = f"no whole answer within the {limit}" if limit else "timed out"
        details["limit"] = limit
    error = errors.NetworkError(f"{request.label}: {reason}", code=code, details=details, sent=sent)
    if http is not None:
        error.http, error.request_id, error.http_status = http, http.request_id, http.status
    return error


def held_back(request: Request) -> errors.NetworkError:
    """The error of a call whose turn would come after its deadline, since the API has refused others for their rate."""
    return errors.NetworkError(
        f"{request.label}: not sent: the API has said that requests come too fast, and the wait for those before it is "
        "longer than the deadline of the whole call",
        code="timeout",
        details={"response_started": False, "bytes_received": 0, "limit": "rate_limit_exceeded"},
        sent=False,
    )


def _classify(exc: Exception, peer: str) -> tuple[str, bool, str]:
    """(code, whether the request may have reached the server, words)."""
    causes = list(_causes(exc))
    said = safe_text(str(exc), MOST_OF_A_PART)  # HTTP that is none is quoted by h11, whatever its length
    connecting = isinstance(exc, httpx.ConnectError)
    if connecting and any(isinstance(cause, ssl.SSLError) and not isinstance(cause, _CUT) for cause in causes):
        hint = "; where the authority is your own, pass its certificate: verify=..."
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
        code = next((code for words, code in _PROXY_ERRORS.items() if said.startswith(words)), "proxy_error")
        return code, False, f"{peer} refused: {said}{_PASSWORD_WANTED if code != 'proxy_error' else ''}"
    if connecting:
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return "connection_refused", False, f"connection refused: nothing listens at {peer}"
        return "network_error", False, f"no connection to {peer}: {said}"
    return "network_error", True, f"the connection broke: {said or type(exc).__name__}"


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    queue = [exc]
    while queue:
        current = queue.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        # httpcore's pool drops the cause with "from None". Any other __context__ may be an error of the caller's, who
        # calls while handling it.
        lost = current.__context__ if current.__suppress_context__ else None
        queue += [current.__cause__ or lost, *getattr(current, "exceptions", ())]


def forget_locals(exc: BaseException) -> None:
    """Empty the frames that ``exc`` and its causes have left.

    Where headers are built and written, the key is in a local variable, and many tools show those of a traceback.
    """
    seen: set[int] = set()
    cause: BaseException | None = exc
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        clear_frames(cause.__traceback__)
        cause = cause.__cause__


_SECONDS = r"(?a:\d{1,12}(\.\d{1,12})?)"


def parse_retry_after(value: str | None, now: float) -> float | None:
    """``Retry-After`` (seconds or an HTTP date) as seconds from ``now`` (Unix time); None for nonsense or the past."""
    if not value:
        return None
    value = value.strip(" \t")  # str.strip() also takes control characters away, which float() refuses
    if re.fullmatch(_SECONDS, value):
        return float(value)
    from email.utils import parsedate_to_datetime  # it costs more to import than all else here

    try:
        date = parsedate_to_datetime(value)
        seconds = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - now
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
