"""Replies by a language model instead of templates; off unless the sandbox is given the address of one.

Any server that is compatible with OpenAI's will do: ``POST URL/chat/completions``. The key, if it needs one, comes from
``UNIQOS_LLM_API_KEY``. Emotions and memory are the sandbox's as before.

A transaction must not wait for a model, so a turn runs twice: the first run ends with a ``Draft`` where words are
needed, and nothing of it is kept; then the model is asked; the second run has the words and is kept whole, or not at
all. Once the model has begun to speak, a turn goes on without its listener, as one made of templates does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import Any

import httpx
from httpx_sse import EventSource
from pydantic import BaseModel, ValidationError

from .._base.secret import Secret, hide
from .._wire.urls import is_loopback
from ..errors import ConfigurationError
from .http import events
from .http.call import Call, EventStream, Result
from .http.draft import Draft
from .refusal import Refusal

_PROVIDER = "openai-compatible"


class Llm:
    """A language model behind a server.

    Args:
        url: The server's address, up to and without ``/chat/completions``.
        model: What the server calls the model.
        seconds: How long it may take.

    Raises:
        ConfigurationError: The address is none of HTTP.
    """

    def __init__(self, url: str, model: str, seconds: float = 60.0) -> None:
        url = hide(url)
        problem, (address, user, password) = _parsed(url)
        if problem:
            raise ConfigurationError(f"the address of the language model {problem}")
        key = hide(os.environ.get("UNIQOS_LLM_API_KEY"))
        self.names: dict[str, str] = {"llm_provider": _PROVIDER, "llm_model": model}
        self.seconds: float = seconds
        self._url = f"{address}/chat/completions"
        # The proxy of the environment reaches no model on this machine.
        parsed = httpx.URL(address)
        self._past_proxies: dict[str, None] = (
            {f"all://{parsed.netloc.decode()}": None} if is_loopback(parsed.host) else {}
        )
        self._headers = {"Authorization": Secret(f"Bearer {key}")} if key else {}
        self._auth = httpx.BasicAuth(user, password) if user or password else None
        self._running: dict[object, Future[None]] = {}

    async def answer(self, call: Call, attempt: Callable[[], Result]) -> Result:
        """The answer to a request that may need words.

        Args:
            call: The request.
            attempt: Handles it in a transaction of its own.

        Returns:
            The answer; a stream as soon as the model has begun to speak.

        Raises:
            Refusal: As the handler does; ``upstream_llm_error`` and ``turn_timeout``.
        """
        told: asyncio.Queue[str | Result | Exception] = asyncio.Queue()
        call.settings.begin([lambda: self._run(call, attempt, told)])
        first = await told.get()
        if isinstance(first, Exception):
            raise first
        if not isinstance(first, str):
            return first
        draft = call.draft
        assert draft is not None
        return EventStream(b"", lambda: events.paced(_as_told(draft, first, told), draft.magic, 0))

    async def _run(
        self, call: Call, attempt: Callable[[], Result], told: asyncio.Queue[str | Result | Exception]
    ) -> None:
        # Of two requests with the same key the second waits, and is then answered with what the first has kept.
        mine: Future[None] = Future()
        turn = call.slot or mine
        while (other := self._running.setdefault(turn, mine)) is not mine:
            await asyncio.shield(asyncio.wrap_future(other))
        try:
            try:
                result = attempt()
            except Draft as draft:
                call.jobs.clear()
                call.draft = draft
                await self._speak(call, draft, told)
                result = attempt()
        except Exception as exc:
            told.put_nowait(exc)
        else:
            told.put_nowait(result)
        finally:
            del self._running[turn]
            mine.set_result(None)

    async def _speak(self, call: Call, draft: Draft, told: asyncio.Queue[str | Result | Exception]) -> None:
        if draft.stream:
            draft.interaction_id = call.store.new_id("int")

        async def listen() -> None:
            async for piece in self._pieces(draft):
                if not piece:
                    continue  # the role, a count of tokens, a tool
                draft.pieces.append(piece)
                if draft.stream:
                    told.put_nowait(piece)

        try:
            await asyncio.wait_for(listen(), self.seconds)
        except asyncio.TimeoutError:
            raise Refusal("turn_timeout", details={"budget_ms": round(self.seconds * 1000)}) from None
        except ValidationError:
            raise Refusal("upstream_llm_error", "The language model's server does not answer as OpenAI's.") from None
        except (httpx.HTTPError, ValueError) as exc:
            raise Refusal("upstream_llm_error", f"The language model failed: {exc or type(exc).__name__}") from None
        if not draft.pieces:
            raise Refusal("upstream_llm_error", "The language model said nothing.")

    async def _pieces(self, draft: Draft) -> AsyncIterator[str | None]:
        said = [{"role": "system", "content": draft.prompt}, {"role": "user", "content": draft.magic.text}]
        body = {"model": self.names["llm_model"], "messages": said, "stream": draft.stream}
        async with (
            httpx.AsyncClient(
                timeout=None, headers=self._headers, auth=self._auth, mounts=self._past_proxies
            ) as client,
            client.stream("POST", self._url, json=body) as response,
        ):
            if response.status_code != 200:
                raise ValueError(f"status {response.status_code}")
            if not draft.stream:
                for choice in _Completion.model_validate_json(await response.aread()).choices[:1]:
                    yield choice.message.content if choice.message else None
                return
            finished = False
            async for sse in EventSource(response).aiter_sse():
                if sse.data == "[DONE]":
                    return
                for choice in _Completion.model_validate_json(sse.data).choices[:1]:
                    finished = finished or choice.finish_reason is not None
                    yield choice.delta.content if choice.delta else None
            if not finished:
                raise ValueError("its stream ended too soon")


def _parsed(url: Any) -> tuple[str, tuple[str, str, str]]:
    """What is wrong with an address, and the address without user and password, and these.

    It raises nothing, for its local variables hold what the address does, and many tools show those of a traceback.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return "is no URL", ("", "", "")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        return "begins with http:// or https://", ("", "", "")
    return "", (str(parsed.copy_with(userinfo=b"")).rstrip("/"), parsed.username, parsed.password)


class _Words(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Words | None = None
    delta: _Words | None = None
    finish_reason: str | None = None


class _Completion(BaseModel):
    """A whole answer, or a part of one that is streamed."""

    choices: list[_Choice]


async def _as_told(
    draft: Draft, first: str, told: asyncio.Queue[str | Result | Exception]
) -> AsyncIterator[events.Event]:
    yield events.metadata(draft.interaction_id or "", draft.state, draft.consulted)
    item: str | Result | Exception = first
    while isinstance(item, str):
        yield events.text(item)
        item = await told.get()
    if isinstance(item, Refusal):
        yield events.error(item.code, item.message)
    elif isinstance(item, Exception):
        raise item
    elif draft.completion is not None:
        yield draft.completion
