"""The rows of text files, standard input and iterables."""

from __future__ import annotations

import collections
import csv
import gzip
import io
import json
import os
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from uniqos import ConfigurationError, RequestValidationError, models
from uniqos.batch import _csv, _lines
from uniqos.batch._row import InputError, Row, to_row
from uniqos.batch._rows import Rows, json_fields, open_rows


def values(rows: Rows) -> list[Mapping[str, Any]]:
    found = [*rows]
    assert not [row for row in found if row.problems]
    return [row.values for row in found]


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


CSV_FILES: list[tuple[str, bytes, dict[str, Any], list[dict[str, Any]]]] = [
    ("line feeds", b"id,a\n1,x\n2,y\n", {}, [{"id": "1", "a": "x"}, {"id": "2", "a": "y"}]),
    ("carriage returns and line feeds", b"id,a\r\n1,x\r\n", {}, [{"id": "1", "a": "x"}]),
    ("no last line break", b"id,a\n1,x", {}, [{"id": "1", "a": "x"}]),
    ("a byte order mark", b"\xef\xbb\xbfid,a\n1,x\n", {}, [{"id": "1", "a": "x"}]),
    ("a mark before a quoted name", b'\xef\xbb\xbf"id",a\n1,x\n', {}, [{"id": "1", "a": "x"}]),
    ("blank lines", b"id,a\n\n1,x\n\r\n\n", {}, [{"id": "1", "a": "x"}]),
    ("quoted line breaks", b'id,a\r\n1,"x\r\ny\n\nz"\r\n', {}, [{"id": "1", "a": "x\r\ny\n\nz"}]),
    ("quoted delimiters and quotes", b'id,a\n1,"x, ""y"""\n', {}, [{"id": "1", "a": 'x, "y"'}]),
    ("spaces around names", b" id , a\n1, x\n", {}, [{"id": "1", "a": " x"}]),
    ("a column without a name", b",id\n0,1\n", {}, [{"id": "1"}]),
    ("only a header", b"id,a\n", {}, []),
    ("numbers as text", b"id,a\n007,1e5\n", {}, [{"id": "007", "a": "1e5"}]),
    ("an empty cell", b'id,a\n1,\n2,""\n', {}, [{"id": "1", "a": None}, {"id": "2", "a": None}]),
    ("no nulls", b"id,a\n1,\n", {"csv_nulls": ()}, [{"id": "1", "a": ""}]),
    ("nulls by name", b"id,a\nNA,NULL\n", {"csv_nulls": ("NULL", "NA")}, [{"id": None, "a": None}]),
    ("a semicolon", b"id;a\n1;x,y\n", {"delimiter": ";"}, [{"id": "1", "a": "x,y"}]),
    (
        "JSON in a cell",
        b'id,a\n1," {""b"": [1, null]}"\n',
        {"json_columns": ["a"]},
        [{"id": "1", "a": {"b": [1, None]}}],
    ),
    ("a list in a cell", b'id,a\n1,"[1, NaN]"\n', {"json_columns": ["a"]}, [{"id": "1", "a": [1, None]}]),
    (
        "text in a column for JSON",
        b"id,a\n1,strict\n2,5\n",
        {"json_columns": ["a"]},
        [{"id": "1", "a": "strict"}, {"id": "2", "a": "5"}],
    ),
    ("JSON in another column", b"id,a\n1,{b}\n", {"json_columns": ["id"]}, [{"id": "1", "a": "{b}"}]),
    ("some columns", b"id,a,b\n1,x,\x00\n", {"columns": ["a"]}, [{"a": "x"}]),
]


@pytest.mark.parametrize(("name", "content", "options", "expected"), CSV_FILES, ids=[row[0] for row in CSV_FILES])
def test_csv(name: str, content: bytes, options: dict[str, Any], expected: list[Any], tmp_path: Path) -> None:
    if b"\0" in content and sys.version_info < (3, 11):
        pytest.skip("Python 3.10 reads no NUL in CSV")
    assert values(open_rows(write(tmp_path, "rows.csv", content), **options)) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.lists(st.text('ab,"\r\n \u00e9;{[', min_size=1), min_size=2, max_size=2), max_size=8))
def test_each_csv_that_python_writes_is_read_as_it_was(tmp_path: Path, cells: list[list[str]]) -> None:
    with open(tmp_path / "rows.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "a"], *cells])
    assert [[*row.values()] for row in values(open_rows(tmp_path / "rows.csv"))] == cells


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.binary() | st.text('{}[]",:1ab\\u\n\r').map(str.encode))
def test_any_bytes_are_rows_with_or_without_problems(tmp_path: Path, content: bytes) -> None:
    for name in ("rows.csv", "rows.jsonl"):
        path = write(tmp_path, name, b"id,a\n" + content)
        try:
            numbers = [row.number for row in open_rows(path)]
        except InputError:
            continue
        assert numbers == sorted(set(numbers))


JSONL_FILES: list[tuple[str, bytes, list[Row]]] = [
    ("an empty file", b"", []),
    ("blank lines keep the numbers of lines", b'\n{"id":1}\n  \n{"id":2}\n', [Row(2, {"id": 1}), Row(4, {"id": 2})]),
    ("a byte order mark", b'\xef\xbb\xbf{"id":1}', [Row(1, {"id": 1})]),
    ("carriage returns", b'{"id":1}\r\n{"id":2}\r\n', [Row(1, {"id": 1}), Row(2, {"id": 2})]),
    ("a last line without a break", b'{"id":1}\n{"id":2}', [Row(1, {"id": 1}), Row(2, {"id": 2})]),
    ("NaN", b'{"id":NaN}', [Row(1, {"id": None})]),
    ("numbers as text", b'{"id":"1","n":"2"}', [Row(1, {"id": "1", "n": "2"})]),
    ("a large integer", b'{"id":123456789012345678901234567890}', [Row(1, {"id": 123456789012345678901234567890})]),
    ("JSON as text", b'{"id":"{\\"a\\":1}"}', [Row(1, {"id": '{"a":1}'})]),
    ("no columns", b"{}", [Row(1, {})]),
    ("a whole surrogate pair", rb'{"id":"\ud83d\ude00"}', [Row(1, {"id": "\U0001f600"})]),
]


@pytest.mark.parametrize(("name", "content", "expected"), JSONL_FILES, ids=[row[0] for row in JSONL_FILES])
def test_jsonl(name: str, content: bytes, expected: list[Row], tmp_path: Path) -> None:
    assert [*open_rows(write(tmp_path, "rows.jsonl", content), json_columns=["id"])] == expected


@pytest.mark.parametrize("torn", [b'{"id":"2', b'{"id":', b'{"id":"2"', b"{"])
def test_a_torn_last_line_says_so(torn: bytes, tmp_path: Path) -> None:
    first, last = open_rows(write(tmp_path, "rows.jsonl", b'{"id":"1"}\n' + torn))
    assert first == Row(1, {"id": "1"})
    assert [problem.code for problem in last.problems] == ["torn_line"]
    assert "torn" in last.problems[0].reason


def test_cells_of_several_megabytes_are_read_whole(tmp_path: Path) -> None:
    text = "x\n" * 2_000_000
    path = write(tmp_path, "rows.csv", b'id,a\n1,"' + text.encode() + b'"\n2,y\n')
    assert values(open_rows(path)) == [{"id": "1", "a": text}, {"id": "2", "a": "y"}]
    path = write(tmp_path, "rows.jsonl", json.dumps({"id": 1, "a": text}).encode())
    assert values(open_rows(path)) == [{"id": 1, "a": text}]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
@pytest.mark.parametrize("piece", [b"x" * 3000, b"x" * 400 + b"\n"], ids=["a long line", "an open quote"])
def test_a_row_that_is_too_large_is_a_reject_and_costs_no_other(
    name: str, piece: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_lines, "MAX_ROW_BYTES", 1000)
    monkeypatch.setattr(_csv, "MAX_ROW_BYTES", 1000)
    is_csv = name == "rows.csv"
    if not is_csv and piece.endswith(b"\n"):
        pytest.skip("JSONL has no quoted line breaks")
    good = [b"1,a", b"2,b"] if is_csv else [b'{"id":"1"}', b'{"id":"2"}']
    large = b'7,"' + piece * 5 if is_csv else b'{"id":"' + piece * 2
    header = b"id,a\n" if is_csv else b""
    rows = [*open_rows(write(tmp_path, name, header + good[0] + b"\n" + large + b"\n" + good[1] + b"\n"))]
    assert rows[0].values["id"] == "1"
    assert rows[1].problems[0].code == "row_too_large"
    assert rows[-1].values["id"] == "2"


def test_the_rows_after_a_quote_that_stays_open_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.csv", b'id,a\n1,"open\n' + b"".join(b"%d,x\n" % number for number in range(2, 500)))
    bad, *rows = open_rows(path)
    assert bad.problems[0].code == "malformed_csv"
    assert "line 2" in bad.problems[0].reason
    assert [row.values["id"] for row in rows] == [str(number) for number in range(2, 500)]


@pytest.mark.parametrize(
    ("records", "good"),
    [
        (b'1,"open,x\n2,", quoted",y\n', ["2"]),
        (b'1,closed",x\n2,"opened,y\n', []),
        (b'1,"a "\n2,"b" c,y\n', []),
        (b'1,5" by 7",x\n2,y,z\n', ["2"]),
    ],
    ids=["an open one", "closed before opened", "one before a line break", "inches"],
)
def test_rows_that_a_quote_has_joined_or_divided_are_rejects(records: bytes, good: list[str], tmp_path: Path) -> None:
    rows = [*open_rows(write(tmp_path, "rows.csv", b"id,a,b\n0,x,y\n" + records + b'3,"x",y\n'))]
    assert [row.values["id"] for row in rows if not row.problems] == ["0", *good, "3"]
    assert len([row for row in rows if row.problems and not row.problems[0].path]) == 2 - len(good)


UNREADABLE: list[tuple[str, bytes, str]] = [
    ("rows.csv", b"", "empty"),
    ("rows.csv", b"\n", "empty"),
    ("rows.csv", b"id,a,id\n1,2,3\n", "'id' twice"),
    ("rows.csv", b'"id,a\n1,2\n', "header"),
    ("rows.csv", b"id;a\n1;2\n", "delimiter=';'"),
    ("rows.tsv", b"id,a\n1,2\n", "delimiter=','"),
    ("rows.csv", b"caf\xe9,a\n1,2\n", "not UTF-8"),
    ("rows.csv", "id,a\n1,2\n".encode("utf-16"), "UTF-16"),
    ("rows.jsonl", '{"id":1}\n'.encode("utf-16"), "UTF-16"),
    ("rows.jsonl", '{"id":1}\n'.encode("utf-16-le"), "UTF-16"),
    ("rows.jsonl", b'[\n{"id":1}\n]\n', "one JSON array"),
    ("rows.jsonl.gz", gzip.compress(b'{"id":1}\n' * 99)[:-12], "Compressed file ended"),
    ("rows.csv", gzip.compress(b"id,a\n" * 99)[:20] + b"xxxxxxxxxxxxxxxxxxxx", "cannot read"),
]


@pytest.mark.parametrize(("name", "content", "words"), UNREADABLE, ids=[f"{row[0]}-{row[2]}" for row in UNREADABLE])
def test_a_file_that_is_no_table_is_one_clear_error(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words) as caught:
        [*open_rows(write(tmp_path, name, content))]
    assert caught.value.code == "unreadable_input"
    assert str(tmp_path) in str(caught.value)


def test_a_file_that_does_not_exist_is_an_error_before_any_row(tmp_path: Path) -> None:
    for name in ("rows.csv", "rows.jsonl", "rows.parquet", "rows.arrow"):
        with pytest.raises(InputError, match="No such file"):
            open_rows(tmp_path / name)


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ("rows.xlsx", {}, "format of rows.xlsx is unknown"),
    ("rows", {}, "is unknown"),
    ("rows.csv", {"format": "excel"}, "format must be one of"),
    ("-", {"format": "parquet"}, "standard input"),
    ("rows.jsonl", {"delimiter": ";"}, "delimiter"),
    ("rows.csv", {"delimiter": ";;"}, "delimiter"),
    ("rows.csv", {"delimiter": '"'}, "delimiter"),
    ("rows.csv", {"csv_nulls": "NA"}, "csv_nulls must be a list"),
    ({"id": 1}, {}, "not a dict"),
    (b"rows.csv", {}, "not a bytes"),
    (5, {}, "not a int"),
    (models.RespondRequest(personality_id="p", message="m"), {}, "not a RespondRequest"),
    ([{"id": 1}], {"format": "csv"}, "is for a file"),
]


@pytest.mark.parametrize(("source", "options", "words"), REFUSED, ids=[row[2] for row in REFUSED])
def test_a_source_that_is_no_input_is_refused(source: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestValidationError, match=words):
        open_rows(source, **options)


@pytest.mark.parametrize(
    ("format", "content"), [(None, b'{"id":"1"}\n'), ("csv", b"id\n1\n"), ("tsv", b"id\tb\n1\t\n")]
)
def test_standard_input_is_jsonl_unless_a_format_is_named(
    format: Any, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    rows = open_rows("-", format=format)
    assert [row.values["id"] for row in rows] == ["1"]
    assert (rows.name, rows.total, rows.fingerprint(), rows.fraction) == ("standard input", None, None, None)


@dataclass
class Point:
    id: int


class Note(BaseModel):
    id: int


Pair = collections.namedtuple("Pair", ["id", "a"])


def test_an_item_is_a_mapping_a_model_a_dataclass_a_named_tuple_or_a_row_of_a_database() -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute("select 5 as id, null as a").fetchone()
    connection.close()
    items = [{"id": 1}, Note(id=2), Point(3), Pair(4, None), row]
    assert values(open_rows(iter(items))) == [
        {"id": 1},
        {"id": 2},
        {"id": 3},
        {"id": 4, "a": None},
        {"id": 5, "a": None},
    ]
    request = models.RespondRequest(personality_id="p", message="m", mode=None)
    assert values(open_rows([request])) == [{"personality_id": "p", "message": "m", "mode": None}]


@pytest.mark.parametrize("item", [None, 5, "id", ["id"], ("id", 1), Note, object()])
def test_an_item_of_another_type_is_a_problem(item: Any) -> None:
    row = to_row(3, item)
    assert (row.number, row.values, [problem.code for problem in row.problems]) == (3, {}, ["not_a_row"])


def test_a_name_that_is_no_text_is_a_problem() -> None:
    row = to_row(1, {"id": 1, 5: "a"})
    assert row.values == {"id": 1}
    assert [(problem.path, problem.code) for problem in row.problems] == [("", "column_name")]


def test_only_the_named_columns_of_an_item_are_checked() -> None:
    assert to_row(1, {"id": 1, "b": b"x"}, ["id"]) == Row(1, {"id": 1})


def test_the_number_of_rows_is_known_for_a_list_and_not_for_an_iterator() -> None:
    assert open_rows([{}, {}]).total == 2
    assert open_rows(iter([{}])).total is None


def test_the_items_of_an_iterable_are_read_one_at_a_time() -> None:
    def items() -> Any:
        yield {"id": 1}
        raise AssertionError("the second item was read too early")

    assert next(iter(open_rows(items()))).values == {"id": 1}


def test_the_fingerprint_changes_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.csv", b"id\n1\n")
    rows = open_rows(path)
    first = rows.fingerprint()
    assert first == rows.fingerprint() != None  # noqa: E711
    [*rows]
    assert rows.fingerprint() == first
    write(tmp_path, "rows.csv", b"id\n1\n2\n")
    second = rows.fingerprint()
    write(tmp_path, "other.csv", b"id\n1\n3\n")
    os.replace(tmp_path / "other.csv", path)
    os.utime(path, ns=(0, 0))
    assert len({first, second, rows.fingerprint()}) == 3
    path.unlink()
    with pytest.raises(InputError, match="No such file"):
        rows.fingerprint()


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
def test_the_part_of_a_file_that_was_read_is_known(name: str, tmp_path: Path) -> None:
    content = b"id\n" + b"".join(b"%d\n" % number for number in range(100_000))
    rows = open_rows(write(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content))
    assert rows.fraction is None
    parts = [rows.fraction for row in rows if row.number % 20_000 == 0]
    assert parts == sorted(parts, key=float)  # type: ignore[arg-type]
    assert 0 < (parts[0] or 0) < (parts[3] or 0) <= 1


def test_a_file_is_found_after_a_change_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "rows.csv", b"id\n1\n")
    monkeypatch.chdir(tmp_path)
    rows = open_rows("rows.csv")
    monkeypatch.chdir("/")
    assert values(rows) == [{"id": "1"}]


def test_reading_csv_never_lowers_the_limit_of_other_readers(tmp_path: Path) -> None:
    before = csv.field_size_limit(2**30)
    try:
        [*open_rows(write(tmp_path, "rows.csv", b"id\n1\n"))]
        assert csv.field_size_limit() == 2**30
    finally:
        csv.field_size_limit(before)


def test_the_fields_that_take_an_object_may_hold_json() -> None:
    assert json_fields(models.RespondRequest) == {"context", "guardrails_behavior", "llm_override"}

    class Example(BaseModel):
        a: str
        b: list[str] | None = None
        c: dict[str, int]
        d: str | list[str]
        e: Note | None = None
        f: int | None = None
        g: Mapping[str, Any]

    assert json_fields(Example) == {"b", "c", "e", "g"}


def test_an_input_error_is_a_configuration_error() -> None:
    assert issubclass(InputError, ConfigurationError)
