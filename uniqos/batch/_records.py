"""The results of a batch as JSON objects, which are the lines of the output files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic_core import from_json, to_json

from .._base.http import HttpInfo
from .._base.model import M
from ..errors import ResponseDecodeError, ResponseValidationError, UniqOSError
from ._outcomes import Done, Rejected, Result

Line = Mapping[str, object]
"""One object of an output, by key. A value of type bytes is JSON text, which is written as it is."""


def line_of(result: Result[M]) -> Line:
    """Return the object that stands for a result in an output file.

    It is the same in each run: it does not say whether the answer was paid for in this one. A failure whose error
    holds a body has it as ``answer``, since it may have been paid for.
    """
    line: dict[str, object] = {"id": result.id, "row": result.number, "status": result.status}
    if isinstance(result, Rejected):
        return {**line, "problems": [asdict(problem) for problem in result.problems]}
    if isinstance(result, Done):
        line["answer"] = _raw_answer(result.answer)
    else:
        line["error"] = _describe(result.error)
        if isinstance(result.error, (ResponseDecodeError, ResponseValidationError)):
            line["answer"] = _body(result.error.body)
    return {**line, "idempotency_key": result.idempotency_key, "http": _exchange(result.http)}


def to_line(line: Line) -> bytes:
    """Write one object as a line of JSONL."""
    members = (
        to_json(key) + b":" + (value if isinstance(value, bytes) else to_json(value)) for key, value in line.items()
    )
    # A line break of JSON text stands between two tokens: inside of a text it is escaped.
    return (b"{" + b",".join(members) + b"}").replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


def _raw_answer(answer: Any) -> bytes:
    raw: bytes | None = answer.raw
    return to_json(answer.to_dict()) if raw is None else raw


def _body(body: bytes) -> object:
    """Return the body of an answer that cannot be used: its JSON text, or any other body as text."""
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError:
        return body.decode(errors="replace")
    return body


def _describe(error: UniqOSError) -> dict[str, object]:
    return {"type": type(error).__name__, "code": error.code, "message": error.message}


def _exchange(http: HttpInfo | None) -> dict[str, object] | None:
    if http is None:
        return None
    return {"status": http.status, "request_id": http.request_id, "retries": http.retries, "elapsed": http.elapsed}
