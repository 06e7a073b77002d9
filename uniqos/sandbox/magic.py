"""Errors and stream faults on demand, without an admin call. This table is the documentation and the implementation.

In a message (of ``respond``, ``dry_run`` and ``infer_state``):

    [[uniqos:error=CODE]]                    any code of the error table, e.g. rate_limit_exceeded, turn_timeout
    [[uniqos:error=CODE;retry_after=2]]      with a Retry-After header, in seconds
    [[uniqos:error=CODE;status=403]]         with another status than the code's own
    [[uniqos:error=CODE;times=2]]            for the first two requests with the same Idempotency-Key (else the same
                                             message), then a normal answer
    [[uniqos:stream=FAULT]]                  for ``stream=True``; see STREAM_FAULTS
    [[uniqos:stream=drop_after:3]]           the number is a fault's argument

In an id, where there is no message: ``pers_error_CODE`` and ``int_error_CODE``, in a path or a body.
All of this is the sandbox's own; the API knows none of it. The marks are taken out before the message is read.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from .refusal import KINDS, Refusal

STREAM_FAULTS: dict[str, str] = {
    "drop_after": "the connection breaks after N events (default 2)",
    "malformed_frame": "an event whose data is cut JSON comes after the first text",
    "no_completion": "the stream ends in good order but without its completion",
    "error_event": "an error event, internal_error, ends the stream",
    "guardrail_block": "an error event, guardrail_block, ends the stream",
    "guardrail": "a guardrail_modulation event comes before the completion",
    "unknown_event": "an event of a name nobody knows comes after the first text",
    "done": "data: [DONE] follows the completion",
    "ping": "comments and an event without data come between the events",
    "stall": "nothing more comes after N events (default 2), and the connection stays open",
}
_MARK = re.compile(r"\s*\[\[uniqos:(error|stream)=([a-z_]+)(?::(\d+))?((?:;[a-z_]+=[\w.-]+)*)\]\]")
_ID = re.compile(r"(?:pers|int)_error_([a-z_]+)")


@dataclass
class Magic:
    """What a message asked for, and the message without it."""

    text: str
    error: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    fault: str | None = None
    argument: int | None = None


def read(message: str) -> Magic:
    """Take the marks out of a message.

    Raises:
        Refusal: A mark names an error or a fault that does not exist; the answer lists those that do.
    """
    found = Magic(_MARK.sub("", message).strip() or "hello")
    for kind, name, argument, options in _MARK.findall(message):
        known = KINDS if kind == "error" else STREAM_FAULTS
        if name not in known:
            raise Refusal("validation_error", f"[[uniqos:{kind}={name}]]: choose from {', '.join(known)}")
        if kind == "error":
            found.error = name
            found.options = dict(pair.split("=", 1) for pair in options.split(";") if pair)
        else:
            found.fault, found.argument = name, int(argument) if argument else None
    return found


class Errors:
    """Raises what was asked for, as often as it was asked for."""

    def __init__(self) -> None:
        self._raised: Counter[str] = Counter()

    def check(self, magic: Magic, key: str) -> None:
        """Raise the error of a message; ``key`` is what ``times`` counts by.

        Raises:
            Refusal: The error.
        """
        if magic.error is None:
            return
        times = magic.options.get("times")
        if times is not None:
            self._raised[key] += 1
            if self._raised[key] > int(times):
                return
        raise refusal(magic.error, magic.options)


def check_id(value: str) -> None:
    """Raise the error that an id asks for.

    Raises:
        Refusal: The error.
    """
    match = _ID.fullmatch(value)
    if match and match[1] in KINDS:
        raise refusal(match[1], {})


def refusal(code: str, options: dict[str, str]) -> Refusal:
    """The error of a code, with the headers the API would send."""
    headers: dict[str, str] = {}
    retry_after = options.get("retry_after", "1" if code == "rate_limit_exceeded" else None)
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    if code == "token_expired":
        headers["WWW-Authenticate"] = 'Bearer error="token_expired"'
    return Refusal(code, status=int(options["status"]) if "status" in options else None, headers=headers)
