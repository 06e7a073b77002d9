"""The checks of the way to the server: name lookup, connection, TLS and clock. No key is sent."""

from __future__ import annotations

import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from ..._base.safe import safe_text
from ..._network.certificates import ssl_context
from .finding import Finding

_PORTS = {"https": 443, "http": 80, "socks5": 1080}
_SECONDS_OF_DOUBT = 60
"""The difference of clocks that is reported; half of it may be the network's."""
_TOLERANCE = 300
"""The age at which a webhook delivery is refused by default."""
_DAYS_LEFT = 14


def reach(url: str, proxy: str | None, timeout: float) -> list[Finding]:
    """Return the findings from the name lookup to the clock. A check after a failure is left out.

    Args:
        url: The base URL.
        proxy: The proxy to use; None is none.
        timeout: Seconds that one step may take.
    """
    parts = urlsplit(proxy or url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    peer = f"the proxy {host}" if proxy else host
    looked_up, addresses = _look_up(host, port, peer)
    found = [looked_up]
    if not addresses:
        return found
    found.append(_connect(addresses, peer, timeout))
    if found[-1].status == "failure":
        return found
    return found + _ask(url, proxy, timeout)


Address = tuple[socket.AddressFamily, Any]


def _look_up(host: str, port: int, peer: str) -> tuple[Finding, list[Address]]:
    started = time.perf_counter()
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        return Finding(
            "dns", "failure", f"{peer} has no address: {exc}", "check the name, the network and its name server"
        ), []
    ms = _ms(started)
    addresses: list[Address] = list(dict.fromkeys((family, address) for family, _, _, _, address in infos))
    shown = [str(address[0]) for _, address in addresses]
    return Finding(
        "dns", "ok", f"{peer} is {', '.join(shown)}, in {ms} ms", data={"addresses": shown, "ms": ms}
    ), addresses


def _advice(addresses: list[Address], peer: str) -> str:
    """Return what to do where no address is reached."""
    if peer.startswith("the proxy"):
        return "start the proxy, or correct its variable"
    if all(ip_address(address[0].partition("%")[0]).is_loopback for _, address in addresses):
        return "start the server on this machine, e.g. uniqos sandbox, or correct the address"
    return "check firewall and proxy settings"


def _connect(addresses: list[Address], peer: str, timeout: float) -> Finding:
    """Connect to each address, since clients try them in turn and one that is silent costs time."""
    good: dict[str, int] = {}
    bad: dict[str, str] = {}
    for family, address in addresses:
        started = time.perf_counter()
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.settimeout(timeout)
                sock.connect(address)
            good[str(address[0])] = _ms(started)
        except OSError as exc:
            bad[str(address[0])] = str(exc)
    shown = ", ".join(f"{address} in {ms} ms" for address, ms in good.items())
    failed = ", ".join(f"{address} ({reason})" for address, reason in bad.items())
    data = {"reached": good, "failed": bad}
    if not good:
        return Finding("tcp", "failure", f"{peer} is not reached: {failed}", _advice(addresses, peer), data)
    if bad:
        return Finding(
            "tcp", "warning", f"reached {shown}; not reached {failed}",
            "the first connection may be slow: check IPv6 or the routes", data,
        )  # fmt: skip
    return Finding("tcp", "ok", f"reached {shown}", data=data)


def _ask(url: str, proxy: str | None, timeout: float) -> list[Finding]:
    """Send ``HEAD /`` without a key, and look at the certificate and the clock of the answer."""
    client = httpx.Client(
        proxy=proxy, verify=ssl_context(None), trust_env=False, timeout=timeout, follow_redirects=False
    )
    before = time.time()
    try:
        with client, client.stream("HEAD", url + "/") as response:
            after = time.time()
            tls = response.extensions["network_stream"].get_extra_info("ssl_object")
            found = [_certificate(tls)] if url.startswith("https:") else [_unencrypted()]
            return [*found, _clock(response.headers.get("date"), (before + after) / 2)]
    except httpx.HTTPError as exc:
        return [_refused(url, proxy, exc, timeout)]


def _unencrypted() -> Finding:
    return Finding("tls", "skipped", "plain HTTP")


def _certificate(tls: Any) -> Finding:
    certificate = tls.getpeercert()
    days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86400
    chain = _chain(tls, "get_verified_chain")
    issuers = [_name(certificate["issuer"]), *(_name(one["issuer"]) for one in chain[1:])]
    issuers = list(dict.fromkeys(issuers))
    data = {"version": tls.version(), "cipher": tls.cipher()[0], "issuers": issuers, "days_left": round(days, 1)}
    text = f"{tls.version()}, issued by {' < '.join(issuers)}, for another {days:.0f} days"
    if days < _DAYS_LEFT:
        return Finding("tls", "warning", text, "the server's certificate ends soon: tell its operator", data)
    return Finding("tls", "ok", text, data=data)


def _refused(url: str, proxy: str | None, error: httpx.HTTPError, timeout: float) -> Finding:
    """Return why the request failed; of a certificate that is not trusted, who issued it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        check = "proxy" if isinstance(error, httpx.ProxyError) else "tls" if url.startswith("https:") else "http"
        advice = "check the proxy's address and password" if check == "proxy" else "check what stands between"
        return Finding(check, "failure", f"{type(error).__name__}: {safe_text(str(error), 300)}", advice)
    issuer = None if proxy else _issuer_of_untrusted(url, timeout)
    text = f"the certificate is not trusted: {safe_text(cause.verify_message, 200)}"
    text += f"; it is issued by {issuer}" if issuer else ""
    return Finding(
        "tls", "failure", text,
        "if a proxy or antivirus of your company signs connections, set SSL_CERT_FILE to its root certificate",
        {"issuers": [issuer] if issuer else []},
    )  # fmt: skip


def _issuer_of_untrusted(url: str, timeout: float) -> str | None:
    """Return the last issuer of a chain that is not trusted. Nothing is sent over this connection."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), timeout) as sock,
            context.wrap_socket(sock, server_hostname=parts.hostname) as tls,
        ):
            chain = _chain(tls, "get_unverified_chain")
    except OSError:
        return None
    return _name(chain[-1]["issuer"]) if chain else None


def _chain(tls: Any, method: str) -> list[dict[str, Any]]:
    """Return the certificates of a connection, the server's first; an empty list where Python cannot say.

    Python 3.13 made the chain public, but only as DER. Its names can be read from the inner object alone.
    """
    inner = getattr(tls, "_sslobj", tls)  # httpcore 1.0.9 gives the inner object itself.
    try:
        return [certificate.get_info() for certificate in getattr(inner, method)() or ()]
    except (AttributeError, TypeError, ValueError, ssl.SSLError):
        return []


def _name(parts: Any) -> str:
    """Return an organization and a common name from a certificate's name."""
    fields = {key: value for part in parts for key, value in part}
    names = [str(fields[key]) for key in ("organizationName", "commonName") if key in fields]
    return safe_text(" ".join(dict.fromkeys(names)) or "an unnamed issuer", 120)


def _clock(date: str | None, local: float) -> Finding:
    try:
        server = parsedate_to_datetime(date or "").timestamp() + 0.5  # The header is cut to whole seconds.
    except (TypeError, ValueError):
        return Finding("clock", "skipped", "the server sends no Date")
    skew = local - server
    data = {"skew_seconds": round(skew, 1)}
    if abs(skew) <= _SECONDS_OF_DOUBT:
        return Finding("clock", "ok", f"within {max(1, round(abs(skew)))} s of the server's", data=data)
    text = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server"
    advice = "set the clock, e.g. by NTP: tokens and webhook deliveries are judged by it"
    return Finding("clock", "failure" if abs(skew) >= _TOLERANCE else "warning", text, advice, data)


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
