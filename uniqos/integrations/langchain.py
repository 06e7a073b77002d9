"""LangChain: a personality as a chat model. Needs the extra ``langchain``.

```python
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

import uniqos
from uniqos.integrations.langchain import ChatUniqOS

with uniqos.sandbox.serve() as sandbox, sandbox.client() as client:
    model = ChatUniqOS(client=client, personality_id=sandbox.personality_id)
    chain = ChatPromptTemplate.from_messages([("human", "{news}")]) | model | StrOutputParser()
    for words in chain.stream({"news": "I got the job!"}):
        print(words, end="")
    print(model.invoke("And I am glad.").response_metadata["inferred_emotional_state"])
```

``with_retry()`` gives a model no sign that is reliable: a retry has a run id of its own, and a chain makes its messages
anew. So a turn of unknown outcome is recognized by its words, the id of the message if it has one, its settings and the
metadata of the run. Metadata that names the conversation, such as LangGraph's ``thread_id``, keeps the same words of
two people apart. For a rule of your own, pass ``idempotency_key=`` to the call. LangChain does not retry streams.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._extras import missing_extra

try:
    from langchain_core.exceptions import ModelError as _needed  # noqa: F401  # The newest name that is used.
except ImportError as _missing:
    raise missing_extra("uniqos.integrations.langchain needs LangChain", "langchain") from _missing

from langchain_core import exceptions as theirs
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from .._async.client import AsyncUniqOS
from .._sync.client import UniqOS
from ..api.engine import RespondResult
from ..api.stream_events import RespondStreamEvent, StreamEventCompletion, StreamEventMetadata
from ..errors import ConfigurationError, UniqOSError
from . import _shared
from ._shared import Kind, Mode, Turn, Turns

__all__ = ["ChatUniqOS"]

_PROVIDER = "uniqos"
_OPTIONS = ("timeout", "deadline", "max_retries", "headers")
_FIELDS = ("user_id", "mode", "context")
_CLASSES: Mapping[Kind, type[theirs.ModelError]] = {
    "rate_limit": theirs.ModelRateLimitError,
    "quota": theirs.ModelError,  # ModelRateLimitError says that a retry helps.
    "authentication": theirs.ModelAuthenticationError,
    "permission": theirs.ModelPermissionDeniedError,
    "not_found": theirs.ModelNotFoundError,
    "guardrail": theirs.ModelInvalidRequestError,
    "rejected": theirs.ModelInvalidRequestError,
    "unavailable": theirs.ModelAPIError,
    "timeout": theirs.ModelAPIError,
    "server": theirs.ModelAPIError,
    "connection": theirs.ModelConnectionError,
    "answer": theirs.ModelError,
}


class ChatUniqOS(BaseChatModel):
    """A chat model in the voice of a personality. Each call is one turn, which is billed.

    The last message, which is the user's, is sent alone. System messages, tools, images and ``stop`` raise
    RequestValidationError. A call takes ``user_id``, ``mode``, ``context``, ``idempotency_key``, ``timeout``,
    ``deadline``, ``max_retries`` and ``headers``, directly or by ``bind()``. The emotion, memory, guardrails and usage
    of a turn are in ``response_metadata``. A failed turn raises LangChain's ModelError or a subclass of it, with the
    error of this SDK as ``__cause__``. An exhausted quota is a plain ModelError, which says that no retry helps.

    Source: ``respond`` of the docs.
    """

    client: UniqOS | None = Field(default=None, exclude=True, repr=False)
    """Sends the turns of ``invoke`` and ``stream``, and without ``async_client`` those of ``ainvoke`` and ``astream``,
    in a thread. It is not closed by the model."""
    async_client: AsyncUniqOS | None = Field(default=None, exclude=True, repr=False)
    """Sends the turns of ``ainvoke`` and ``astream``. It is not closed by the model."""
    personality_id: str
    """Id of the personality that answers, e.g. ``pers_...``."""
    user_id: str | None = None
    """Your own stable id of the end user; required in stateful mode."""
    mode: Mode | None = None
    """``stateful`` uses relational memory. By default the personality's ``default_mode``."""
    context: Mapping[str, Any] | None = None
    """Free JSON object; its keys are undocumented."""

    _turns: Turns = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Check that there is a client.

        Args:
            context: The context of pydantic's validation.

        Raises:
            ConfigurationError: Both clients are missing.
        """
        super().model_post_init(context)
        client = self.client or self.async_client
        if client is None:
            raise ConfigurationError("ChatUniqOS needs client=UniqOS(...), async_client=AsyncUniqOS(...) or both")
        self._turns = Turns(client, self.personality_id, self.user_id, self.mode, self.context)

    @property
    def _llm_type(self) -> str:
        return _PROVIDER

    @property
    def _identifying_params(self) -> dict[str, Any]:
        # LangChain's cache is shared by all models: without the user, one user would get the answer of another.
        fields = {name: getattr(self, name) for name in ("personality_id", *_FIELDS)}
        return {**fields, "model_name": self.personality_id, "base_url": self._turns.client.base_url}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        # LangChain looks for the model's name in fields that this class does not have.
        params = super()._get_ls_params(stop, **kwargs)
        params.setdefault("ls_model_name", self.personality_id)
        return params

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        turn, options = self._begin(messages, stop, run_manager, kwargs, is_streamed=False)
        with _translated(), turn.key:
            return self._result(self._sync_client().respond(turn.fields, stream=False, **options))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.async_client is None:
            # The callbacks of an event loop cannot run in the thread; LangChain's own fallback makes them sync.
            manager: Any = run_manager
            return await super()._agenerate(messages, stop, manager, **kwargs)
        turn, options = self._begin(messages, stop, run_manager, kwargs, is_streamed=False)
        with _translated(), turn.key:
            return self._result(await self.async_client.respond(turn.fields, stream=False, **options))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        turn, options = self._begin(messages, stop, run_manager, kwargs, is_streamed=True)
        with _translated(), turn.key, self._sync_client().respond(turn.fields, stream=True, **options) as stream:
            for event in stream:
                if chunk := self._chunk(event, stream.metadata):
                    if run_manager:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
            stream.until_done()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        if self.async_client is None:
            manager: Any = run_manager
            async for piece in super()._astream(messages, stop, manager, **kwargs):
                yield piece
            return
        turn, options = self._begin(messages, stop, run_manager, kwargs, is_streamed=True)
        with _translated(), turn.key:
            async with self.async_client.respond(turn.fields, stream=True, **options) as stream:
                async for event in stream:
                    if chunk := self._chunk(event, stream.metadata):
                        if run_manager:
                            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
                await stream.until_done()

    def _sync_client(self) -> UniqOS:
        if self.client is None:
            raise ConfigurationError(
                "ChatUniqOS has an async client alone: pass client=UniqOS(...) too, or use ainvoke()"
            )
        return self.client

    def _begin(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None,
        kwargs: dict[str, Any],
        *,
        is_streamed: bool,
    ) -> tuple[Turn, dict[str, Any]]:
        text = _text_of(messages)
        options = {name: kwargs[name] for name in _OPTIONS if name in kwargs}
        fields = {name: kwargs[name] for name in _FIELDS if name in kwargs}
        _check_arguments(stop, kwargs)
        metadata = run_manager.metadata if run_manager else None
        turn = self._turns.begin([messages[-1].id, metadata], text, is_streamed=is_streamed, **fields)
        return turn, {**options, "idempotency_key": kwargs.get("idempotency_key") or turn.key.value}

    def _result(self, result: RespondResult) -> ChatResult:
        message = AIMessage(content=result.response, response_metadata=self._metadata(_shared.details_of(result)))
        return ChatResult(generations=[ChatGeneration(message=message, generation_info={"finish_reason": "stop"})])

    def _metadata(self, details: Mapping[str, Any]) -> dict[str, Any]:
        return {**details, "model_provider": _PROVIDER, "model_name": self.personality_id}

    def _chunk(self, event: RespondStreamEvent, metadata: StreamEventMetadata | None) -> ChatGenerationChunk | None:
        """Return an event as a chunk; None for an event without a place in one.

        LangChain joins the metadata of chunks, and doubles a text that stands in two of them.
        """
        if event.type == "text":
            return ChatGenerationChunk(message=AIMessageChunk(content=event.delta))
        if isinstance(event, StreamEventMetadata):
            details = _shared.details_of(event)
            details.pop("memory", None)  # It comes once, with the completion.
            return ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata=details))
        if isinstance(event, StreamEventCompletion):
            details = _shared.details_of_stream(metadata, event)
            for name in _shared.details_of(metadata) if metadata else ():
                if name != "memory":
                    del details[name]
            message = AIMessageChunk(content="", response_metadata=self._metadata(details), chunk_position="last")
            return ChatGenerationChunk(message=message, generation_info={"finish_reason": "stop"})
        return None


def _check_arguments(stop: list[str] | None, kwargs: dict[str, Any]) -> None:
    if stop is not None:
        raise _shared.not_sendable("stop", "cut the reply yourself")
    if kwargs.get("tools"):
        raise _shared.not_sendable("a tool", _shared.NO_TOOLS)
    unknown = kwargs.keys() - {*_OPTIONS, *_FIELDS, "idempotency_key"}
    if unknown:
        raise TypeError(f"ChatUniqOS got unexpected arguments: {', '.join(sorted(unknown))}")


def _text_of(messages: list[BaseMessage]) -> str:
    """Return the words of the last message, which must be the user's."""
    if any(isinstance(message, SystemMessage) for message in messages):
        raise _shared.not_sendable("a system message", _shared.NO_INSTRUCTIONS)
    if not messages or not isinstance(messages[-1], HumanMessage):
        raise _shared.no_message()
    for block in messages[-1].content_blocks:
        if block["type"] != "text":
            raise _shared.not_sendable(f"a content block of the type {block['type']}", _shared.NO_HISTORY_ITEMS)
    return str(messages[-1].text)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise an error of the SDK as one of LangChain. An error in the arguments stays as it is."""
    try:
        yield
    except ConfigurationError:
        raise
    except UniqOSError as error:
        raise _CLASSES[_shared.kind_of(error)](error.message) from error
