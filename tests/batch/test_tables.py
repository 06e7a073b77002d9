"""The rows of Parquet and Arrow files, and of frames."""

from __future__ import annotations

import datetime as dt
import decimal
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from uniqos import ConfigurationError, RequestValidationError
from uniqos.batch._row import InputError, Row
from uniqos.batch._rows import Rows, open_rows


def values(rows: Rows) -> list[Mapping[str, Any]]:
    found = [*rows]
    assert not [row for row in found if row.problems]
    assert [row.number for row in found] == [*range(1, len(found) + 1)]
    return [row.values for row in found]


NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.timezone.utc)
CELLS: list[tuple[str, Any, Any]] = [
    ("text", pa.array(["a"]), "a"),
    ("large-text", pa.array(["a"], pa.large_string()), "a"),
    ("dictionary", pa.array(["a"]).dictionary_encode(), "a"),
    ("integer", pa.array([2**63 - 1]), 2**63 - 1),
    ("unsigned", pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
    ("boolean", pa.array([True]), True),
    ("float", pa.array([0.5]), 0.5),
    ("half-float", pa.array([np.float16(0.5)], pa.float16()), 0.5),
    ("nan", pa.array([float("nan")]), None),
    ("null", pa.nulls(1), None),
    ("decimal", pa.array([decimal.Decimal("1.10")]), "1.10"),
    ("date", pa.array([dt.date(2024, 5, 1)]), "2024-05-01"),
    ("seconds", pa.array([NOON], pa.timestamp("s", "UTC")), "2024-05-01T12:00:00Z"),
    ("nanoseconds", pa.array([NOON], pa.timestamp("ns", "UTC")), "2024-05-01T12:00:00Z"),
    ("part-of-a-microsecond", pa.array([1], pa.timestamp("ns")), "1970-01-01T00:00:00"),
    ("another-time-zone", pa.array([NOON], pa.timestamp("us", "Europe/Paris")), "2024-05-01T14:00:00+02:00"),
    ("duration", pa.array([dt.timedelta(seconds=90)]), "PT1M30S"),
    ("time", pa.array([dt.time(12)]), "12:00:00"),
    ("list", pa.array([[1, None]]), [1, None]),
    ("struct", pa.array([{"a": {"b": [1.5, float("nan")]}}]), {"a": {"b": [1.5, None]}}),
    ("map", pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), {"a": 1}),
    ("json", pa.array(['{"a": [1]}']), {"a": [1]}),
]


@pytest.mark.parametrize("kind", ["table", "batch", "reader", "parquet", "file", "stream"])
def test_cells_of_arrow_become_json(kind: str, tmp_path: Path) -> None:
    cells = [(name, column, expected) for name, column, expected in CELLS if (kind, name) != ("parquet", "half-float")]
    table = pa.table({name: column for name, column, _ in cells})
    source: Any = {"table": table, "batch": table.to_batches()[0], "reader": table.to_reader()}.get(kind)
    if kind == "parquet":
        source = tmp_path / "rows.parquet"
        parquet.write_table(table, source)
    elif kind == "file":
        source = tmp_path / "rows.arrow"
        with pa.ipc.new_file(source, table.schema) as writer:
            writer.write_table(table)
    elif kind == "stream":
        source = tmp_path / "rows.arrows"
        with pa.ipc.new_stream(source, table.schema) as writer:
            writer.write_table(table)
    assert values(open_rows(source, json_columns=["json"])) == [{name: expected for name, _, expected in cells}]


def test_the_rows_of_pandas_are_read_without_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "float": [0.5, None],
            "integer": pd.array([1, None], dtype="Int64"),
            "boolean": pd.array([True, None], dtype="boolean"),
            "category": pd.Categorical(["a", None]),
            "at": [pd.Timestamp(NOON), pd.NaT],
            "object": [{"a": np.int64(1)}, pd.NA],
            "mixed": ["a", 5],
            "json": ["[1]", "a"],
        }
    )
    rows = open_rows(frame, json_columns=["json"])
    assert (rows.name, rows.total) == ("DataFrame", 2)
    names = ["integer", "boolean", "category", "at", "object"]
    assert values(rows) == [
        {
            "id": 1,
            "float": 0.5,
            "integer": 1,
            "boolean": True,
            "category": "a",
            "at": "2024-05-01T12:00:00Z",
            "object": {"a": 1},
            "mixed": "a",
            "json": [1],
        },
        {"id": 2, "float": None, **dict.fromkeys(names), "mixed": 5, "json": "a"},
    ]


def test_a_named_index_of_pandas_is_a_column_and_an_unnamed_one_is_none() -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "m": [1, 2]}, index=[5, 7])
    assert values(open_rows(frame)) == [{"id": "a", "m": 1}, {"id": "b", "m": 2}]
    assert values(open_rows(frame.set_index("id"))) == [{"id": "a", "m": 1}, {"id": "b", "m": 2}]
    table = pa.Table.from_pandas(frame)
    assert values(open_rows(table)) == [{"id": "a", "m": 1}, {"id": "b", "m": 2}]


def test_only_the_named_columns_of_a_table_are_read() -> None:
    table = pa.table({"id": [1, 2], "b": [b"x", b"y"]})
    assert values(open_rows(table, columns=["id", "c"])) == [{"id": 1}, {"id": 2}]
    assert values(open_rows(table.to_pandas(), columns=["id"])) == [{"id": 1}, {"id": 2}]
    assert values(open_rows(table, columns=["c"])) == [{}, {}]
    assert values(open_rows(table.to_pandas(), columns=["c"])) == [{}, {}]


def test_the_rows_of_polars_are_read() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {"id": ["a", "b"], "f": [0.5, float("nan")], "at": [NOON, None], "n": [{"a": [1]}, {"a": []}]}
    )
    rows = open_rows(frame)
    assert rows.total == 2
    assert values(rows) == [
        {"id": "a", "f": 0.5, "at": "2024-05-01T12:00:00Z", "n": {"a": [1]}},
        {"id": "b", "f": None, "at": None, "n": {"a": []}},
    ]
    with pytest.raises(RequestValidationError, match=r"collect\(\)"):
        open_rows(frame.lazy())


def test_the_rows_of_duckdb_are_read() -> None:
    duckdb = pytest.importorskip("duckdb")
    query = "select i as id, 'text ' || i as message, uuid() as u, 1.50::decimal(4, 2) as d from range(3000) t(i)"
    rows = open_rows(duckdb.sql(query))
    found = values(rows)
    assert [row["message"] for row in found] == [f"text {number}" for number in range(3000)]
    assert str(uuid.UUID(found[0]["u"])) == found[0]["u"]
    assert found[0]["d"] == "1.50"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "'a' twice"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a' twice"),
        (pd.DataFrame([[1, 2]]), "name of type int"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "name of type tuple"),
    ],
)
def test_the_columns_of_a_table_have_distinct_texts_as_names(table: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        [*open_rows(table)]


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow", "rows.feather"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"ARROW1\0\0junk", b"id,a\n1,2\n"])
def test_a_broken_file_is_one_clear_error_without_its_content(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"cannot read .*{name}") as caught:
        [*open_rows(path)]
    assert "junk" not in str(caught.value)


def test_a_cut_parquet_file_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"id": [str(number) for number in range(9999)]}), path)
    content = bytearray(path.read_bytes())
    content[100:20_000] = bytes(19_900)
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot read"):
        [*open_rows(path)]


def test_the_number_of_rows_of_parquet_is_known_and_all_are_read(tmp_path: Path) -> None:
    table = pa.table({"id": [str(number) for number in range(5000)]})
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=999)
    feather.write_feather(table, tmp_path / "rows.feather")
    rows = open_rows(tmp_path / "rows.parquet")
    assert rows.total == 5000
    expected = [{"id": str(number)} for number in range(5000)]
    assert values(rows) == expected
    assert values(open_rows(tmp_path / "rows.feather")) == expected
    assert values(open_rows(table)) == expected


def test_large_cells_of_a_table_are_converted_a_few_at_a_time() -> None:
    table = pa.table({"id": [str(number) for number in range(40)], "a": ["x" * 1_000_000] * 40})
    rows = iter(open_rows(table))
    assert isinstance(next(rows), Row)
    import tracemalloc

    tracemalloc.start()
    for _ in rows:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow"])
def test_a_missing_pyarrow_is_named_before_any_row(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"id": [1]})
    (tmp_path / name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for source in (tmp_path / name, table):
        with pytest.raises(ConfigurationError, match="Parquet and Arrow need pyarrow") as caught:
            open_rows(source)
        assert caught.value.code == "missing_extra"
