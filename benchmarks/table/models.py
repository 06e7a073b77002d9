"""Rows of one answer in memory: the cost to decode, dump and keep it, beside plain pydantic."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from ..support.answers import replies
from ..support.measure import Bench, Measure, Sided, cpu
from ..support.plain import Answer


def _body() -> bytes:
    return replies()["/v1/respond"].partition(b"\r\n\r\n")[2]


def _decoder() -> Callable[[bytes], Any]:
    """Return the SDK's function from the bytes of an answer to its model."""
    from uniqos._base.http import HttpInfo
    from uniqos._wire.decode import decode
    from uniqos.models import RespondResult

    http = HttpInfo(200)
    return lambda body: decode(RespondResult, body, http, "raise")


@contextmanager
def decoding(bench: Bench) -> Sided:
    """CPU per answer that is decoded and kept."""
    import msgspec

    body, decode, count = _body(), _decoder(), bench.sizes.answers
    typed = msgspec.json.Decoder(_structs(msgspec))

    def keeping(work: Callable[[bytes], object]) -> Measure:
        def kept() -> None:
            answers = [work(body) for _ in range(count)]
            assert len(answers) == count

        return cpu(kept, per=count)

    yield {
        "base": keeping(Answer.model_validate_json),
        "msgspec": keeping(typed.decode),
        "sdk": keeping(decode),
    }


@contextmanager
def dumping(bench: Bench) -> Sided:
    """CPU per answer that is written as JSON."""
    import msgspec

    body, count = _body(), bench.sizes.answers
    plain, ours = Answer.model_validate_json(body), _decoder()(body)
    struct, encoder = msgspec.json.decode(body, type=_structs(msgspec)), msgspec.json.Encoder()
    yield {
        "base": cpu(plain.model_dump_json, count),
        "msgspec": cpu(lambda: encoder.encode(struct), count),
        "sdk": cpu(ours.model_dump_json, count),
    }


@contextmanager
def keeping(bench: Bench) -> Sided:
    """Bytes of memory per answer that is kept."""
    import json

    body, count = _body(), bench.sizes.answers

    def held(work: Callable[[bytes], object]) -> Measure:
        def measure() -> float:
            work(body)
            gc.collect()
            tracemalloc.start()
            try:
                # A copy of the bytes for each answer, since a model may keep them.
                answers = [work(bytes(bytearray(body))) for _ in range(count)]
                return tracemalloc.get_traced_memory()[0] / len(answers)
            finally:
                tracemalloc.stop()

        return measure

    yield {"base": held(Answer.model_validate_json), "json.loads": held(json.loads), "sdk": held(_decoder())}


def _structs(msgspec: Any) -> Any:
    """Return the plain models as structs of msgspec."""

    def struct(name: str, **fields: Any) -> Any:
        return msgspec.defstruct(name, [(field, type | None, None) for field, type in fields.items()])

    state = struct(
        "State", primary=str, confidence=float, secondary=list[str], intensity=str, valence=float, arousal=float
    )
    memory = struct("Memory", consulted=bool, summary_used=str, significant_moments_referenced=int, model_updated=bool)
    guardrails = struct("Guardrails", applied=list[str])
    usage = struct("Usage", turns_consumed=int, active_relationship_counted=bool, llm_provider=str, llm_model=str)
    return struct(
        "Answer",
        response=str,
        inferred_emotional_state=state,
        interaction_id=str,
        memory=memory,
        guardrails=guardrails,
        usage=usage,
        latency_ms=int,
    )
