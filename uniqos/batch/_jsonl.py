"""The rows of JSONL: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator

from ._cells import CellError
from ._lines import TOO_LARGE, Lines
from ._row import Columns, InputError, Row, bad_row, build_row, parse_json


def read_jsonl(lines: Lines, columns: Columns) -> Iterator[Row]:
    """Yield the rows of JSONL. A blank line is no row, but it has a number.

    Raises:
        InputError: The file cannot be read, or it is one JSON array over several lines.
    """
    typed = Columns(columns.kept)  # A text of JSON stays a text.
    is_first = True
    for number, line in enumerate(lines, 1):
        if line is None:
            yield bad_row(number, "row_too_large", TOO_LARGE)
        elif text := line.strip():
            if is_first and text == b"[":
                raise InputError(f"{lines.path} is one JSON array; write one object a line, e.g. with jq -c '.[]'")
            is_first = False
            yield _parse_line(number, text, line.endswith(b"\n"), typed)


def _parse_line(number: int, text: bytes, is_whole: bool, columns: Columns) -> Row:
    try:
        value, is_utf8 = parse_json(text, "")
    except CellError as exc:
        problem = exc.problem
        if problem.code == "invalid_json" and not is_whole:
            reason = f"the last line has no line break and is torn: {problem.reason}"
            return bad_row(number, "torn_line", reason)
        return bad_row(number, problem.code, problem.reason)
    if not isinstance(value, dict):
        kind = "an array" if isinstance(value, list) else "null" if value is None else f"a {type(value).__name__}"
        return bad_row(number, "not_an_object", f"the line holds {kind}; write one JSON object a line")
    return build_row(number, value.items(), columns, is_utf8)
