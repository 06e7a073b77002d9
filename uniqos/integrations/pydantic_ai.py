"""Pydantic AI: a personality as a model, and emotions and memories for any agent. Needs the extra ``pydantic-ai``.

An agent that a personality answers, streamed:

```python
import asyncio

from pydantic_ai import Agent

import uniqos
from uniqos.integrations.pydantic_ai import UniqOSModel


async def main() -> None:
    with uniqos.sandbox.serve() as sandbox:
        async with sandbox.async_client() as client:
            agent = Agent(UniqOSModel(client, sandbox.personality_id))
            async with agent.run_stream("I got the job!") as answer:
                print([words async for words in answer.stream_text(delta=True)])


asyncio.run(main())
```

An agent of any other model, which learns the person's emotion and can look for memories (here with a model for tests):

```python
import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

import uniqos
from uniqos.integrations.pydantic_ai import UniqOSCapability


async def main() -> None:
    with uniqos.sandbox.serve() as sandbox:
        async with sandbox.async_client() as client:
            memory = UniqOSCapability(client, sandbox.personality_id, user_id="ada")
            print((await Agent(TestModel(), capabilities=[memory]).run("I got the job!")).output)


asyncio.run(main())
```

A retry is recognized by the id of the run, the number of messages and the timestamps of the prompt. A retry by
``RetryModelRequest`` or ``FallbackModel`` repeats all of them, and each new run has others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, ClassVar, TypeAlias, get_args

from .._extras import missing_extra

try:
    from pydantic_ai.exceptions import RetryModelRequest as _needed  # noqa: F401  # The newest name that is used.
except ImportError as _missing:
    raise missing_extra("uniqos.integrations.pydantic_ai needs Pydantic AI", "pydantic-ai") from _missing

from pydantic_ai import exceptions as theirs
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponseStreamEvent,
    SystemPromptPart,
    TextContent,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse, check_allow_model_requests
from pydantic_ai.settings import ModelSettingName, ModelSettings
from pydantic_ai.tools import AgentDepsT, RunContext
from pydantic_ai.toolsets import FunctionToolset
from pydantic_ai.usage import RequestUsage

from .._async.client import AsyncUniqOS
from .._async.stream import AsyncRespondStream
from ..errors import ConfigurationError, NetworkError, UniqOSError
from . import _shared
from ._shared import Kind, Mode, Turn, Turns

__all__ = ["UniqOSCapability", "UniqOSModel", "UniqOSModelSettings"]

_PROVIDER = "uniqos"
_SUPPORTED = {"timeout", "max_retries", "request_timeout", "first_event_timeout", "framing_announcement"}
_Category: TypeAlias = (
    type[theirs.ModelRateLimitError]
    | type[theirs.ModelQuotaExceededError]
    | type[theirs.ModelRequestRejectedError]
    | type[theirs.ModelUnavailableError]
    | type[theirs.ModelServerError]
)
_CATEGORIES: Mapping[Kind, _Category] = {
    "rate_limit": theirs.ModelRateLimitError,
    "quota": theirs.ModelQuotaExceededError,
    "authentication": theirs.ModelAuthenticationError,
    "permission": theirs.ModelAuthenticationError,
    "not_found": theirs.ModelNotFoundError,
    "guardrail": theirs.ModelRequestRejectedError,
    "rejected": theirs.ModelRequestRejectedError,
    "unavailable": theirs.ModelUnavailableError,
    "timeout": theirs.ModelServerError,
    "server": theirs.ModelServerError,
}


class UniqOSModelSettings(ModelSettings, total=False):
    """Settings of one run or agent, beside ``timeout`` and ``max_retries``. They take precedence over the model's."""

    uniqos_user_id: str
    """Your own stable id of the end user."""
    uniqos_mode: Mode
    """``stateful`` uses relational memory."""
    uniqos_context: dict[str, Any]
    """Free JSON object; its keys are undocumented."""


class UniqOSModel(Model[AsyncUniqOS]):
    """A model in the voice of a personality. Each request is one turn, which is billed.

    The last message of the user alone is sent. Instructions, tools, images and schemas for the output raise
    RequestValidationError.

    Source: ``respond`` of the docs.
    """

    unsupported_settings: ClassVar[frozenset[ModelSettingName]] = frozenset(get_args(ModelSettingName)) - _SUPPORTED

    def __init__(
        self,
        client: AsyncUniqOS,
        personality_id: str,
        *,
        user_id: str | None = None,
        mode: Mode | None = None,
        context: Mapping[str, Any] | None = None,
        settings: ModelSettings | None = None,
    ) -> None:
        """Make a model.

        Args:
            client: Sends the turns. It is not closed by the model.
            personality_id: Id of the personality that answers, e.g. ``pers_...``.
            user_id: Your own stable id of the end user; required in stateful mode. A service with many users gives it
                for each run: ``agent.run(..., model_settings=UniqOSModelSettings(uniqos_user_id="ada"))``.
            mode: ``stateful`` uses relational memory. By default the personality's ``default_mode``.
            context: Free JSON object; its keys are undocumented.
            settings: Default settings of each request.
        """
        super().__init__(settings=settings)
        self._client = client
        self._turns = Turns(client, personality_id, user_id, mode, context)

    @property
    def model_name(self) -> str:
        """The id of the personality."""
        return self._turns.personality_id

    @property
    def system(self) -> str:
        """The name of the provider, ``uniqos``."""
        return _PROVIDER

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Send one turn.

        Args:
            messages: The conversation. The last message is sent.
            model_settings: Settings of the request, such as UniqOSModelSettings.
            model_request_parameters: Tools and output of the agent; both must be plain.

        Returns:
            The reply. ``provider_details`` has emotion, memory, guardrails and usage, and ``usage.details`` the turns.

        Raises:
            ModelAPIError: The API refused the turn, or was not reached. The subclass tells the reason.
            UnexpectedModelBehavior: The answer cannot be read.
            RequestValidationError: The request holds more than a text. Nothing was sent.
        """
        turn, options = self._begin(messages, model_settings, model_request_parameters, is_streamed=False)
        with _translated(self.model_name), turn.key as key:
            result = await self._client.respond(turn.fields, stream=False, idempotency_key=key, **options)
        details = _shared.details_of(result)
        return ModelResponse(
            parts=[TextPart(result.response)],
            usage=_usage(details),
            model_name=self.model_name,
            provider_name=_PROVIDER,
            provider_response_id=result.interaction_id,
            provider_details=details,
            finish_reason="stop",
        )

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        """Send one turn, and give its words as they arrive. The errors are those of ``request()``.

        Args:
            messages: The conversation. The last message is sent.
            model_settings: Settings of the request, such as UniqOSModelSettings.
            model_request_parameters: Tools and output of the agent; both must be plain.
            run_context: The run; unused.

        Returns:
            A context with the stream. A stream that breaks raises ModelConnectionError with ``in_stream``.
        """
        turn, options = self._begin(messages, model_settings, model_request_parameters, is_streamed=True)
        stream = self._client.respond(turn.fields, stream=True, idempotency_key=turn.key.value, **options)
        try:
            with _translated(self.model_name), turn.key:
                await stream.open()
            yield _Stream(model_request_parameters, stream, turn)
        finally:
            await stream.aclose()

    def _begin(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        parameters: ModelRequestParameters,
        *,
        is_streamed: bool,
    ) -> tuple[Turn, dict[str, Any]]:
        check_allow_model_requests()
        model_settings, parameters = self.prepare_request(model_settings, parameters)
        _check_parameters(parameters)
        request = messages[-1] if messages else None
        if not isinstance(request, ModelRequest):
            raise _shared.no_message()
        if request.instructions:
            raise _shared.not_sendable("an instruction", _shared.NO_INSTRUCTIONS)
        settings: dict[str, Any] = {**(model_settings or {})}
        turn = self._turns.begin(
            _identity(messages, request),
            _text_of(messages, request),
            is_streamed=is_streamed,
            user_id=settings.get("uniqos_user_id"),
            mode=settings.get("uniqos_mode"),
            context=settings.get("uniqos_context"),
        )
        return turn, {name: settings[name] for name in ("timeout", "max_retries") if name in settings}


def _check_parameters(parameters: ModelRequestParameters) -> None:
    if parameters.output_tools or parameters.output_mode != "text":
        raise _shared.not_sendable("an output_type", _shared.NO_SCHEMA)
    if parameters.function_tools or parameters.native_tools:
        raise _shared.not_sendable("a tool", _shared.NO_TOOLS)
    if parameters.instruction_parts:
        raise _shared.not_sendable("an instruction", _shared.NO_INSTRUCTIONS)


def _identity(messages: list[ModelMessage], request: ModelRequest) -> list[object]:
    stamps = [part.timestamp.isoformat() for part in request.parts if isinstance(part, UserPromptPart)]
    return [request.run_id, len(messages), stamps]


def _text_of(messages: list[ModelMessage], request: ModelRequest) -> str:
    """Return the words of the last request, which must consist of the user's text."""
    if any(isinstance(part, SystemPromptPart) for message in messages for part in message.parts):
        raise _shared.not_sendable("a system prompt", _shared.NO_INSTRUCTIONS)
    texts: list[str] = []
    for part in request.parts:
        if not isinstance(part, UserPromptPart):
            raise _shared.not_sendable(f"a part of the kind {part.part_kind}", _shared.NO_HISTORY_ITEMS)
        for content in [part.content] if isinstance(part.content, str) else part.content:
            if not isinstance(content, (str, TextContent)):
                raise _shared.not_sendable(f"a {type(content).__name__}", _shared.NO_HISTORY_ITEMS)
            texts.append(content if isinstance(content, str) else content.content)
    if not texts:
        raise _shared.no_message()
    return "\n\n".join(texts)


def _usage(details: Mapping[str, Any]) -> RequestUsage:
    turns = _shared.turns_of(details)
    return RequestUsage(details={} if turns is None else {"turns": turns})


@dataclass
class _Stream(StreamedResponse):
    """A streamed turn as events of Pydantic AI."""

    _stream: AsyncRespondStream
    _turn: Turn
    _timestamp: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        with _translated(self.model_name), self._turn.key:
            async for event in self._stream:
                if event.type == "text":
                    for part in self._parts_manager.handle_text_delta(vendor_part_id="text", content=event.delta):
                        yield part
                elif event.type in ("metadata", "completion"):
                    self._describe()
            await self._stream.until_done()
        self.finish_reason = "stop"

    def _describe(self) -> None:
        self.provider_details = _shared.details_of_stream(self._stream.metadata, self._stream.completion)
        self.provider_response_id = self.provider_details.get("interaction_id")
        self._usage = _usage(self.provider_details)

    async def close_stream(self) -> None:
        await self._stream.aclose()

    def get_stream_cancel_errors(self) -> tuple[type[BaseException], ...]:
        return (NetworkError,)

    @property
    def model_name(self) -> str:
        return str(self._turn.fields["personality_id"])

    @property
    def provider_name(self) -> str:
        return _PROVIDER

    @property
    def provider_url(self) -> None:
        return None

    @property
    def timestamp(self) -> datetime:
        return self._timestamp


@contextmanager
def _translated(model_name: str) -> Iterator[None]:
    """Raise an error of the SDK as one of Pydantic AI. An error in the arguments stays as it is."""
    try:
        yield
    except ConfigurationError:
        raise
    except UniqOSError as error:
        raise _translate(error, model_name) from error


def _translate(error: UniqOSError, model_name: str) -> Exception:
    kind = _shared.kind_of(error)
    if kind == "answer":
        return theirs.UnexpectedModelBehavior(error.message)
    retry_after: float | None = getattr(error, "retry_after_seconds", None)
    if isinstance(error, NetworkError):
        return theirs.ModelConnectionError(
            model_name,
            error.message,
            phase="read" if error.sent else "connect",
            provider_error_code=error.code,
            in_stream=error.code == "stream_interrupted",
        )
    category, status = _CATEGORIES[kind], error.http_status or 0
    if status < 400:  # An error event: the status is the stream's own.
        return category(
            model_name, error.message, provider_error_code=error.code, retry_after=retry_after, in_stream=True
        )
    return theirs.ModelHTTPError.for_category(
        category,
        status_code=status,
        model_name=model_name,
        body={"code": error.code, "message": error.message, "request_id": error.request_id},
        provider_error_code=error.code,
        retry_after=retry_after,
    )


@dataclass
class UniqOSCapability(AbstractCapability[AgentDepsT]):
    """Emotions, memories and a personality for an agent of any model.

    Before each run the instructions get the personality and the emotion of the user's prompt. The tools
    ``infer_state``, ``recall_memory`` and ``get_relationship`` read more. None of this is a turn, and none is billed.
    A tool's failure is told to the model. A failure of the instructions ends the run.

    Attributes:
        client: Reads from the API. It is not closed by the capability.
        personality_id: Id of the personality, e.g. ``pers_...``.
        user_id: Your own stable id of the end user, or a function that takes it from the run, such as
            ``lambda ctx: ctx.deps.user_id``. A service with many users needs the function.

    Source: ``infer_state`` and ``recall_memory`` of the docs; their fields are undocumented, and passed on unread.
    """

    client: AsyncUniqOS
    personality_id: str
    user_id: str | Callable[[RunContext[AgentDepsT]], str] = field(kw_only=True)
    _instructions_by_prompt: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False)

    @classmethod
    def get_serialization_name(cls) -> str | None:
        """Return None: a client cannot be written into an agent's specification."""
        return None

    async def for_run(self, ctx: RunContext[AgentDepsT]) -> AbstractCapability[AgentDepsT]:
        """Return a copy for one run, which asks for the emotion of a prompt once.

        Args:
            ctx: The run.
        """
        return replace(self)

    def get_instructions(self) -> Callable[[RunContext[AgentDepsT]], Any]:
        """Return the function that writes the instructions of a run."""
        return self._instruct

    def get_toolset(self) -> FunctionToolset[AgentDepsT]:
        """Return the three tools."""
        return FunctionToolset([self.infer_state, self.recall_memory, self.get_relationship], id="uniqos")

    async def infer_state(self, ctx: RunContext[AgentDepsT], message: str) -> dict[str, Any]:
        """Infer the emotional state of a person from a text.

        Args:
            ctx: The run.
            message: Words of the person.
        """
        with _told_to_the_model():
            return (await self.client.engine.infer_state(message=message)).to_dict()

    async def recall_memory(self, ctx: RunContext[AgentDepsT], query: str | None = None) -> dict[str, Any]:
        """Recall what is remembered of the person you talk with.

        Args:
            ctx: The run.
            query: Words to look for; without them the newest memories come.
        """
        body = self._pair(ctx) | ({} if query is None else {"query": query})
        with _told_to_the_model():
            return (await self.client.engine.recall_memory(body)).to_dict()

    async def get_relationship(self, ctx: RunContext[AgentDepsT]) -> dict[str, Any]:
        """Return the relationship with the person you talk with.

        Args:
            ctx: The run.
        """
        with _told_to_the_model():
            return (await self.client.relationships.list(self._pair(ctx))).to_dict()

    def _pair(self, ctx: RunContext[AgentDepsT]) -> dict[str, Any]:
        user_id = self.user_id(ctx) if callable(self.user_id) else self.user_id
        return {"personality_id": self.personality_id, "user_id": user_id}

    async def _instruct(self, ctx: RunContext[AgentDepsT]) -> str:
        prompt = ctx.prompt if isinstance(ctx.prompt, str) else ""
        known = self._instructions_by_prompt.get(prompt)
        if known is not None:
            return known
        with _translated(self.personality_id):
            personality = await self.client.personalities.get(self.personality_id)
            lines = ["Speak as this personality:", personality.model_dump_json()]
            if prompt:
                state = await self.client.engine.infer_state(message=prompt)
                lines += ["The emotional state of the person, inferred from the last message:", state.model_dump_json()]
        return self._instructions_by_prompt.setdefault(prompt, "\n".join(lines))


@contextmanager
def _told_to_the_model() -> Iterator[None]:
    try:
        yield
    except UniqOSError as error:
        raise theirs.ToolFailed(error.message) from error
