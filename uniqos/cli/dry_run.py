"""The client of ``--dry-run``, which prints a request in place of sending it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import httpx

import uniqos

from . import output

if TYPE_CHECKING:
    from .._policy.logging import LogLevel

_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization"}
_SECRET_FIELDS = {"token", "secret", "password", "api_key", "access_token"}
_NO_KEY = "uniq_test_0000dryrun0000"
"""Stands for a missing key. It is never sent, and never printed."""


class Account(Protocol):
    """The settings that decide where a request goes, and by whom."""

    @property
    def api_key(self) -> str | None:
        """The key; None if there is none."""

    @property
    def access_token(self) -> str | None:
        """The token of a person; None if there is none."""

    @property
    def base_url(self) -> str | None:
        """The address of the API; None is the default."""


class _Show(httpx.BaseTransport):
    """A transport that prints each request and sends none."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Print a request as JSON, and end the command."""
        content = request.read()
        headers = {
            name: "***" if name.lower() in _SECRET_HEADERS else value
            for name, value in ((key.decode("latin-1"), value.decode("latin-1")) for key, value in request.headers.raw)
        }
        shown = {
            "method": request.method,
            "url": str(request.url),
            "headers": headers,
            "body": _without_secrets(json.loads(content)) if content else None,
        }
        output.write(output.json_text(shown, pretty=True))
        raise output.RequestShown


def _without_secrets(body: dict[str, Any]) -> dict[str, Any]:
    return {key: "***" if key in _SECRET_FIELDS else value for key, value in body.items()}


@contextmanager
def client_that_shows(account: Account, log_level: LogLevel) -> Generator[uniqos.UniqOS, None, None]:
    """Yield a client that prints its first request. It works without a key, which is not printed either."""
    key = account.api_key or (None if account.access_token else _NO_KEY)
    with (
        httpx.Client(transport=_Show()) as http_client,
        uniqos.UniqOS(
            key,
            access_token=account.access_token,
            base_url=account.base_url,
            http_client=http_client,
            log_level=log_level,
        ) as client,
    ):
        http_client.headers.clear()  # httpx's own headers, which the SDK's own client does not send
        yield client
