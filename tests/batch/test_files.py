"""Files to files: each good row is done, each bad one stands in the rejects with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.batch.bad_rows import CSV, CSV_HEADER, JSONL, SECRET
from uniqos import UniqOS
from uniqos.batch import Batch, Report, arrow_schema, to_arrow
from uniqos.models import RespondResult
from uniqos.sandbox import Sandbox


@pytest.fixture(autouse=True)
def clean(sandbox: Sandbox) -> Iterator[None]:
    sandbox.reset()
    yield
    sandbox.reset()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[UniqOS]:
    with UniqOS(api_key=sandbox.api_key, base_url=sandbox.url) as client:
        yield client


def batch_of(client: UniqOS, sandbox: Sandbox, rows: Any, folder: Path, **options: Any) -> Batch[RespondResult]:
    fixed = {"personality_id": sandbox.personality_id, "mode": "stateless"}
    return Batch(client, "respond", rows, id="id", ledger=folder / "run.ledger", fixed=fixed, **options)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def check(report: Report, folder: Path, good: list[str], bad: int) -> list[dict[str, Any]]:
    answers, rejects = lines(folder / "out.jsonl"), lines(folder / "out.rejects.jsonl")
    assert [line["id"] for line in answers] == good
    assert all(line["status"] == "done" and line["answer"]["response"] for line in answers)
    assert len(rejects) == bad
    for line in rejects:
        assert line["status"] == "rejected"
        assert all(problem["code"] and len(problem["reason"]) > 10 for problem in line["problems"])
        assert SECRET not in " ".join(problem["reason"] for problem in line["problems"])
    assert (report.done, report.rejected, report.turns, report.is_complete) == (len(good), bad, len(good), True)
    return rejects


def test_all_kinds_of_bad_lines_of_jsonl_are_rejects(client: UniqOS, sandbox: Sandbox, tmp_path: Path) -> None:
    rows = b"".join(b'{"id":"g%d","message":"hello"}\n%b\n' % (number, bad.content) for number, bad in enumerate(JSONL))
    (tmp_path / "in.jsonl").write_bytes(rows)
    report = batch_of(client, sandbox, tmp_path / "in.jsonl", tmp_path).write(tmp_path / "out.jsonl")
    rejects = check(report, tmp_path, [f"g{number}" for number in range(len(JSONL))], len(JSONL))
    codes = {line["problems"][0]["code"] for line in rejects}
    assert codes >= {
        "half_surrogate",
        "control_character",
        "not_finite",
        "invalid_utf8",
        "invalid_json",
        "not_an_object",
    }
    assert [line["row"] for line in rejects] == [*range(2, 2 * len(JSONL) + 1, 2)]


def test_all_kinds_of_bad_records_of_csv_are_rejects(client: UniqOS, sandbox: Sandbox, tmp_path: Path) -> None:
    rows = b"".join(b'%b\ng%d,"hello",{}\n' % (bad.content, number) for number, bad in enumerate(CSV))
    (tmp_path / "in.csv").write_bytes(CSV_HEADER + b"\n" + rows)
    report = batch_of(client, sandbox, tmp_path / "in.csv", tmp_path).write(tmp_path / "out.jsonl")
    rejects = check(report, tmp_path, [f"g{number}" for number in range(len(CSV))], len(CSV))
    codes = [line["problems"][0]["code"] for line in rejects]
    assert codes.count("malformed_csv") == sum(bad.code == "malformed_csv" for bad in CSV)
    assert codes.count("cell_count") == sum(bad.code == "cell_count" for bad in CSV)


def test_the_shifted_cells_of_a_broken_row_take_no_other_rows_id(
    client: UniqOS, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_bytes(b"id,message\na,hello,b\nb\na,hello\nb,hello\n")
    report = batch_of(client, sandbox, tmp_path / "in.csv", tmp_path).write(tmp_path / "out.jsonl")
    rejects = check(report, tmp_path, ["a", "b"], 2)
    assert [[problem["code"] for problem in line["problems"]] for line in rejects] == [["cell_count"], ["cell_count"]]


def test_parquet_in_and_out(client: UniqOS, sandbox: Sandbox, tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["a", "b", "c", "d", None],
            "message": ["hello", "bad\0", None, "hello", "hello"],
            "context": ['{"a": 1}', None, None, "{broken", None],
            "unused": [b"x", b"y", None, None, None],
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet")
    report = batch_of(client, sandbox, tmp_path / "in.parquet", tmp_path).write(tmp_path / "out.parquet")
    assert (report.done, report.rejected, report.total) == (1, 4, 5)
    answers = parquet.read_table(tmp_path / "out.parquet")
    assert answers.schema.equals(arrow_schema(RespondResult))
    assert answers.schema.field("answer_raw").metadata[b"uniqos"] == b"json"
    assert answers["record_id"].to_pylist() == ["a"]
    assert json.loads(answers["answer_raw"][0].as_py())["response"] == answers["response"][0].as_py()
    rejects = {line["row"]: line["problems"][0] for line in lines(tmp_path / "out.rejects.jsonl")}
    assert {row: (problem["path"], problem["code"]) for row, problem in rejects.items()} == {
        2: ("message", "control_character"),
        3: ("message", "missing"),
        4: ("context", "invalid_json"),
        5: ("id", "missing_id"),
    }


def test_frames_in_and_out(client: UniqOS, sandbox: Sandbox, tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "message": ["hello", float("nan")]})
    with batch_of(client, sandbox, frame, tmp_path) as batch:
        answers = to_arrow(batch).read_pandas().set_index("record_id")
    assert answers["record_status"].to_dict() == {"a": "done", "b": "rejected"}
    assert answers.loc["a", "response"]
    polars = pytest.importorskip("polars")
    with batch_of(client, sandbox, polars.from_pandas(frame), tmp_path) as batch:
        again = polars.from_arrow(to_arrow(batch).read_all())
    assert again.filter(record_id="a")["response"].to_list() == [answers.loc["a", "response"]]
    assert batch.report.turns == 1
