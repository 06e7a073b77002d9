"""The guard of a sandbox that listens on a port: it checks the host of each request, and access to the admin routes.

A foreign web page must not use the sandbox through a browser on this machine. So two kinds of requests are refused:
those with a Host that a stranger can own (DNS rebinding), and those to an admin route from a page of another origin.

A sandbox that other machines can reach requires its admin token for the admin routes: as the header ``Authorization:
Bearer TOKEN``, or as the cookie that ``/_sandbox/?token=TOKEN`` sets for the page.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket

from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..refusal import Refusal
from .middleware import ADMIN, new_request_id

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]*)(?::[0-9]*)?", re.IGNORECASE)
_PRIVATE = (".localhost", ".internal")
"""The ends of names that no stranger can own. Docker names its host ``host.docker.internal``."""
_COOKIE = "uniqos_sandbox_admin"
_HEADERS = {
    # A rule may send an answer as HTML, and the answer may hold text of others. No script in it may run.
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """The outermost middleware of the application.

    Args:
        app: The application.
        host: The address or name that the sandbox listens on. A name is accepted in the header Host.
        admin_token: The token that the admin routes require; None if only this machine can reach them.
    """

    def __init__(self, app: ASGIApp, host: str, admin_token: str | None) -> None:
        self._app = app
        self._names: set[str] = {host.lower(), socket.gethostname().lower()}
        self._admin_token = admin_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send_safely)

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that is refused; None for one that may pass."""
        host = request.headers.get("host", "")
        is_admin = request.scope["path"].startswith(ADMIN)
        if not self._accepts(host):
            message = f"Ask the sandbox by its address or a name without dots, not as {host[:100]}."
            return _admin_refusal(403, message) if is_admin else _api_refusal(message)
        if not is_admin:
            return None
        if _is_of_another_page(request.headers, host):
            return _admin_refusal(403, "The page of another origin may not use the admin routes.")
        return self._check_token(request) if self._admin_token is not None else None

    def _accepts(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].strip("[]").lower()
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return "." not in name or name.endswith(_PRIVATE) or name in self._names
        return True

    def _check_token(self, request: Request) -> Response | None:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if self._is_token(bearer if scheme.lower() == "bearer" else request.cookies.get(_COOKIE)):
            return None
        given = request.query_params.get("token")
        if request.method == "GET" and request.scope["path"] in (ADMIN, f"{ADMIN}/") and self._is_token(given):
            page = RedirectResponse(f"{ADMIN}/", 303)
            page.set_cookie(_COOKIE, str(given), path=ADMIN, httponly=True, samesite="lax")
            return page
        wanted = "This needs the admin token that the sandbox printed: Authorization: Bearer TOKEN."
        return _admin_refusal(401, wanted, {"WWW-Authenticate": "Bearer"})

    def _is_token(self, given: str | None) -> bool:
        return secrets.compare_digest((given or "").encode(), (self._admin_token or "").encode())


def _is_of_another_page(headers: Headers, host: str) -> bool:
    """Return whether a browser makes the request for a page that is not the sandbox's; a link to it may be followed."""
    is_foreign = headers.get("origin") not in (None, f"http://{host}", f"https://{host}")
    is_embedded = headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
    return is_foreign or is_embedded


def _admin_refusal(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status, headers)


def _api_refusal(message: str) -> Response:
    refusal, request_id = Refusal("permission_denied", message), new_request_id()
    return JSONResponse(refusal.envelope(request_id), refusal.status, {"X-Request-Id": request_id})
