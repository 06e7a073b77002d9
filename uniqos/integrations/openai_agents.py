"""OpenAI Agents SDK: a personality as a model, and sessions with its memories. Needs the extra ``openai-agents``.

```python
import asyncio

from agents import Agent, RunConfig, Runner

import uniqos
from uniqos.integrations.openai_agents import UniqOSModel


async def main() -> None:
    with uniqos.sandbox.serve() as sandbox:
        async with sandbox.async_client() as client:
            agent = Agent("Friend", model=UniqOSModel(client, sandbox.personality_id))
            run = Runner.run_streamed(agent, "I got the job!", run_config=RunConfig(tracing_disabled=True))
            print([event.type async for event in run.stream_events()], run.final_output)


asyncio.run(main())
```

An agent of another model begins each run with the memories, if its session is a ``UniqOSSession``:

```python
import asyncio

from agents import SQLiteSession

import uniqos
from uniqos.integrations.openai_agents import UniqOSSession


async def main() -> None:
    with uniqos.sandbox.serve() as sandbox:
        async with sandbox.async_client() as client:
            history = SQLiteSession("ada")
            session = UniqOSSession(history, client, sandbox.personality_id, user_id="ada")
            print(await session.get_items())  # for Runner.run(agent, "Hello!", session=session)
            history.close()


asyncio.run(main())
```

A retry by ``ModelRetrySettings`` repeats the whole input within the trace of its run, and each run has a trace of its
own. A turn of unknown outcome is recognized by these two. Without tracing the input counts alone, with its history:
then a new run with the same input, after a turn of unknown outcome, is taken for its retry.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from time import time
from typing import Any

from .._extras import missing_extra

try:
    from agents import ModelRetryAdvice as _needed  # noqa: F401  # The newest name that is used.
except ImportError as _missing:
    raise missing_extra("uniqos.integrations.openai_agents needs Agents SDK", "openai-agents") from _missing

from agents import (
    AgentOutputSchemaBase,
    GenerationSpanData,
    Handoff,
    Model,
    ModelRefusalError,
    ModelResponse,
    ModelRetryAdvice,
    ModelRetryAdviceRequest,
    ModelRetryNormalizedError,
    ModelSettings,
    ModelTracing,
    Session,
    Span,
    SpanError,
    Tool,
    TResponseInputItem,
    Usage,
    generation_span,
    get_current_trace,
)
from agents.items import TResponseStreamEvent
from agents.memory import SessionSettings
from agents.models.fake_id import FAKE_RESPONSES_ID
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    ResponseUsage,
)
from openai.types.responses.response_prompt_param import ResponsePromptParam

from .._async.client import AsyncUniqOS
from ..errors import GuardrailBlockError, NetworkError, RequestValidationError, TurnTimeoutError, UniqOSError
from . import _shared
from ._shared import Mode, Turn, Turns

__all__ = ["UniqOSModel", "UniqOSSession"]

_FIELDS = {"user_id", "mode", "context"}
_OPTIONS = {"timeout", "deadline", "max_retries", "headers"}
_NO_TOKENS = {
    "input_tokens": 0,
    "output_tokens": 0,
    "total_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}
"""The usage of a streamed turn. The Agents SDK counts a response without one as no request."""


class UniqOSModel(Model):
    """A model in the voice of a personality. Each request is one turn, which is billed.

    The last item of the input, which is the user's text, is sent alone. Instructions, tools, handoffs, images, schemas
    for the output and ids of conversations raise RequestValidationError. ``ModelSettings(extra_args=...)`` takes
    ``user_id``, ``mode``, ``context``, ``timeout``, ``deadline``, ``max_retries`` and ``headers``. The message of the
    reply has emotion, memory, guardrails and usage in ``provider_data``.

    A reply that a guardrail blocked raises ModelRefusalError. The other errors of this SDK have no class there and are
    raised unchanged. ``get_retry_advice()`` explains them to the runner's retry policies.

    Source: ``respond`` of the docs.
    """

    def __init__(
        self,
        client: AsyncUniqOS,
        personality_id: str,
        *,
        user_id: str | None = None,
        mode: Mode | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a model.

        Args:
            client: Sends the turns. It is not closed by the model.
            personality_id: Id of the personality that answers, e.g. ``pers_...``.
            user_id: Your own stable id of the end user; required in stateful mode. A service with many users gives it
                for each run, in ``extra_args``.
            mode: ``stateful`` uses relational memory. By default the personality's ``default_mode``.
            context: Free JSON object; its keys are undocumented.
        """
        self._client = client
        self._turns = Turns(client, personality_id, user_id, mode, context)

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None = None,
        conversation_id: str | None = None,
        prompt: ResponsePromptParam | None = None,
    ) -> ModelResponse:
        """Send one turn.

        Args:
            system_instructions: Refused.
            input: The conversation, whose last item is sent.
            model_settings: Settings; ``extra_args`` has those of a turn.
            tools: Refused.
            output_schema: Refused, unless it is plain text.
            handoffs: Refused.
            tracing: Whether a span is made, and whether it holds the words.
            previous_response_id: Refused.
            conversation_id: Refused.
            prompt: Refused.

        Returns:
            The reply as one message.

        Raises:
            RequestValidationError: The request holds more than a text. Nothing was sent.
            ModelRefusalError: A guardrail blocked the turn.
            UniqOSError: The API refused the turn, or was not reached.
        """
        _check(system_instructions, tools, output_schema, handoffs, previous_response_id, conversation_id, prompt)
        turn, options = self._begin(input, model_settings, is_streamed=False)
        with self._span(tracing) as span, _translated(), turn.key as key:
            result = await self._client.respond(turn.fields, stream=False, idempotency_key=key, **options)
            details = _shared.details_of(result)
            message = _message(result.response, details)
            _describe(span, message, details, tracing)
        return ModelResponse(
            output=[message],
            usage=Usage(requests=1),
            response_id=result.interaction_id,
            request_id=result.http.request_id if result.http else None,
            raw_usage=details.get("usage") if model_settings.preserve_raw_usage else None,
        )

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None = None,
        conversation_id: str | None = None,
        prompt: ResponsePromptParam | None = None,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Send one turn, and give its words as they arrive.

        Args:
            system_instructions: Refused.
            input: The conversation, whose last item is sent.
            model_settings: Settings; ``extra_args`` has those of a turn.
            tools: Refused.
            output_schema: Refused, unless it is plain text.
            handoffs: Refused.
            tracing: Whether a span is made, and whether it holds the words.
            previous_response_id: Refused.
            conversation_id: Refused.
            prompt: Refused.

        Returns:
            The events of a response of the OpenAI Responses API. The last one holds the reply as one message.

        Raises:
            RequestValidationError: The request holds more than a text. Nothing was sent.
            ModelRefusalError: A guardrail blocked the turn.
            UniqOSError: The API refused the turn, was not reached, or the stream broke. The runner never sends the turn
                again after the first words.
        """
        _check(system_instructions, tools, output_schema, handoffs, previous_response_id, conversation_id, prompt)
        turn, options = self._begin(input, model_settings, is_streamed=True)
        with self._span(tracing) as span, _translated(), turn.key as key:
            async with self._client.respond(turn.fields, stream=True, idempotency_key=key, **options) as stream:
                reply = _Reply(self._turns.personality_id)
                yield reply.created()
                async for event in stream:
                    if event.type == "text":
                        for part in reply.text(event.delta):
                            yield part
                await stream.until_done()
            details = _shared.details_of_stream(stream.metadata, stream.completion)
            message = _message(stream.text, details)
            _describe(span, message, details, tracing)
        for part in reply.end(message, details.get("interaction_id")):
            yield part

    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        """Explain an error of this SDK. A retry is always safe, since a turn that may have run keeps its key.

        Args:
            request: The failed attempt.
        """
        error = request.error if isinstance(request.error, UniqOSError) else request.error.__cause__
        if not isinstance(error, UniqOSError):
            return None
        kind = _shared.kind_of(error)
        retry_after: float | None = getattr(error, "retry_after_seconds", None)
        return ModelRetryAdvice(
            suggested=kind in _shared.RETRYABLE and not isinstance(error, RequestValidationError),
            retry_after=retry_after,
            replay_safety="safe",
            reason=error.code,
            normalized=ModelRetryNormalizedError(
                status_code=error.http_status,
                error_code=error.code,
                message=error.message,
                request_id=error.request_id,
                retry_after=retry_after,
                is_network_error=isinstance(error, NetworkError),
                is_timeout=isinstance(error, TurnTimeoutError),
            ),
        )

    def _begin(
        self, input: str | list[TResponseInputItem], settings: ModelSettings, *, is_streamed: bool
    ) -> tuple[Turn, dict[str, Any]]:
        arguments = settings.extra_args or {}
        unknown = arguments.keys() - _FIELDS - _OPTIONS
        if unknown:
            raise TypeError(f"extra_args has unexpected arguments: {', '.join(sorted(unknown))}")
        trace = get_current_trace()
        fields = {name: value for name, value in arguments.items() if name in _FIELDS}
        turn = self._turns.begin([trace and trace.trace_id, input], _text_of(input), is_streamed=is_streamed, **fields)
        return turn, {name: value for name, value in arguments.items() if name in _OPTIONS}

    @contextmanager
    def _span(self, tracing: ModelTracing) -> Iterator[Span[GenerationSpanData]]:
        with generation_span(model=self._turns.personality_id, disabled=tracing.is_disabled()) as span:
            try:
                yield span
            except Exception as error:
                span.set_error(SpanError(message="The turn failed", data={"error": type(error).__name__}))
                raise


class UniqOSSession:
    """A session that begins with what a personality remembers of an end user.

    The API keeps no words, so the words stay in ``history``, another session. ``add_items``, ``pop_item`` and
    ``clear_session`` change that one alone: the API writes its memories from the turns of ``respond``, and
    ``client.end_users.delete()`` erases them. With a ``limit`` only words come, as the runner compares them with those
    that it has stored. A ``UniqOSModel`` with ``mode="stateful"`` remembers by itself, and refuses the item.

    Source: ``recall_memory`` of the docs; its fields are undocumented, and passed on unread.
    """

    def __init__(self, history: Session, client: AsyncUniqOS, personality_id: str, *, user_id: str) -> None:
        """Make a session.

        Args:
            history: Stores the words, e.g. ``SQLiteSession("ada", "history.db")``.
            client: Reads the memories. It is not closed by the session.
            personality_id: Id of the personality, e.g. ``pers_...``.
            user_id: Your own stable id of the end user.
        """
        self.session_id: str = history.session_id
        self.session_settings: SessionSettings | None = history.session_settings
        self._history = history
        self._client = client
        self._pair = {"personality_id": personality_id, "user_id": user_id}

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the memories as one system message, and after it the words.

        Args:
            limit: Number of the latest items to return, without the memories; None is all, with them.

        Raises:
            UniqOSError: The memories cannot be read.
        """
        items = await self._history.get_items(limit)
        if limit is not None:
            return items
        memory = await self._client.engine.recall_memory(self._pair)
        text = f"What is remembered of the person you talk with, as JSON: {memory.model_dump_json()}"
        return [{"role": "system", "content": text}, *items]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Add words to the history.

        Args:
            items: The items of a run.
        """
        await self._history.add_items(items)

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the latest words from the history, and return them; None if there are none."""
        return await self._history.pop_item()

    async def clear_session(self) -> None:
        """Remove all words from the history. The memories stay."""
        await self._history.clear_session()


class _Reply:
    """The events of one message in the format of the OpenAI Responses API."""

    def __init__(self, personality_id: str) -> None:
        self._numbers = count()
        self._has_text = False
        self._response = Response(
            id="",
            created_at=time(),
            model=personality_id,
            object="response",
            output=[],
            parallel_tool_calls=False,
            tool_choice="none",
            tools=[],
        )

    def created(self) -> TResponseStreamEvent:
        return ResponseCreatedEvent(
            type="response.created", response=self._response, sequence_number=next(self._numbers)
        )

    def text(self, delta: str) -> Iterator[TResponseStreamEvent]:
        if not self._has_text:
            yield from self._begin()
        yield ResponseTextDeltaEvent(
            type="response.output_text.delta",
            content_index=0,
            output_index=0,
            item_id=FAKE_RESPONSES_ID,
            delta=delta,
            logprobs=[],
            sequence_number=next(self._numbers),
        )

    def end(self, message: ResponseOutputMessage, interaction_id: str | None) -> Iterator[TResponseStreamEvent]:
        if not self._has_text:
            yield from self._begin()
        part = message.content[0]
        assert isinstance(part, ResponseOutputText)
        yield ResponseTextDoneEvent(
            type="response.output_text.done",
            content_index=0,
            output_index=0,
            item_id=FAKE_RESPONSES_ID,
            text=part.text,
            logprobs=[],
            sequence_number=next(self._numbers),
        )
        yield ResponseContentPartDoneEvent(
            type="response.content_part.done",
            content_index=0,
            output_index=0,
            item_id=FAKE_RESPONSES_ID,
            part=part,
            sequence_number=next(self._numbers),
        )
        yield ResponseOutputItemDoneEvent(
            type="response.output_item.done", item=message, output_index=0, sequence_number=next(self._numbers)
        )
        usage = ResponseUsage.model_validate(_NO_TOKENS)
        update = {"id": interaction_id or "", "output": [message], "usage": usage, "status": "completed"}
        yield ResponseCompletedEvent(
            type="response.completed",
            response=self._response.model_copy(update=update),
            sequence_number=next(self._numbers),
        )

    def _begin(self) -> Iterator[TResponseStreamEvent]:
        """Announce the message. Its first event tells the runner that the turn cannot be sent again."""
        self._has_text = True
        empty = ResponseOutputMessage(
            id=FAKE_RESPONSES_ID, content=[], role="assistant", status="in_progress", type="message"
        )
        yield ResponseOutputItemAddedEvent(
            type="response.output_item.added", item=empty, output_index=0, sequence_number=next(self._numbers)
        )
        yield ResponseContentPartAddedEvent(
            type="response.content_part.added",
            content_index=0,
            output_index=0,
            item_id=FAKE_RESPONSES_ID,
            part=ResponseOutputText(text="", annotations=[], type="output_text"),
            sequence_number=next(self._numbers),
        )


def _message(text: str, details: dict[str, Any]) -> ResponseOutputMessage:
    part = {"type": "output_text", "text": text, "annotations": []}
    return ResponseOutputMessage.model_validate(
        {
            "id": FAKE_RESPONSES_ID,
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [part],
            "provider_data": details,
        }
    )


def _describe(
    span: Span[GenerationSpanData], message: ResponseOutputMessage, details: Mapping[str, Any], tracing: ModelTracing
) -> None:
    """Write the turns, and if allowed the reply, on the span of the turn."""
    span.span_data.usage = {"requests": 1, "turns": _shared.turns_of(details)}
    if tracing.include_data():
        span.span_data.output = [
            {"role": "assistant", "content": part.text} for part in message.content if part.type == "output_text"
        ]


def _check(
    system_instructions: str | None,
    tools: list[Tool],
    output_schema: AgentOutputSchemaBase | None,
    handoffs: list[Handoff],
    previous_response_id: str | None,
    conversation_id: str | None,
    prompt: ResponsePromptParam | None,
) -> None:
    if system_instructions:
        raise _shared.not_sendable("an instruction", _shared.NO_INSTRUCTIONS)
    if tools or handoffs:
        raise _shared.not_sendable("a tool or handoff", _shared.NO_TOOLS)
    if output_schema is not None and not output_schema.is_plain_text():
        raise _shared.not_sendable("an output_type", _shared.NO_SCHEMA)
    if previous_response_id or conversation_id or prompt:
        raise _shared.not_sendable("an id of a response, conversation or prompt", "use a session")


def _text_of(input: str | list[TResponseInputItem]) -> str:
    """Return the words of the last item, which must be the user's."""
    if isinstance(input, str):
        return input
    items: list[Mapping[str, Any]] = [*input]
    if any(item.get("role") in ("system", "developer") for item in items):
        raise _shared.not_sendable("a system or developer message", _shared.NO_INSTRUCTIONS)
    if not items or items[-1].get("role") != "user":
        raise _shared.no_message()
    content: Any = items[-1].get("content")
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for part in content or ():
        if part.get("type") != "input_text":
            raise _shared.not_sendable(f"a content part of the type {part.get('type')}", _shared.NO_HISTORY_ITEMS)
        texts.append(part["text"])
    return "\n\n".join(texts)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise a reply that a guardrail blocked as a refusal of the model."""
    try:
        yield
    except GuardrailBlockError as error:
        raise ModelRefusalError(error.message) from error
