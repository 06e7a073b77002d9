"""Answers of the loopback server, in the form of each API."""

from __future__ import annotations

import json

_INFERRED = {
    "primary": "anticipation",
    "confidence": 0.82,
    "secondary": ["joy", "trust"],
    "intensity": "moderate",
    "valence": 0.61,
    "arousal": 0.44,
}
_USAGE = {
    "turns_consumed": 1,
    "active_relationship_counted": True,
    "llm_provider": "anthropic",
    "llm_model": "large-2026-01",
}
_SUMMARY = "Works night shifts, is learning the cello, prefers short answers and dislikes being reassured."
_REPLY: dict[str, object] = {
    "response": "That recital sounds like it matters to you more than you let on. You have been practising after night "
    "shifts for months, so of course your hands feel heavy; play the slow movement first and let the rest come.",
    "inferred_emotional_state": _INFERRED,
    "interaction_id": "int_01J9ZC5T7Q8W3R2N6M4K1H0GFD",
    "memory": {
        "consulted": True,
        "summary_used": _SUMMARY,
        "significant_moments_referenced": 2,
        "model_updated": True,
    },
    "guardrails": {"applied": ["no_medical_advice"]},
    "usage": _USAGE,
    "latency_ms": 1243,
}
_FIRST: dict[str, object] = {
    "type": "metadata",
    "interaction_id": "int_01J9ZC5T7Q8W3R2N6M4K1H0GFD",
    "inferred_emotional_state": _INFERRED,
    "memory": {"consulted": True, "summary_used": _SUMMARY, "significant_moments_referenced": 2},
}
_LAST: dict[str, object] = {
    "type": "completion",
    "memory": {"summary_used": _SUMMARY, "model_updated": True},
    "guardrails": {"applied": []},
    "usage": _USAGE,
    "latency_ms": 2318,
}
_COMMON = (
    b"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: loopback\r\nX-Request-Id: req_01J9ZC5T7Q8W3R2N6M4K1H0GFD\r\n"
    b"X-RateLimit-Limit: 100\r\nX-RateLimit-Remaining: 99\r\nX-RateLimit-Reset: 2026-01-01T00:00:01Z\r\n"
)
_TEXT = str(_REPLY["response"])
_REPLIES: dict[str, dict[str, object]] = {
    "/v1/respond": _REPLY,
    "/chat/completions": {
        "id": "chatcmpl-01J9ZC5T7Q8W3R2N6M4K1H0GFD",
        "object": "chat.completion",
        "created": 1767225600,
        "model": "large-2026-01",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": _TEXT, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 310,
            "completion_tokens": 48,
            "total_tokens": 358,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
    },
    "/v1/messages": {
        "id": "msg_01J9ZC5T7Q8W3R2N6M4K1H0GFD",
        "type": "message",
        "role": "assistant",
        "model": "large-2026-01",
        "content": [{"type": "text", "text": _TEXT, "citations": None}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 310,
            "output_tokens": 48,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "service_tier": "standard",
        },
    },
}
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n" + _COMMON + b"\r\n"
)
STREAM_END = b"0\r\n\r\n"


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def json_answer(value: object) -> bytes:
    body = _compact(value)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return head + _COMMON + b"\r\n" + body


def file_head(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n%b\r\n" % (size, _COMMON)


def event(value: dict[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(value["type"]).encode(), _compact(value))


def chunks(parts: list[bytes]) -> list[bytes]:
    return [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]


def cut(whole: bytes, size: int) -> list[bytes]:
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def texts(count: int) -> list[str]:
    return [f"and then, {n}, " for n in range(count)]


def turn_events(deltas: list[str]) -> list[bytes]:
    """Return the events of one streamed turn."""
    return [event(_FIRST), *(event({"type": "text", "delta": delta}) for delta in deltas), event(_LAST)]


def chat_events(deltas: list[str]) -> list[bytes]:
    """Return as many events of a chat completion, and ``[DONE]``, which is not an event."""
    common = {"id": "chatcmpl-01J9ZC5T7Q", "object": "chat.completion.chunk", "created": 1767225600, "model": "large"}
    parts = [
        ({"role": "assistant", "content": ""}, None),
        *(({"content": delta}, None) for delta in deltas),
        ({}, "stop"),
    ]
    found = []
    for delta, end in parts:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": end}
        found.append(b"data: %b\n\n" % _compact({**common, "choices": [choice]}))
    return [*found, b"data: [DONE]\n\n"]


def message_events(deltas: list[str]) -> list[bytes]:
    """Return as many events of a message: it has three more around the text than a turn, so three texts fewer."""
    start = {**_REPLIES["/v1/messages"], "content": [], "stop_reason": None}
    block: dict[str, object] = {"type": "text", "text": ""}
    return [
        event({"type": "message_start", "message": start}),
        event({"type": "content_block_start", "index": 0, "content_block": block}),
        *(
            event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": delta}})
            for delta in deltas[3:]
        ),
        event({"type": "content_block_stop", "index": 0}),
        event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 48}}),
        event({"type": "message_stop"}),
    ]


def replies() -> dict[str, bytes]:
    """Return the bytes of a reply by path."""
    return {path: json_answer(reply) for path, reply in _REPLIES.items()}


def streams(count: int, huge: int) -> dict[tuple[str, str], list[bytes]]:
    """Return the writes of a stream by path and message."""
    all_events = {
        "/v1/respond": turn_events(texts(count)),
        "/chat/completions": chat_events(texts(count)),
        "/v1/messages": message_events(texts(count)),
    }
    found = {}
    for path, events in all_events.items():
        paced = [STREAM_HEAD, *chunks(events), STREAM_END]
        found[path, "paced"] = paced
        found[path, "chunked"] = [b"".join(paced)]
        found[path, "burst"] = [b"".join([STREAM_HEAD, *chunks(cut(b"".join(events), 16 * 1024)), STREAM_END])]
    found["/v1/respond", "turn"] = [b"".join([STREAM_HEAD, *chunks(turn_events(texts(38))), STREAM_END])]
    enormous = b"".join(turn_events(["x" * huge]))
    found["/v1/respond", "huge"] = [b"".join([STREAM_HEAD, *chunks(cut(enormous, 1024)), STREAM_END])]
    return found
