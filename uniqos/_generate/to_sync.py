"""The synchronous twin of an asynchronous source, by a rewrite of tokens."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from typing import NamedTuple

NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "AsyncByteStream": "SyncByteStream",
    "StopAsyncIteration": "StopIteration",
    "_async": "_sync",
    "aclose": "close",
    "aiter": "iter",
    "aio": "threads",
    "aiter_raw": "iter_raw",
    "anext": "next",
    "aread": "read",
    "handle_async_request": "handle_request",
}
"""Names of the synchronous twin by those of the asynchronous source, besides ``X`` for ``AsyncX``.

Each must occur in a source.
"""
_LEFT_OUT = re.compile(r"# async only$|^pytestmark = pytest\.mark\.anyio$|^ *@pytest\.mark\.anyio$")
_F_STRING = {number for number, name in tokenize.tok_name.items() if name in ("FSTRING_START", "TSTRING_START")}
_F_STRING_END = {number for number, name in tokenize.tok_name.items() if name in ("FSTRING_END", "TSTRING_END")}


class _Token(NamedTuple):
    kind: int
    text: str
    start: int
    end: int


def to_sync(source: str, names: Mapping[str, str] = NAMES) -> str:
    """Rewrite an asynchronous source as its synchronous twin.

    Args:
        source: Text of a module under ``_async/``.
        names: New names by the old ones, besides ``X`` for ``AsyncX``.

    Returns:
        The text before ruff: imports may be unused or out of order.

    Raises:
        ValueError: An ``# async only: begin`` or ``end`` has no partner, or a bracket is not closed.
    """
    source = _without_async_only(source)
    tokens = list(_tokens(source))
    edits: list[tuple[int, int, str]] = []
    for index, token in enumerate(tokens):
        if token.kind != tokenize.NAME:
            if token.kind in (tokenize.STRING, tokenize.COMMENT):
                edits.append((token.start, token.end, _in_text(token.text, names)))
            continue
        if token.text in ("async", "await"):
            rest = source[token.end :]
            edits.append((token.start, token.end + len(rest) - len(rest.lstrip(" ")), ""))
        else:
            edits.append((token.start, token.end, _rename(token.text, names)))
        if token.text in ("Coroutine", "AsyncGenerator") and tokens[index + 1].text == "[":
            spans, end = _arguments(tokens, index + 1)
            if token.text == "AsyncGenerator":
                edits.append((spans[-1][1], spans[-1][1], ", None" * (3 - len(spans))))
            elif len(spans) != 3:
                raise ValueError("a Coroutine takes three types")
            else:
                edits[-1] = (token.start, spans[2][0], "")
                edits.append((spans[2][1], end, ""))
    out: list[str] = []
    done = 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        if start >= done:  # an earlier start lies inside a span that was dropped
            out += source[done:start], text
            done = end
    return "".join(out) + source[done:]


def _without_async_only(source: str) -> str:
    kept: list[str] = []
    inside = False
    for line in source.split("\n"):
        marker = line.strip()
        if marker in ("# async only: begin", "# async only: end"):
            if inside == marker.endswith("begin"):
                raise ValueError(f"{marker!r} without its partner")
            inside = not inside
        elif not inside and not _LEFT_OUT.search(line):
            kept.append(line)
    if inside:
        raise ValueError("'# async only: begin' without its partner")
    return "\n".join(kept)


def _tokens(source: str) -> Iterator[_Token]:
    """Yield the tokens of a source by offset; an f-string is one token, as before Python 3.12."""
    lines = [0]
    for line in source.split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    depth = begin = 0
    for kind, text, (row, column), (end_row, end_column), _ in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = lines[row - 1] + column, lines[min(end_row, len(lines)) - 1] + end_column
        if kind in _F_STRING:
            begin = begin if depth else start
            depth += 1
        elif kind in _F_STRING_END:
            depth -= 1
            if not depth:
                yield _Token(tokenize.STRING, source[begin:end], begin, end)
        elif not depth and kind in (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING, tokenize.COMMENT):
            yield _Token(kind, text, start, end)


def _arguments(tokens: list[_Token], opening: int) -> tuple[list[tuple[int, int]], int]:
    """Return the span of each argument in a bracket, and the end of the bracket."""
    spans: list[tuple[int, int]] = []
    part: list[_Token] = []
    depth = 0
    for token in tokens[opening:]:
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 or (depth == 1 and token.text in (",", "[")):
            if part:
                spans.append((part[0].start, part[-1].end))
            if depth == 0:
                return spans, token.end
            part = []
        elif token.kind != tokenize.COMMENT:
            part.append(token)
    raise ValueError("a bracket is never closed")


def _rename(word: str, names: Mapping[str, str]) -> str:
    return names.get(word) or re.sub(r"^(_*)Async(?=[A-Z])", r"\1", word)


def _in_text(text: str, names: Mapping[str, str]) -> str:
    text = re.sub(r"\bawait |\basync (?=(?:with|for|def)\b)", "", text)
    # An escape does not belong to the word after it: "\nAsyncPool".
    return re.sub(r"\\.|\w+", lambda found: _rename(found[0], names), text, flags=re.DOTALL)
