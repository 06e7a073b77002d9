"""Rows that cannot be sent: each has a reason, and costs no other row."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.batch.bad_rows import ARROW, CSV, CSV_HEADER, JSONL, PYTHON, SECRET, Bad
from uniqos.batch._row import Row, to_row
from uniqos.batch._rows import open_rows

OPTIONS: dict[str, Any] = {"json_columns": ["context"]}


def named(rows: list[Bad]) -> Any:
    return pytest.mark.parametrize("bad", rows, ids=[row.name.replace(" ", "-") for row in rows])


def check(row: Row, bad: Bad) -> None:
    assert row.problems, "the row has no problem"
    problem = row.problems[0]
    assert problem.code == bad.code
    assert problem.path.startswith(bad.path[:200]) if len(bad.path) > 200 else problem.path == bad.path
    assert problem.reason[0].islower()
    assert len(problem.reason) > 10
    assert SECRET not in repr(row.problems).replace(bad.path or "no path", "")


def test_there_are_more_than_a_hundred_kinds_of_bad_rows() -> None:
    assert len(JSONL) + len(CSV) + len(ARROW) + len(PYTHON) > 100


@named(JSONL)
def test_a_bad_line_of_jsonl_costs_no_other(bad: Bad, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id":"before"}\n' + bad.content + b'\n{"id":"after"}\n')
    before, row, after = open_rows(path)
    assert (before, after) == (Row(1, {"id": "before"}), Row(3, {"id": "after"}))
    assert row.number == 2
    check(row, bad)


@named(CSV)
def test_a_bad_record_of_csv_costs_no_other(bad: Bad, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(CSV_HEADER + b"\nbefore,a,\n" + bad.content + b'\nafter,"b",{}\nlast,c,\n')
    before, row, *after = open_rows(path, **OPTIONS)
    assert before.values["id"] == "before"
    assert [good.values for good in after] == [
        {"id": "after", "message": "b", "context": {}},
        {"id": "last", "message": "c", "context": None},
    ]
    assert [row.number, *(good.number for good in after)] == [2, 3, 4]
    check(row, bad)


@named(ARROW)
@pytest.mark.parametrize("kind", ["table", "parquet"])
def test_a_bad_cell_of_arrow_costs_no_other(bad: Bad, kind: str, tmp_path: Path) -> None:
    cells = pa.concat_arrays([pa.nulls(1, bad.content.type), bad.content, pa.nulls(1, bad.content.type)])
    table: Any = pa.table({"id": ["before", "bad", "after"], "cell": cells})
    if kind == "parquet":
        if pa.types.is_date32(bad.content.type):
            pytest.skip("pyarrow writes no such date into Parquet")
        parquet.write_table(table, tmp_path / "rows.parquet")
        table = tmp_path / "rows.parquet"
    before, row, after = open_rows(table)
    assert (before, after) == (Row(1, {"id": "before", "cell": None}), Row(3, {"id": "after", "cell": None}))
    assert row.values["id"] == "bad"
    check(row, bad)


@named(PYTHON)
def test_a_bad_value_of_python_is_a_problem(bad: Bad) -> None:
    row = to_row(7, {"id": "bad", "cell": bad.content})
    assert (row.number, row.values) == (7, {"id": "bad"})
    check(row, bad)


@named(PYTHON)
def test_a_bad_cell_of_pandas_costs_no_other(bad: Bad) -> None:
    frame = pd.DataFrame({"id": ["before", "bad", "after"], "cell": pd.Series([None, bad.content, 1], dtype=object)})
    before, row, after = open_rows(frame)
    assert (before.values, after.values) == ({"id": "before", "cell": None}, {"id": "after", "cell": 1})
    check(row, bad)


def mixed(rows: list[Bad], good: bytes, times: int) -> Iterator[tuple[bytes, Bad | None]]:
    for _ in range(times):
        for bad in rows:
            yield bad.content, bad
            yield good, None


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_all_kinds_of_bad_lines_in_one_file_are_told_from_the_good_ones(suffix: str, tmp_path: Path) -> None:
    lines = [*mixed(JSONL, b'{"id":"good","message":"\xc3\xa9\\n"}', 10)]
    content = b"".join(line + b"\n" for line, _ in lines)
    path = tmp_path / f"rows.jsonl{suffix}"
    path.write_bytes(gzip.compress(content) if suffix else content)
    rows = [*open_rows(path)]
    assert [row.number for row in rows] == [*range(1, len(lines) + 1)]
    for row, (_, bad) in zip(rows, lines, strict=True):
        if bad is None:
            assert row == Row(row.number, {"id": "good", "message": "\xe9\n"})
        else:
            check(row, bad)


def test_all_kinds_of_bad_records_in_one_file_are_told_from_the_good_ones(tmp_path: Path) -> None:
    records = [*mixed(CSV, b'good,"\xc3\xa9\n""x""",{}', 10)]
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\r\n".join([CSV_HEADER, *(record for record, _ in records)]))
    rows = [*open_rows(path, **OPTIONS)]
    good = {"id": "good", "message": '\xe9\n"x"', "context": {}}
    assert len([row for row in rows if row.values == good and not row.problems]) == 10 * len(CSV)
    codes = [row.problems[0].code for row in rows if row.problems]
    assert sorted(codes) == sorted(bad.code for bad in CSV * 10)
    assert SECRET not in repr([row.problems for row in rows])
