# Generated from _async/namespaces/engine.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.engine``: turns, emotions and memories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from typing_extensions import Unpack

from ..._turn.request import MessageIsMissing, PersonalityIdIsMissing, encode_turn
from ..._wire.operation import Body, Operation, R
from ...api import engine as ops
from ..requester import Requester
from .base import Namespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
    from .. import stream as streams
else:
    from ..._base.hints import HintedModule
    from ..._base.hints import models as m
    from ..._base.hints import params as p

    streams = HintedModule("uniqos._sync.stream")

_RESPOND_PACK = ops.RESPOND.returning(ops.ModulatorPack)


class Responder:
    """The method ``respond``, which the client and its engine namespace share."""

    __slots__ = ()
    if TYPE_CHECKING:
        _requester: Requester

    @overload
    def respond(
        self,
        /,
        *,
        personality_id: str,
        message: str,
        stream: Literal[False] = False,
        return_format: Literal["text"] | None = None,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> m.RespondResult: ...
    @overload
    def respond(
        self,
        /,
        *,
        personality_id: str,
        message: str,
        return_format: Literal["modulator_pack"],
        stream: Literal[False] = False,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> m.ModulatorPack: ...
    @overload
    def respond(
        self,
        /,
        *,
        personality_id: str,
        message: str,
        stream: Literal[True],
        return_format: Literal["text"] | None = None,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> streams.RespondStream: ...
    @overload
    def respond(
        self,
        request: p.RespondRequestLike,
        /,
        *,
        stream: Literal[False] = False,
        return_format: Literal["text"] | None = None,
        **options: Unpack[p.Options],
    ) -> m.RespondResult: ...
    @overload
    def respond(
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
    ) -> streams.RespondStream: ...
    @overload
    def respond(
        self,
        /,
        *,
        personality_id: str,
        message: str,
        stream: bool,
        return_format: Literal["text"] | None = None,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> m.RespondResult | streams.RespondStream: ...
    @overload
    def respond(
        self,
        request: p.RespondRequestLike,
        /,
        *,
        stream: bool,
        return_format: Literal["text"] | None = None,
        **options: Unpack[p.Options],
    ) -> m.RespondResult | streams.RespondStream: ...
    # The last two let type checkers report a missing keyword in one line, by the name of a class. Without them, mypy
    # lists all overloads. It reports a single one if the arguments would fit without the type in brackets.
    @overload
    def respond(
        self,
        /,
        *,
        message: Sequence[PersonalityIdIsMissing],
        stream: bool = False,
        return_format: Literal["text", "modulator_pack"] | None = None,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> streams.RespondStream: ...
    @overload
    def respond(
        self,
        /,
        *,
        personality_id: Sequence[MessageIsMissing],
        stream: bool = False,
        return_format: Literal["text", "modulator_pack"] | None = None,
        **fields: Unpack[p.RespondRequestArgs],
    ) -> streams.RespondStream: ...
    def respond(
        self,
        request: Body | None = None,
        /,
        *,
        stream: bool = False,
        return_format: Literal["text", "modulator_pack"] | None = None,
        **fields: Any,
    ) -> m.RespondResult | m.ModulatorPack | streams.RespondStream:
        """Answer one message in the voice of a personality. Each answer is billed.

        Args:
            request: The turn as one object: a RespondRequest, any pydantic model, or a mapping. A model of your own is
                sent as its serializer writes it, without the fields that are None by default.
            stream: True to receive the answer as a stream of events, while it is generated.
            return_format: ``"modulator_pack"`` to receive the material for prompting your own LLM, and no text.
            **fields: The turn as keywords: personality_id, message, user_id, mode, context, guardrails_behavior,
                llm_override. Also the options of the call.

        Returns:
            A RespondResult or a ModulatorPack. With ``stream=True`` a stream, which sends the request when it is
            iterated, entered with ``with`` or opened with ``open()``.

        Raises:
            RequestValidationError: An argument is invalid (``stateful_requires_user_id``, ``stream_not_supported``,
                ...). Nothing was sent.
            APIError: The API answered with an error. The subclass tells the reason.
            NetworkError: No complete answer arrived. A turn that may be running is retried only with its idempotency
                key, and never after a timeout.
            ResponseValidationError: The answer breaks the contract. The error carries the answer.

        Source: docs and official SDK; the shape of the modulator pack is undocumented.
        """
        if stream:
            from ..stream import RespondStream  # Importing it takes long, and only streams need it.

            turn = encode_turn(ops.RESPOND, request, fields, stream=True, return_format=return_format)
            return RespondStream(self._requester, turn)
        if return_format == "modulator_pack":
            return self._answer(_RESPOND_PACK, request, fields, return_format)
        return self._answer(ops.RESPOND, request, fields, return_format)

    def _answer(self, op: Operation[R], request: Body | None, fields: dict[str, Any], form: str | None) -> R:
        return self._requester.perform(op, encode_turn(op, request, fields, stream=False, return_format=form))


class Engine(Namespace, Responder):
    """Turns, emotions and memories."""

    __slots__ = ()

    def infer_state(self, body: p.InferStateRequestLike | None = None, **fields: Any) -> m.InferredState:
        """Infer the emotion of a message without answering it. This is not billed.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The inferred state.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.INFER_STATE, body, fields)

    def recall_memory(self, body: p.RecallMemoryRequestLike | None = None, **fields: Any) -> m.RecalledMemory:
        """Query the relational memory. This is not billed.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The recalled memories.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.RECALL_MEMORY, body, fields)
