"""The checks of this machine: versions, extras, event loop, environment, credential and proxy. Nothing is connected."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import platform
import re
import ssl
import time
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit

from ..._base.safe import safe_text
from ..._network.certificates import ssl_context
from ..._network.proxy import proxy_of_environment
from ..._policy.config import DEFAULT_BASE_URL
from ..._version import __version__
from ..._wire.urls import is_loopback
from ...errors import ConfigurationError
from ..shared import Account
from .finding import Finding

_KNOWN = frozenset(
    f"UNIQOS_{name}"
    for name in (
        "API_KEY",
        "BASE_URL",
        "PERSONALITY",
        "PROFILE",
        "CONFIG_DIR",
        "WEBHOOK_SECRET",
        "LLM_API_KEY",
        "MCP_TOKEN",
    )
)
"""The variables that this package reads."""
_PACKAGES = ("httpx", "httpcore", "httpx-sse", "pydantic", "anyio")
_OTHER_EXTRAS = frozenset({"all", "bench", "dev", "docs"})
"""The extras that only group others, or serve the development."""
_PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def versions() -> Finding:
    """Return the versions of this package, Python, and the packages it needs."""
    found = {"uniqos": __version__, "python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION.split()[1]}
    found |= {name: _version(name) or "missing" for name in _PACKAGES}
    system = f"{platform.system()} {platform.machine()}"
    text = ", ".join(f"{name} {version}" for name, version in found.items())
    return Finding("versions", "info", f"{text}; {system}", data={**found, "system": system})


def extras() -> Finding:
    """Return which extras are installed as a whole."""
    try:
        lines = metadata.requires("uniqos") or []
        names_of_extras = metadata.metadata("uniqos").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return Finding("extras", "info", "the package has no metadata here, so its extras are not known")
    missing: dict[str, list[str]] = {}
    for extra in sorted({*names_of_extras} - _OTHER_EXTRAS):
        of_extra = [line for line in lines if re.search(rf"extra\s*==\s*['\"]{extra}['\"]", line)]
        names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in of_extra]
        missing[extra] = [name for name in names if _version(name) is None]
    complete = [extra for extra, names in missing.items() if not names]
    others = [f"{extra} (without {', '.join(names)})" for extra, names in missing.items() if names]
    text = f"installed: {', '.join(complete) or 'none'}"
    text += f"; not installed: {', '.join(others)}" if others else ""
    return Finding("extras", "info", text, data={"installed": complete, "missing": missing})


def event_loop() -> Finding:
    """Return which event loop ``asyncio.run`` uses, and whether a faster one is installed."""
    loop = asyncio.new_event_loop()
    name = type(loop).__name__
    loop.close()
    others = {package: _version(package) for package in ("uvloop", "winloop", "trio")}
    installed = ", ".join(f"{package} {version}" for package, version in others.items() if version)
    return Finding(
        "event loop", "info", f"asyncio with {name}; {installed or 'neither uvloop nor trio'} installed",
        data={"loop": name, **others},
    )  # fmt: skip


def environment() -> Finding:
    """Return which variables of this package are set, and which of them it does not know."""
    names = sorted(name for name in os.environ if name.startswith("UNIQOS_"))
    unknown = [name for name in names if name not in _KNOWN and not name.startswith("UNIQOS_TEST")]
    text = f"set: {', '.join(map(safe_text, names)) or 'none'}"
    if not unknown:
        return Finding("environment", "ok", text, data={"set": names})
    return Finding(
        "environment", "warning", f"{text}; not known: {', '.join(map(safe_text, unknown))}",
        f"check the spelling: the variables are {', '.join(sorted(_KNOWN))}", {"set": names, "unknown": unknown},
    )  # fmt: skip


def credential(account: Account) -> Finding:
    """Return the kind of the credential and where it comes from, or what is wrong with its form."""
    source = "UNIQOS_API_KEY" if os.environ.get("UNIQOS_API_KEY") else "the profile"
    if account.access_token is not None:
        return _token(account.access_token, source)
    key = account.api_key
    if key is None:
        return Finding(
            "key", "warning", "there is no key, so that the commands ask a local sandbox",
            "run uniqos login, or set UNIQOS_API_KEY", {"kind": None},
        )  # fmt: skip
    match = re.fullmatch(r"uniq_(live|test)_[A-Za-z0-9]{8,}", key)
    if match is None:
        return Finding(
            "key", "failure", f"the key of {source} {_fault(key)}", "copy the key again", {"kind": "malformed"}
        )
    return Finding("key", "ok", f"a {match[1]} key, from {source}", data={"kind": match[1], "source": source})


def _fault(key: str) -> str:
    """Return what is wrong with the form of a key, without any part of it."""
    if key != key.strip():
        return "has white space or a line end around it"
    if key[:1] in "\"'" or key[-1:] in "\"'":
        return "has quotes around it"
    if key.lower().startswith("bearer "):
        return "begins with Bearer, which the client adds itself"
    if not key.startswith(("uniq_live_", "uniq_test_")):
        return "does not begin with uniq_live_ or uniq_test_"
    if len(key) < len("uniq_live_") + 8:
        return "is too short"
    return "holds characters that are neither letters nor digits"


def _token(token: str, source: str) -> Finding:
    """Return how long a portal token is valid, by its own claim, which is not verified here."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        left = float(claims["exp"]) - time.time()
    except (IndexError, ValueError, KeyError, TypeError):
        return Finding("key", "ok", f"a portal token, from {source}; it names no end", data={"kind": "token"})
    data = {"kind": "token", "seconds_left": round(left)}
    if left <= 0:
        return Finding("key", "failure", f"a portal token that expired {-left:.0f} s ago", "log in again", data)
    return Finding("key", "ok", f"a portal token for another {left:.0f} s, from {source}", data=data)


def base_url(url: str) -> Finding:
    """Return which server is asked."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    data = {"base_url": url}
    if url == DEFAULT_BASE_URL:
        return Finding("base url", "ok", url, data=data)
    if parts.scheme == "http" and not is_loopback(host):
        return Finding("base url", "warning", f"{url} is not encrypted", "use https", data)
    return Finding("base url", "info", f"{url}, which is not the API's {DEFAULT_BASE_URL}", data=data)


def certificates() -> Finding:
    """Return which certificates are trusted."""
    names = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
    try:
        context = ssl_context(None)
    except ConfigurationError as exc:
        return Finding("certificates", "failure", exc.message, f"correct or unset {' and '.join(names)}")
    count = len(context.get_ca_certs())
    where = f"of {' and '.join(names)}" if names else "that httpx trusts by default"
    return Finding("certificates", "ok", f"{count} authorities loaded, {where}", data={"authorities": count})


def proxy(url: str, token: str) -> tuple[Finding, str | None]:
    """Return which proxy is used and why, and its URL."""
    host = urlsplit(url).hostname or ""
    names = [name for name in _PROXY_VARIABLES if os.environ.get(name)]
    try:
        found = proxy_of_environment(url, token)
    except ConfigurationError as exc:
        return Finding("proxy", "failure", exc.message, f"correct {' or '.join(names)}"), None
    if found is not None:
        parts = urlsplit(found)
        shown = f"{parts.scheme}://{parts.hostname}:{parts.port or 'default port'}"  # Without user and password.
        scheme = urlsplit(url).scheme
        used = next((name for name in names if name.lower() in (f"{scheme}_proxy", "all_proxy")), None)
        why = f"because {used} is set" if used else "by the settings of the system"
        return Finding("proxy", "info", f"{shown}, {why}", data={"proxy": shown, "variable": used}), found
    if not names:
        return Finding("proxy", "ok", "none", data={"proxy": None}), None
    why = "NO_PROXY excepts it" if os.environ.get("NO_PROXY") or os.environ.get("no_proxy") else "it does not apply"
    why = "a sandbox on this machine needs none" if is_loopback(host) and "NO_PROXY" not in why else why
    return Finding("proxy", "ok", f"none for {host}, though {', '.join(names)} set: {why}", data={"proxy": None}), None


def _version(package: str) -> str | None:
    try:
        found: Any = metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
    return str(found)
