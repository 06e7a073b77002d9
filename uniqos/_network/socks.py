"""The handshake with a SOCKS 5 proxy, as bytes: nothing is sent here. It needs the extra ``socks``."""

from __future__ import annotations

from collections.abc import Generator

import httpcore

from .._extras import missing_extra
from .proxy import ProxyAuthenticationError

try:
    from socksio import ProtocolError
    from socksio.socks5 import (
        SOCKS5AType,
        SOCKS5AuthMethod,
        SOCKS5AuthMethodsRequest,
        SOCKS5AuthReply,
        SOCKS5Command,
        SOCKS5CommandRequest,
        SOCKS5ReplyCode,
        SOCKS5UsernamePasswordReply,
        SOCKS5UsernamePasswordRequest,
    )
except ImportError:
    raise missing_extra("a socks proxy needs one more package", "socks") from None

_PASSWORD_REFUSED = "the user and password were not accepted"
_VERSION = b"\x05"
_ADDRESS_SIZES: dict[bytes, int] = {SOCKS5AType.IPV4_ADDRESS: 4, SOCKS5AType.IPV6_ADDRESS: 16}


def handshake(host: str, port: int, auth: tuple[bytes, bytes] | None) -> Generator[bytes | int, bytes, None]:
    """Ask a proxy for a connection to ``host``, whose name the proxy looks up.

    Args:
        host: Name or IP address.
        port: The port of the server.
        auth: User and password, for a proxy that wants them.

    Yields:
        Bytes to send, or the number of bytes to receive, which are then sent to the generator.

    Raises:
        httpcore.ProxyError: The proxy refused, or does not speak SOCKS 5.
    """
    try:
        yield from _handshake(host, port, auth)
        return
    except ProtocolError:
        pass
    # Raised here and not in the block above: the context of the error would hold frames with the password.
    raise httpcore.ProxyError("its answer is not SOCKS 5")


def _handshake(host: str, port: int, auth: tuple[bytes, bytes] | None) -> Generator[bytes | int, bytes, None]:
    methods = [SOCKS5AuthMethod.NO_AUTH_REQUIRED]
    if auth is not None:
        methods.append(SOCKS5AuthMethod.USERNAME_PASSWORD)
    yield SOCKS5AuthMethodsRequest(methods).dumps()
    method = SOCKS5AuthReply.loads((yield 2)).method
    if method not in methods:
        raise ProxyAuthenticationError(_PASSWORD_REFUSED)
    if method is SOCKS5AuthMethod.USERNAME_PASSWORD and auth is not None:
        yield SOCKS5UsernamePasswordRequest(*auth).dumps()
        if not SOCKS5UsernamePasswordReply.loads((yield 2)).success:
            raise ProxyAuthenticationError(_PASSWORD_REFUSED)
    yield SOCKS5CommandRequest.from_address(SOCKS5Command.CONNECT, (host, port)).dumps()
    answer = yield 4  # Version, outcome, a zero byte, kind of address. The address and a port follow.
    if answer[:1] != _VERSION:
        raise ProtocolError
    if answer[1:2] != SOCKS5ReplyCode.SUCCEEDED:
        raise httpcore.ProxyError(_reason(answer[1:2]))
    kind = answer[3:]
    if kind == SOCKS5AType.DOMAIN_NAME:
        answer += yield 1
    elif kind not in _ADDRESS_SIZES:
        raise ProtocolError
    yield _ADDRESS_SIZES.get(kind, answer[-1]) + 2  # The address from which the proxy connects is not needed.


def _reason(code: bytes) -> str:
    try:
        return SOCKS5ReplyCode(code).name.lower().replace("_", " ")
    except ValueError:  # Some proxies have further codes, such as those of Tor for hidden services.
        return f"SOCKS error {code[0]}"
