"""Errors and stream faults on demand, without an admin call.

``MAGIC`` is the documentation and the implementation: the parser knows what stands in its parts and nothing else, and
``GET /`` shows it. All of this is the sandbox's own; the API knows none of it. The marks are taken out before the
message is read, and a mark that is not in the table is refused, since a typing error would pass for a good answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .refusal import KINDS, Refusal

STREAM_FAULTS: dict[str, str] = {
    "drop_after": "the connection breaks after N events (default 2): drop_after:3",
    "malformed_frame": "an event whose data is cut JSON comes after the first text",
    "no_completion": "the stream ends in good order but without its completion",
    "error_event": "an error event, internal_error, ends the stream",
    "guardrail_block": "an error event, guardrail_block, ends the stream",
    "guardrail": "a guardrail_modulation event comes before the completion",
    "unknown_event": "an event of a name nobody knows comes after the first text",
    "done": "data: [DONE] follows the completion",
    "ping": "comments and an event without data come between the events",
    "stall": "nothing more comes after N events (default 2), and the connection stays open: stall:3",
}
COUNTED = ("drop_after", "stall")
"""The faults that take a number."""
OPTIONS: dict[str, str] = {
    "retry_after": "the text of the Retry-After header: seconds, a date, or nonsense",
    "status": "another status than the code's own, from 400 to 599",
    "times": "only the first N requests with the same Idempotency-Key (else the same message) fail; then an answer",
}
REVIEWS: dict[str, str] = {
    "approved": "a submitted personality is approved at once",
    "rejected": "a submitted personality is rejected at once, and can be appealed",
}
MAGIC: dict[str, str | dict[str, str]] = {
    "[[uniqos:error=CODE]]": "in the message of respond, dry_run or infer_state: that error instead of an answer",
    "[[uniqos:error=CODE;OPTION=VALUE;...]]": OPTIONS,
    "[[uniqos:stream=FAULT]]": STREAM_FAULTS,
    "[[uniqos:review=OUTCOME]]": {"where": "in the name of a personality", **REVIEWS},
    "pers_error_CODE": "as the id of a personality, in a path or a body: that error",
    "int_error_CODE": "as the id of an interaction: that error",
    "CODE": {code: f"{kind.status} {kind.type}" for code, kind in KINDS.items()},
}
_MARK = re.compile(r"\s*\[\[uniqos:(.*?)\]\]", re.DOTALL)
_ERROR = re.compile(r"error=(\w+)((?:;\w+=[\x20-\x3a\x3c-\x7e]*)*)", re.ASCII)
_STREAM = re.compile(r"stream=(\w+)(?::(\d{1,6}))?", re.ASCII)
_REVIEW = re.compile(r"review=(\w+)", re.ASCII)
_ID = re.compile(r"(?:pers|int)_error_([a-z_]+)")


@dataclass
class Magic:
    """What a message asked for, and the message without it."""

    text: str
    error: str | None = None
    options: dict[str, str] = field(default_factory=dict[str, str])
    fault: str | None = None
    argument: int | None = None
    review: str | None = None


def read(message: str) -> Magic:
    """Take the marks out of a message.

    Raises:
        Refusal: A mark is not in the table; the answer lists what is.
    """
    if "[[uniqos:" not in message:
        return Magic(message)
    found = Magic(_MARK.sub("", message).strip() or "hello")
    if "[[uniqos:" in found.text:
        raise _unknown("", "it must end with ]]", ("[[uniqos:KIND=VALUE]]",))
    for mark in _MARK.findall(message):
        if match := _ERROR.fullmatch(mark):
            found.error = _one_of(KINDS, mark, match[1])
            pairs = [pair.split("=", 1) for pair in match[2].split(";") if pair]
            found.options = {name: value.strip() for name, value in pairs}
            _check_options(mark, found.options)
        elif match := _STREAM.fullmatch(mark):
            found.fault = _one_of(STREAM_FAULTS, mark, match[1])
            if match[2] is not None:
                _one_of(COUNTED, mark, match[1])
                found.argument = int(match[2])
        elif match := _REVIEW.fullmatch(mark):
            found.review = _one_of(REVIEWS, mark, match[1])
        else:
            raise _unknown(mark, "not in the table", (form for form in MAGIC if form[0] == "["))
    return found


def _check_options(mark: str, options: dict[str, str]) -> None:
    for name, value in options.items():
        _one_of(OPTIONS, mark, name)
        if name == "times" and not re.fullmatch("[0-9]{1,6}", value):
            raise _unknown(mark, "times is a number", ("times=2",))
        if name == "status" and not re.fullmatch("[45][0-9][0-9]", value):
            raise _unknown(mark, "status is a number from 400 to 599", ("status=403",))


def _one_of(known: Collection[str], mark: str, name: str) -> str:
    if name not in known:
        raise _unknown(mark, f"{name} is not known here", known)
    return name


def _unknown(mark: str, why: str, known: Iterable[str]) -> Refusal:
    return Refusal(
        "validation_error",
        f"[[uniqos:{mark}]]: {why}; choose from {', '.join(known)}",
        details=[{"field": "message", "mark": mark}],
    )


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
