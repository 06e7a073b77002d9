"""Marks in a message, such as ``[[uniqos:error=not_found]]``, which ask for an error, a stream fault or an emotion.

Marks are the sandbox's own. ``MAGIC`` is the table of all marks, which ``GET /`` shows, and the parser accepts exactly
those of the table. An unknown mark is refused, since a typing error would otherwise pass for a good answer. Marks are
removed from the message before it is read. Operations without a message take marks in a header.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..persona.emotion import EMOTIONS
from ..refusal import KINDS, Refusal
from ..state.counts import Counts

STREAM_FAULTS: dict[str, str] = {
    "drop_after": "the connection breaks after N events (default 2): drop_after:3",
    "malformed_frame": "an event whose data is cut JSON comes after the first text",
    "no_completion": "the stream ends in good order but without its completion",
    "error_event": "an error event, internal_error, ends the stream",
    "guardrail_block": "an error event, guardrail_block, ends the stream",
    "guardrail": "a guardrail_modulation event comes before the completion",
    "unknown_event": "an event with an unknown name comes after the first text",
    "done": "data: [DONE] follows the completion",
    "ping": "comments and an event without data come between the events",
    "huge_event": "a text event of N MiB (default 4, at most 64) comes after the first text: huge_event:9",
    "bom": "the stream begins with a byte order mark",
    "crlf_split": "lines end with CR LF, and each write ends between the two",
    "stall": "nothing more comes after N events (default 2), and the connection stays open: stall:3",
}
COUNTED: dict[str, int] = {"drop_after": 999_999, "stall": 999_999, "huge_event": 64}
"""By stream fault that takes a number: the highest number."""
OPTIONS: dict[str, str] = {
    "retry_after": "the text of the Retry-After header: seconds, a date, or nonsense",
    "status": "another status than the code's own, from 400 to 599",
    "times": "only the first N requests with the same Idempotency-Key (else message, else method and path) fail",
}
REVIEWS: dict[str, str] = {
    "approved": "a submitted personality is approved at once",
    "rejected": "a submitted personality is rejected at once, and can be appealed",
}
HEADER = "X-Uniqos-Sandbox"
MAGIC: dict[str, str | dict[str, str]] = {
    "[[uniqos:error=CODE]]": "in the message of respond, dry_run or infer_state: that error instead of an answer",
    "[[uniqos:error=CODE;OPTION=VALUE;...]]": OPTIONS,
    "[[uniqos:stream=FAULT]]": STREAM_FAULTS,
    "[[uniqos:emotion=EMOTION]]": dict.fromkeys(EMOTIONS, "the primary emotion of the message, whatever it says"),
    "[[uniqos:review=OUTCOME]]": {"where": "in the name of a personality", **REVIEWS},
    f"{HEADER}: error=CODE;OPTION=VALUE;...": "a header of any operation: that error instead of an answer",
    f"{HEADER}: stream=FAULT": "a header of respond, as in the message; so is emotion=EMOTION",
    "pers_error_CODE": "as the id of a personality, in a path or a body: that error",
    "int_error_CODE": "as the id of an interaction: that error",
    "CODE": {code: f"{kind.status} {kind.type}" for code, kind in KINDS.items()},
}
_BEGIN = "[[uniqos:"
_ERROR = re.compile(r"error=(\w+)((?:;\w+=[\x20-\x3a\x3c-\x7e]*)*)", re.ASCII)
_STREAM = re.compile(r"stream=(\w+)(?::(\d{1,6}))?", re.ASCII)
_EMOTION = re.compile(r"emotion=(\w+)", re.ASCII)
_REVIEW = re.compile(r"review=(\w+)", re.ASCII)
_ID = re.compile(r"(?:pers|int)_error_([a-z_]+)")


@dataclass
class Magic:
    """A message without its marks, and the effects that the marks ask for."""

    text: str
    error: str | None = None
    options: dict[str, str] = field(default_factory=dict[str, str])
    fault: str | None = None
    """The stream fault."""
    argument: int | None = None
    """The number of the stream fault."""
    emotion: str | None = None
    review: str | None = None


class _Mark(NamedTuple):
    text: str
    field: str
    """The place of the mark: ``message``, or the name of the header."""


def read(message: str, headers: Iterable[str] = ()) -> Magic:
    """Return a message without its marks, with the effects of these marks and of those in the header.

    A mark of the message takes precedence over one of the header.

    Args:
        message: The message.
        headers: The values of the header.

    Raises:
        Refusal: ``validation_error``: a mark is not in the table; the text lists those that are.
    """
    found = Magic(message)
    for text in headers:
        _apply(found, _Mark(text, HEADER))
    if _BEGIN in message:
        before, *rest = message.split(_BEGIN)
        kept = [before.rstrip()]
        for part in rest:
            text, end, after = part.partition("]]")
            if not end:
                raise _invalid_mark(_Mark("", "message"), "it must end with ]]", ("[[uniqos:KIND=VALUE]]",))
            _apply(found, _Mark(text, "message"))
            kept.append(after.rstrip())
        found.text = "".join(kept).strip() or "hello"
    return found


def _apply(found: Magic, mark: _Mark) -> None:
    """Add the effect of a mark."""
    if match := _ERROR.fullmatch(mark.text):
        found.error = _one_of(KINDS, mark, match[1])
        pairs = [pair.split("=", 1) for pair in match[2].split(";") if pair]
        found.options = {name: value.strip() for name, value in pairs}
        _check_options(mark, found.options)
    elif match := _STREAM.fullmatch(mark.text):
        found.fault = _one_of(STREAM_FAULTS, mark, match[1])
        found.argument = int(match[2]) if match[2] is not None else None
        if found.argument is not None:
            most = COUNTED[_one_of(COUNTED, mark, match[1])]
            if found.argument > most:
                raise _invalid_mark(mark, f"that is more than {most}", (f"stream={found.fault}:{most}",))
    elif match := _EMOTION.fullmatch(mark.text):
        found.emotion = _one_of(EMOTIONS, mark, match[1])
    elif (match := _REVIEW.fullmatch(mark.text)) and mark.field != HEADER:
        found.review = _one_of(REVIEWS, mark, match[1])
    else:
        begins = HEADER if mark.field == HEADER else "["
        raise _invalid_mark(mark, "not in the table", (form for form in MAGIC if form.startswith(begins)))


def _check_options(mark: _Mark, options: dict[str, str]) -> None:
    for name, value in options.items():
        _one_of(OPTIONS, mark, name)
        if name == "times" and not re.fullmatch("[0-9]{1,6}", value):
            raise _invalid_mark(mark, "times is a number", ("times=2",))
        if name == "status" and not re.fullmatch("[45][0-9][0-9]", value):
            raise _invalid_mark(mark, "status is a number from 400 to 599", ("status=403",))


def _one_of(known: Collection[str], mark: _Mark, name: str) -> str:
    if name not in known:
        raise _invalid_mark(mark, f"{name} is not known here", known)
    return name


def _invalid_mark(mark: _Mark, why: str, known: Iterable[str]) -> Refusal:
    shown = f"{HEADER}: {mark.text}" if mark.field == HEADER else f"[[uniqos:{mark.text}]]"
    return Refusal(
        "validation_error",
        f"{shown}: {why}; choose from {', '.join(known)}",
        details=[{"field": mark.field, "mark": mark.text}],
    )


class Errors:
    """The errors that marks ask for, with the counts for their option ``times``."""

    def __init__(self) -> None:
        self._counts = Counts()

    def check(self, magic: Magic, key: str) -> None:
        """Raise the error that a mark asks for, if any.

        Args:
            magic: The marks of the request.
            key: The key by which ``times`` counts requests.

        Raises:
            Refusal: The error.
        """
        if magic.error is None:
            return
        times = magic.options.get("times")
        if times is not None and self._counts.add(key) > int(times):
            return
        raise refusal(magic.error, magic.options)


def check_id(value: str) -> None:
    """Raise the error that an id such as ``pers_error_not_found`` asks for.

    Raises:
        Refusal: The error.
    """
    match = _ID.fullmatch(value)
    if match and match[1] in KINDS:
        raise refusal(match[1], {})


def refusal(code: str, options: dict[str, str]) -> Refusal:
    """Return the error of a code, with the headers that the API would send."""
    headers: dict[str, str] = {}
    retry_after = options.get("retry_after", "1" if code == "rate_limit_exceeded" else None)
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    if code == "token_expired":
        headers["WWW-Authenticate"] = 'Bearer error="token_expired"'
    return Refusal(code, status=int(options["status"]) if "status" in options else None, headers=headers)
