"""``client.engine``, and ``client.respond``: answer a message, read an emotion, recall a memory."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal, overload

from typing_extensions import Unpack

from ..._network.coroutine_function import coroutine_function  # async only
from ..._turn.request import encode_turn
from ..._wire.operation import Body, Operation, R
from ...api import engine as ops
from ..requester import AsyncRequester
from .base import AsyncNamespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
    from .. import stream as streams
else:
    from ..._base.hints import HintedModule
    from ..._base.hints import models as m
    from ..._base.hints import params as p

    streams = HintedModule("uniqos._async.stream")

_RESPOND_PACK = ops.RESPOND.returning(ops.ModulatorPack)


class AsyncResponder:
    """``respond``, for the client and its engine namespace alike."""

    __slots__ = ()
    if TYPE_CHECKING:
        _requester: AsyncRequester

    @overload
    async def respond(
        self,
        /,
        *,
        stream: Literal[False] = False,
        return_format: Literal["text"] | None = None,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> m.RespondResult: ...
    @overload
    async def respond(
        self,
        /,
        *,
        return_format: Literal["modulator_pack"],
        stream: Literal[False] = False,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> m.ModulatorPack: ...
    @overload
    def respond(
        self,
        /,
        *,
        stream: Literal[True],
        return_format: Literal["text"] | None = None,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> streams.AsyncRespondStream: ...
    @overload
    async def respond(
        self,
        request: p.RespondRequestLike,
        /,
        *,
        stream: Literal[False] = False,
        return_format: Literal["text"] | None = None,
        **options: Unpack[p.Options],
    ) -> m.RespondResult: ...
    @overload
    async def respond(
        self,
        request: p.RespondRequestLike,
        /,
        *,
        return_format: Literal["modulator_pack"],
        stream: Literal[False] = False,
        **options: Unpack[p.Options],
    ) -> m.ModulatorPack: ...
    @overload
    def respond(
        self,
        request: p.RespondRequestLike,
        /,
        *,
        stream: Literal[True],
        return_format: Literal["text"] | None = None,
        **options: Unpack[p.Options],
    ) -> streams.AsyncRespondStream: ...
    @overload
    def respond(
        self, /, *, stream: bool, return_format: Literal["text"] | None = None, **fields: Unpack[p.RespondRequestArgs]
    ) -> Coroutine[Any, Any, m.RespondResult] | streams.AsyncRespondStream: ...
    @coroutine_function  # async only
    def respond(
        self,
        request: Body | None = None,
        /,
        *,
        stream: bool = False,
        return_format: Literal["text", "modulator_pack"] | None = None,
        **fields: Any,
    ) -> Coroutine[Any, Any, m.RespondResult] | Coroutine[Any, Any, m.ModulatorPack] | streams.AsyncRespondStream:
        """Answer one message in the voice of a personality. This is what is billed.

        Args:
            request: The turn as one object: a RespondRequest, any pydantic model, or a mapping. Else as keywords:
                personality_id, message, user_id, mode, context, guardrails_behavior, llm_override. A model of yours
                is sent as its own serializer gives it, defaults included, but for a None that nobody set.
            stream: True for the answer as it is spoken, event by event.
            return_format: ``"modulator_pack"`` for what is needed to prompt an LLM of your own; no text then.
            **fields: The turn as keywords, and the options of every call: timeout, deadline (seconds), max_retries,
                headers, idempotency_key, on_invalid_response.

        Returns:
            A RespondResult, a ModulatorPack, or a stream that is opened by iterating it, by ``with`` or ``open()``.

        Raises:
            RequestValidationError: An argument is wrong (``stateful_requires_user_id``, ``stream_not_supported``, ...).
            APIError: The API said no; the subclass says why.
            NetworkError: No whole answer came. A turn that may be running is never sent again without its key, and
                not at all after a timeout.
            ResponseValidationError: The answer breaks the contract; the error carries it.

        Source: docs and official SDK; the shape of the modulator pack is undocumented.
        """
        if stream:
            from ..stream import AsyncRespondStream  # a client that never streams need not load it

            turn = encode_turn(ops.RESPOND, request, fields, stream=True, return_format=return_format)
            return AsyncRespondStream(self._requester, turn)
        if return_format == "modulator_pack":
            return self._answer(_RESPOND_PACK, request, fields, return_format)
        return self._answer(ops.RESPOND, request, fields, return_format)

    async def _answer(self, op: Operation[R], request: Body | None, fields: dict[str, Any], form: str | None) -> R:
        return await self._requester.perform(op, encode_turn(op, request, fields, stream=False, return_format=form))


class AsyncEngine(AsyncNamespace, AsyncResponder):
    """Answer a message, read an emotion, recall a memory."""

    __slots__ = ()

    async def infer_state(self, body: p.InferStateRequestLike | None = None, **fields: Any) -> m.InferredState:
        """Read the emotion of a message without answering it; not billed.

        Args:
            body: The body as one object, with keys of the API; else as keywords. Its keys are undocumented.
            **fields: The body as keywords, and the options of every call.

        Returns:
            The inferred state; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.INFER_STATE, body, fields)

    async def recall_memory(self, body: p.RecallMemoryRequestLike | None = None, **fields: Any) -> m.RecalledMemory:
        """Recall what relational memory holds on a query; not billed.

        Args:
            body: The body as one object, with keys of the API; else as keywords. Its keys are undocumented.
            **fields: The body as keywords, and the options of every call.

        Returns:
            What was recalled; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.RECALL_MEMORY, body, fields)
