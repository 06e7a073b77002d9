"""The forwarding of deliveries to an application on this machine, with their headers, query and body unchanged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from ..._wire.urls import ascii_host, is_loopback
from ...errors import ConfigurationError
from .delivery import Delivery

_HOP_BY_HOP = frozenset(
    {
        *("connection", "content-length", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""The headers that belong to the connection of the sender."""
_PAUSES = (0.25, 0.5, 1.0)
"""Seconds before each further attempt. A server that restarts after a change of its code is back by then."""


class Forwarder:
    """The way to an application.

    Args:
        url: The address of the application's route.
        timeout: Seconds that one attempt may take.
        pauses: Seconds before each further attempt.
        sleep: A function that waits.

    Raises:
        ConfigurationError: The URL is not usable.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        pauses: Sequence[float] = _PAUSES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            self._url = httpx.URL(url if "://" in url else f"http://{url}")
            ascii_host(self._url.host)
        except (httpx.InvalidURL, ValueError) as exc:
            raise ConfigurationError(f"--forward-to is not a URL: {exc}") from None
        if self._url.scheme not in ("http", "https") or not self._url.host or self._url.userinfo:
            raise ConfigurationError("--forward-to must look like http://localhost:8000/webhooks, without a user")
        self._pauses = pauses
        self._sleep = sleep
        # No proxy of the environment reaches this machine.
        self._client = httpx.Client(timeout=timeout, trust_env=not is_loopback(self._url.host), follow_redirects=False)

    def __enter__(self) -> Forwarder:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, delivery: Delivery) -> int:
        """Forward a delivery, set its ``outcome``, and return the status for its sender.

        A refused connection, a timeout and a status of 500 or more are tried again: receivers have to recognise a
        repeated delivery anyway.

        Returns:
            The status of the application; 502 if it did not answer.
        """
        started = time.perf_counter()
        outcome: dict[str, Any] = {}
        for attempt, pause in enumerate((0.0, *self._pauses), 1):
            if pause:
                self._sleep(pause)
            status, error = self._attempt(delivery)
            elapsed = round((time.perf_counter() - started) * 1000)
            outcome = {"status": status, "error": error, "attempts": attempt, "ms": elapsed}
            if status is not None and status < 500:
                break
        delivery.outcome = outcome
        return outcome["status"] or 502

    def _attempt(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """Return the status of the answer, or the error."""
        request = self._request(delivery)
        try:
            # The body of the answer is not read, since it may be endless.
            response = self._client.send(request, stream=True)
        except httpx.HTTPError as exc:
            return None, f"{type(exc).__name__}: {exc}"
        response.close()
        return response.status_code, None

    def _request(self, delivery: Delivery) -> httpx.Request:
        query = b"&".join(part for part in (self._url.query, delivery.query().encode("latin-1")) if part)
        url = self._url.copy_with(query=query or None)
        named = ",".join(value for name, value in delivery.headers if name.lower() == "connection").lower()
        left_out = _HOP_BY_HOP.union(map(str.strip, named.split(",")))
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in delivery.headers
            if name.lower() not in left_out
        ]
        return httpx.Request("POST", url, headers=headers, content=delivery.body)
