"""The files and the Arrow tables of results."""

from __future__ import annotations

import gc
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from uniqos import (
    ConfigurationError,
    HttpInfo,
    NetworkError,
    RequestValidationError,
    ResponseDecodeError,
    ResponseValidationError,
    UniqOSError,
    models,
)
from uniqos._base.model import Model
from uniqos._base.response import from_wire
from uniqos.batch._arrow import to_arrow
from uniqos.batch._columns import arrow_schema
from uniqos.batch._outcomes import Done, Failed, Rejected
from uniqos.batch._outputs import Output
from uniqos.batch._problems import Problem
from uniqos.batch._records import line_of, to_line

RAW = (
    b'{"response":"Hi\\n\\u00e9",\r\n "inferred_emotional_state":{"primary":"joy","confidence":1,"secondary":["a"],'
    b'"new":[1.50]}, "usage": null,"latency_ms":5,"later":{"a":1}}'
)
HTTP = HttpInfo(200, ((b"X-Request-Id", b"req_1"),), retries=1, elapsed=0.25)
PROBLEM = Problem("message", "missing", "the row has no message")


def done(raw: bytes = RAW, model: type[Model] = models.RespondResult, replayed: bool = False) -> Done[Any]:
    return Done("a", 1, {"message": "m"}, from_wire(model, raw), HTTP, "key-1", replayed)


def failed(error: UniqOSError, state: Any = "failed") -> Failed:
    return Failed("c", 3, {}, error, state, "key-3")


def broken(body: bytes) -> UniqOSError:
    return ResponseValidationError(
        "no", body=body, partial=models.RespondResult.model_construct(), request_id=None, http_status=200, details=[]
    )


REJECTED = Rejected(None, 2, {}, (PROBLEM,))
UNKNOWN = failed(NetworkError("cut"), "unknown")
ALL: list[Any] = [done(), REJECTED, UNKNOWN]


def test_a_line_holds_the_answer_as_the_server_sent_it() -> None:
    line = to_line(line_of(done()))
    assert line.count(b"\n") == 1
    assert RAW.replace(b"\r\n", b"  ") in line
    assert json.loads(line) == {
        "id": "a",
        "row": 1,
        "status": "done",
        "answer": json.loads(RAW),
        "idempotency_key": "key-1",
        "http": {"status": 200, "request_id": "req_1", "retries": 1, "elapsed": 0.25},
    }
    assert to_line(line_of(done(replayed=True))) == line, "a rerun writes the same bytes"


def test_the_line_of_a_reject_holds_the_problems() -> None:
    problem = {"path": "message", "code": "missing", "reason": "the row has no message"}
    assert json.loads(to_line(line_of(REJECTED))) == {"id": None, "row": 2, "status": "rejected", "problems": [problem]}


def test_the_line_of_a_failure_holds_the_error() -> None:
    assert json.loads(to_line(line_of(UNKNOWN))) == {
        "id": "c",
        "row": 3,
        "status": "unknown",
        "error": {"type": "NetworkError", "code": "network_error", "message": "cut"},
        "idempotency_key": "key-3",
        "http": None,
    }


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (broken(b'{"response": 5}'), {"response": 5}),
        (broken(b'{"response":\n"\xff'), '{"response":\n"\ufffd'),
        (broken(b'{"response": NaN}'), '{"response": NaN}'),
        (ResponseDecodeError("no", body=b"<html>", content_type=None, request_id=None, http_status=200), "<html>"),
    ],
)
def test_a_paid_answer_that_cannot_be_used_stands_in_the_line_of_the_failure(error: UniqOSError, answer: Any) -> None:
    line = to_line(line_of(failed(error)))
    assert line.count(b"\n") == 1
    assert json.loads(line)["answer"] == answer


def write(path: Path, results: list[Any] = ALL) -> Path:
    output = Output(path, models.RespondResult)
    for result in results:
        output.write(line_of(result))
    assert not path.exists()
    return output.finish()


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_an_output_appears_under_its_name_when_it_is_whole(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name)
    assert path == tmp_path.resolve() / name
    assert [*tmp_path.iterdir()] == [tmp_path / name]
    if name == "out.jsonl":
        assert path.read_bytes() == b"".join(to_line(line_of(result)) for result in ALL)
    else:
        assert parquet.read_table(path).equals(to_arrow(ALL, models.RespondResult).read_all())


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
@pytest.mark.parametrize("lines", [0, 1])
def test_an_output_that_is_given_up_leaves_the_old_file(name: str, lines: int, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"old")
    output = Output(tmp_path / name, models.RespondResult)
    for _ in range(lines):
        output.write(line_of(done()))
    output.abort()
    del output
    gc.collect()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_the_end_of_a_finished_output_is_not_undone_by_abort(tmp_path: Path) -> None:
    for name in ("out.jsonl", "out.parquet"):
        output = Output(tmp_path / name, models.RespondResult)
        output.finish()
        output.abort()
        assert (tmp_path / name).exists()
    assert parquet.read_table(tmp_path / "out.parquet").num_rows == 0


@pytest.mark.parametrize(
    ("name", "model", "words"),
    [
        ("out.csv", models.RespondResult, "must be named .jsonl or .parquet"),
        ("out", models.RespondResult, "must be named"),
        ("out.parquet", None, "Parquet needs the model"),
        ("nowhere/out.jsonl", models.RespondResult, "folder does not exist"),
        (".", models.RespondResult, "must be named"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_written(
    name: str, model: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Output(tmp_path / name, model)
    assert [*tmp_path.iterdir()] == []


def test_parquet_needs_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match="need pyarrow"):
        Output(tmp_path / "out.parquet", models.RespondResult)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_a_full_disk_is_a_clear_error_and_leaves_no_part_of_the_file(name: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit of the size of a file")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    output = Output(tmp_path / name, models.RespondResult)
    raw = b'{"response":"' + os.urandom(50_000).hex().encode() + b'"}'
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(UniqOSError, match=r"cannot write .*out") as caught:
            for _ in range(3):
                output.write(line_of(done(raw)))
            output.finish()
        output.abort()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.code == "cannot_write_file"
    del output
    gc.collect()
    assert [*tmp_path.iterdir()] == []


def test_the_folder_is_synced_after_the_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, bool]] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), (tmp_path / "out.jsonl").exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write(tmp_path / "out.jsonl")
    assert synced == [(False, False), (True, True)]


@pytest.mark.parametrize("failure", ["open", "fsync"])
def test_a_folder_that_cannot_be_synced_is_no_error(
    failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original: Any = getattr(os, failure)

    def fail(target: Any, *rest: Any) -> Any:
        is_folder = target == tmp_path.resolve() if failure == "open" else stat.S_ISDIR(os.fstat(target).st_mode)
        if is_folder:
            raise OSError(22, "Invalid argument")
        return original(target, *rest)

    monkeypatch.setattr(os, failure, fail)
    assert write(tmp_path / "out.jsonl").exists()


def test_the_schema_names_each_declared_field_and_the_raw_answer() -> None:
    schema = arrow_schema(models.RespondResult)
    types = {field.name: str(field.type) for field in schema}
    assert types == {
        "record_id": "string",
        "record_row": "int64",
        "record_status": "string",
        "response": "string",
        "inferred_emotional_state.primary": "string",
        "inferred_emotional_state.confidence": "double",
        "inferred_emotional_state.secondary": "list<item: string>",
        "inferred_emotional_state.intensity": "string",
        "inferred_emotional_state.valence": "double",
        "inferred_emotional_state.arousal": "double",
        "interaction_id": "string",
        "memory.consulted": "bool",
        "memory.summary_used": "string",
        "memory.significant_moments_referenced": "int64",
        "memory.model_updated": "bool",
        "guardrails.applied": "list<item: string>",
        "usage.turns_consumed": "int64",
        "usage.active_relationship_counted": "bool",
        "usage.llm_provider": "string",
        "usage.llm_model": "string",
        "latency_ms": "int64",
        "answer_extras": "string",
        "answer_raw": "string",
        "record_problems": "string",
        "record_idempotency_key": "string",
        "http_status": "int64",
        "http_request_id": "string",
        "http_retries": "int64",
        "http_elapsed": "double",
    }
    is_json = {field.name for field in schema if (field.metadata or {}).get(b"uniqos") == b"json"}
    assert is_json == {"answer_extras", "answer_raw", "record_problems"}


def all_models() -> list[type[Model]]:
    found = [getattr(models, name) for name in models.__all__]
    return [model for model in found if isinstance(model, type) and issubclass(model, Model)]


def test_each_model_has_a_schema_with_distinct_names() -> None:
    assert len(all_models()) > 50
    for model in all_models():
        names = arrow_schema(model).names
        assert len(names) == len(set(names)), model
        assert {"record_id", "answer_raw", "answer_extras"} <= {*names}


def test_a_row_of_arrow_holds_typed_fields_extras_and_the_raw_answer() -> None:
    row = to_arrow([done()], models.RespondResult).read_all().to_pylist()[0]
    filled = {name: value for name, value in row.items() if value is not None}
    assert filled == {
        "record_id": "a",
        "record_row": 1,
        "record_status": "done",
        "response": "Hi\n\u00e9",
        "inferred_emotional_state.primary": "joy",
        "inferred_emotional_state.confidence": 1.0,
        "inferred_emotional_state.secondary": ["a"],
        "latency_ms": 5,
        "answer_extras": '{"later":{"a":1},"inferred_emotional_state.new":[1.5]}',
        "answer_raw": RAW.decode(),
        "record_idempotency_key": "key-1",
        "http_status": 200,
        "http_request_id": "req_1",
        "http_retries": 1,
        "http_elapsed": 0.25,
    }


def test_rejects_and_failures_are_rows_too() -> None:
    rows = to_arrow([REJECTED, UNKNOWN, failed(broken(b"{"))], models.RespondResult).read_all().to_pylist()
    assert [row["record_status"] for row in rows] == ["rejected", "unknown", "failed"]
    assert json.loads(rows[0]["record_problems"])[0]["code"] == "missing"
    assert json.loads(rows[1]["record_problems"])["code"] == "network_error"
    assert [row["answer_raw"] for row in rows] == [None, None, "{"]


def test_an_answer_that_breaks_the_contract_keeps_the_fields_that_do_not() -> None:
    body = (
        b'{"response": 5, "latency_ms": 99999999999999999999, "interaction_id": "i", "usage": {"turns_consumed": "x"}}'
    )
    row = to_arrow([failed(broken(body))], models.RespondResult).read_all().to_pylist()[0]
    assert (row["interaction_id"], row["response"], row["latency_ms"]) == ("i", None, None)
    assert row["usage.turns_consumed"] is None
    assert row["answer_raw"] == body.decode()


def test_timestamps_are_utc_and_open_shapes_are_json() -> None:
    for model in all_models():
        times = [field for field in arrow_schema(model) if str(field.type) == "timestamp[us, tz=UTC]"]
        if times and model.__name__ == "Interaction":
            break
    schema = arrow_schema(models.Personality)
    assert schema.field("big_five_facets").metadata == {b"uniqos": b"json"}
    raw = b'{"id":"pers_1","big_five_facets":{"a":[1]},"name":null}'
    row = to_arrow([done(raw, models.Personality)], models.Personality).read_all().to_pylist()[0]
    assert (row["id"], row["big_five_facets"], row["name"]) == ("pers_1", '{"a":[1]}', None)


def test_the_schema_is_the_same_for_each_batch_and_whatever_it_holds() -> None:
    expected = arrow_schema(models.RespondResult)
    for results in ([], [REJECTED], [done(b'{"response":"a"}')], ALL * 200):
        reader = to_arrow(results, models.RespondResult)
        assert reader.schema.equals(expected, check_metadata=True)
        assert all(batch.schema.equals(expected, check_metadata=True) for batch in reader)


def test_results_become_arrow_one_batch_at_a_time() -> None:
    seen = 0

    def results() -> Iterator[Any]:
        nonlocal seen
        for number in range(1, 1001):
            seen = number
            yield done()

    reader = to_arrow(results(), models.RespondResult)
    assert seen == 0
    first = reader.read_next_batch()
    assert first.num_rows == seen < 1000
    assert first.num_rows + reader.read_all().num_rows == 1000


def test_an_error_of_the_results_is_raised_as_it_is() -> None:
    def results() -> Iterator[Any]:
        yield done()
        raise NetworkError("cut")

    with pytest.raises(NetworkError, match="cut"):
        to_arrow(results(), models.RespondResult).read_all()


def test_a_batch_says_which_model_its_answers_have() -> None:
    class Results(list[Any]):
        answer_model = models.RespondResult

    assert to_arrow(Results(ALL)).read_all().num_rows == 3
    with pytest.raises(RequestValidationError, match="pass it"):
        to_arrow(ALL)


def test_pandas_polars_and_duckdb_read_the_results() -> None:
    frame = to_arrow(ALL, models.RespondResult).read_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame["response"].tolist()[0] == "Hi\n\u00e9"
    polars = pytest.importorskip("polars")
    assert polars.from_arrow(to_arrow(ALL, models.RespondResult).read_all())["record_status"].to_list()[1] == "rejected"
    duckdb = pytest.importorskip("duckdb")
    results = to_arrow(ALL, models.RespondResult)
    assert duckdb.sql("select count(*) from results").fetchall() == [(3,)]
    assert isinstance(results, pa.RecordBatchReader)
