"""Replies by a language model instead of templates, if the sandbox is given the address of one.

Every server that is compatible with OpenAI's ``POST URL/chat/completions`` can be used. Its key, if it needs one, comes
from ``UNIQOS_LLM_API_KEY``. Emotions and memory stay the sandbox's own.

A transaction must not wait for a language model, so a turn runs twice:

1. The first run ends with ``WordsNeeded`` where the reply is needed. Its transaction is rolled back.
2. The language model is asked. A stream sends the words while they arrive.
3. The second run has the words. Its transaction is committed, unless the turn fails.

A turn whose language model has begun to answer goes on when its client disconnects, like a turn made of templates.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import Any, TypeAlias

import httpx
from httpx_sse import EventSource
from pydantic import BaseModel, ValidationError

from .._base.secret import Secret, hide
from .._wire.urls import is_loopback
from ..errors import ConfigurationError
from .http import events
from .http.call import Call, EventStream, Result
from .http.draft import Draft, Words, WordsNeeded
from .refusal import Refusal

_PROVIDER = "openai-compatible"
_Outcome: TypeAlias = "str | Result | Exception"
"""A piece of the reply, and at the end the result of the second run or its exception."""


class Llm:
    """A language model behind a server.

    Args:
        url: The server's address, up to and without ``/chat/completions``.
        model: The server's name of the model.
        seconds: The time limit of one reply.

    Raises:
        ConfigurationError: The address is not an http or https URL.
    """

    def __init__(self, url: str, model: str, seconds: float = 60.0) -> None:
        url = hide(url)
        problem, (address, user, password) = _parse(url)
        if problem:
            raise ConfigurationError(f"llm, the address of the language model, {problem}")
        key = hide(os.environ.get("UNIQOS_LLM_API_KEY"))
        self.names: dict[str, str] = {"llm_provider": _PROVIDER, "llm_model": model}
        self.seconds: float = seconds
        self._url = f"{address}/chat/completions"
        # The proxy of the environment cannot reach a language model on this machine.
        parsed = httpx.URL(address)
        self._mounts: dict[str, None] = {f"all://{parsed.netloc.decode()}": None} if is_loopback(parsed.host) else {}
        self._headers = {"Authorization": Secret(f"Bearer {key}")} if key else {}
        self._auth = httpx.BasicAuth(user, password) if user or password else None
        self._running: dict[object, Future[None]] = {}

    async def answer(self, call: Call, attempt: Callable[[], Result]) -> Result:
        """Return the answer to a request that may need words; a stream as soon as the first word has come.

        Args:
            call: The request.
            attempt: Carries out the request in a transaction.

        Raises:
            Refusal: A refusal of the handler, ``upstream_llm_error`` or ``turn_timeout``.
        """
        outcomes: asyncio.Queue[_Outcome] = asyncio.Queue()
        call.settings.begin([lambda: self._run(call, attempt, outcomes)])
        first = await outcomes.get()
        if isinstance(first, Exception):
            raise first
        if not isinstance(first, str):
            return first
        words = call.words
        assert words is not None
        return EventStream(
            b"", lambda: events.encode_with_pauses(_live_events(words, first, outcomes), words.draft.magic, 0)
        )

    async def _run(self, call: Call, attempt: Callable[[], Result], outcomes: asyncio.Queue[_Outcome]) -> None:
        # Of two requests with the same Idempotency-Key the second waits, and then gets the stored answer of the first.
        finished: Future[None] = Future()
        turn = call.answer_key or finished
        while (other := self._running.setdefault(turn, finished)) is not finished:
            await asyncio.shield(asyncio.wrap_future(other))
        try:
            try:
                result = attempt()
            except WordsNeeded as needed:
                call.jobs.clear()
                call.words = Words(needed.draft)
                await self._fill(call, call.words, outcomes)
                result = attempt()
        except Exception as exc:
            outcomes.put_nowait(exc)
        else:
            outcomes.put_nowait(result)
        finally:
            del self._running[turn]
            finished.set_result(None)

    async def _fill(self, call: Call, words: Words, outcomes: asyncio.Queue[_Outcome]) -> None:
        """Ask the language model for the words, and pass those of a stream on at once."""
        is_streamed = words.draft.is_streamed
        if is_streamed:
            words.interaction_id = call.store.new_id("int")

        async def listen() -> None:
            async for piece in self._pieces(words.draft):
                if not piece:
                    continue  # a chunk without words: the role, a count of tokens or a tool call
                words.pieces.append(piece)
                if is_streamed:
                    outcomes.put_nowait(piece)

        try:
            await asyncio.wait_for(listen(), self.seconds)
        except asyncio.TimeoutError:
            raise Refusal("turn_timeout", details={"budget_ms": round(self.seconds * 1000)}) from None
        except ValidationError:
            raise Refusal("upstream_llm_error", "The language model's server does not answer as OpenAI's.") from None
        except (httpx.HTTPError, ValueError) as exc:
            raise Refusal("upstream_llm_error", f"The language model failed: {exc or type(exc).__name__}") from None
        if not words.pieces:
            raise Refusal("upstream_llm_error", "The language model said nothing.")

    async def _pieces(self, draft: Draft) -> AsyncIterator[str | None]:
        messages = [{"role": "system", "content": draft.prompt}, {"role": "user", "content": draft.magic.text}]
        body = {"model": self.names["llm_model"], "messages": messages, "stream": draft.is_streamed}
        async with (
            httpx.AsyncClient(timeout=None, headers=self._headers, auth=self._auth, mounts=self._mounts) as client,
            client.stream("POST", self._url, json=body) as response,
        ):
            if response.status_code != 200:
                raise ValueError(f"status {response.status_code}")
            if not draft.is_streamed:
                for choice in _Completion.model_validate_json(await response.aread()).choices[:1]:
                    yield choice.message.content if choice.message else None
                return
            is_finished = False
            async for sse in EventSource(response).aiter_sse():
                if sse.data == "[DONE]":
                    return
                for choice in _Completion.model_validate_json(sse.data).choices[:1]:
                    is_finished = is_finished or choice.finish_reason is not None
                    yield choice.delta.content if choice.delta else None
            if not is_finished:
                raise ValueError("its stream ended too soon")


def _parse(url: Any) -> tuple[str, tuple[str, str, str]]:
    """Return the problem of an address, if any, and the address without its user and password, and these two.

    The problem is returned and not raised: a traceback with local variables would show the password.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return "is not a URL: give one such as http://127.0.0.1:11434/v1", ("", "", "")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        return "must begin with http:// or https:// and a host", ("", "", "")
    return "", (str(parsed.copy_with(userinfo=b"")).rstrip("/"), parsed.username, parsed.password)


class _Words(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Words | None = None
    delta: _Words | None = None
    finish_reason: str | None = None


class _Completion(BaseModel):
    """A chat completion, or one chunk of a streamed one."""

    choices: list[_Choice]


async def _live_events(words: Words, first: str, outcomes: asyncio.Queue[_Outcome]) -> AsyncIterator[events.Event]:
    yield events.metadata(words.interaction_id or "", words.draft.state, words.draft.memory_report)
    outcome: _Outcome = first
    while isinstance(outcome, str):
        yield events.text(outcome)
        outcome = await outcomes.get()
    if isinstance(outcome, Refusal):
        yield events.error(outcome.code, outcome.message)
    elif isinstance(outcome, Exception):
        raise outcome
    elif isinstance(outcome, EventStream) and outcome.completion is not None:
        yield outcome.completion
