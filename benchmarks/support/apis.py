"""The SDKs to measure: their clients, calls and requests.

The name ``uniqos`` is this SDK or the official one, whichever the interpreter has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

KEY = "uniq_test_abcd1234"
_MODEL = "large-2026-01"
_AUTHORIZED = {"Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True)
class Api:
    """One SDK. The loopback server's answers to all SDKs have comparable sizes."""

    package: str
    path: str
    """Path of its calls."""
    headers: dict[str, str]
    """Headers that the base sends there."""
    turn: Callable[[str], dict[str, Any]]
    """Returns the body of a call; its message chooses the server's answer."""
    client: Callable[[str], Any]
    """Returns a client of the server at a URL."""
    async_client: Callable[[str], Any]
    method: Callable[[Any], Callable[..., Any]]
    """Returns the client's method that takes the body, and ``stream``, as keywords."""
    attribute: str
    """An attribute that each streamed event has."""


def _client_of(package: str, name: str, **options: Any) -> Callable[[str], Any]:
    def make(url: str) -> Any:
        return getattr(import_module(package), name)(api_key=KEY, base_url=url, **options)

    return make


def _turn(message: str) -> dict[str, Any]:
    return {"personality_id": "pers_01J9ZC5T7Q", "message": message, "user_id": "user_7", "mode": "stateful"}


def _messages(message: str) -> dict[str, Any]:
    return {"model": _MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": message}]}


APIS = {
    "uniqos": Api(
        "uniqos",
        "/v1/respond",
        {**_AUTHORIZED, "Idempotency-Key": "3f2b8a54-6c1e-4d0f-9b7a-5e8c1d2f4a60"},
        _turn,
        _client_of("uniqos", "UniqOS"),
        _client_of("uniqos", "AsyncUniqOS"),
        lambda client: client.respond,
        "type",
    ),
    "openai": Api(
        "openai",
        "/chat/completions",
        _AUTHORIZED,
        _messages,
        _client_of("openai", "OpenAI"),
        _client_of("openai", "AsyncOpenAI"),
        lambda client: client.chat.completions.create,
        "choices",
    ),
    "anthropic": Api(
        "anthropic",
        "/v1/messages",
        {"X-Api-Key": KEY, "Anthropic-Version": "2023-06-01"},
        _messages,
        _client_of("anthropic", "Anthropic"),
        _client_of("anthropic", "AsyncAnthropic"),
        lambda client: client.messages.create,
        "type",
    ),
}
