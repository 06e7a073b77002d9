"""The SDKs that are measured, each in an interpreter that has it: its clients, its calls, and what it sends.

``uniqos`` is ours or the official one, whichever this interpreter has.
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
    """One SDK. The answers that the loopback server has for each are of comparable size."""

    package: str
    path: str
    """Where its calls go."""
    headers: dict[str, str]
    """What the base sends there."""
    turn: Callable[[str], dict[str, Any]]
    """The body of a call, whose message chooses the server's answer."""
    client: Callable[[str], Any]
    """A client of the server at this URL."""
    async_client: Callable[[str], Any]
    method: Callable[[Any], Callable[..., Any]]
    """A client's method that takes the body as keywords, ``stream`` too."""
    seen: str
    """An attribute of each streamed event."""


def _made(package: str, name: str, **options: Any) -> Callable[[str], Any]:
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
        _made("uniqos", "UniqOS"),
        _made("uniqos", "AsyncUniqOS"),
        lambda client: client.respond,
        "type",
    ),
    "openai": Api(
        "openai",
        "/chat/completions",
        _AUTHORIZED,
        _messages,
        _made("openai", "OpenAI"),
        _made("openai", "AsyncOpenAI"),
        lambda client: client.chat.completions.create,
        "choices",
    ),
    "anthropic": Api(
        "anthropic",
        "/v1/messages",
        {"X-Api-Key": KEY, "Anthropic-Version": "2023-06-01"},
        _messages,
        _made("anthropic", "Anthropic"),
        _made("anthropic", "AsyncAnthropic"),
        lambda client: client.messages.create,
        "type",
    ),
}
