"""The types of batches, which mypy and pyright check."""

from __future__ import annotations

from typing_extensions import assert_type

from uniqos import AsyncUniqOS, UniqOS, models
from uniqos.batch import AsyncBatch, Batch, Report, Result, read_results


def plain(client: UniqOS) -> None:
    turns = Batch(client, "respond", "in.csv", id="id", ledger="l", max_turns=3)
    assert_type(turns, Batch[models.RespondResult])
    assert_type(next(turns), Result[models.RespondResult])
    assert_type(turns.write("out.jsonl"), Report)
    assert_type(turns.answer_model, type[models.RespondResult])
    for result in turns:
        if result.status == "done":
            assert_type(result.answer, models.RespondResult)
    assert_type(
        Batch(client, "engine.respond", [{}], id="id", ledger="l", return_format="text"), Batch[models.RespondResult]
    )
    assert_type(
        Batch(client, "respond", [{}], id="id", ledger="l", return_format="modulator_pack"), Batch[models.ModulatorPack]
    )
    assert_type(Batch(client, "infer_state", [{}], id="id", ledger="l"), Batch[models.InferredState])
    assert_type(Batch(client, "recall_memory", [{}], id="id", ledger="l"), Batch[models.RecalledMemory])
    assert_type(Batch(client, "end_users.create", [{}], id="id", ledger="l"), Batch[models.Model])
    assert_type(next(iter(read_results("l"))), Result[models.Model])


async def asynchronous(client: AsyncUniqOS) -> None:
    turns = AsyncBatch(client, "respond", "in.csv", id="id", ledger="l")
    assert_type(turns, AsyncBatch[models.RespondResult])
    assert_type(await anext(turns), Result[models.RespondResult])
    assert_type(await turns.write("out.jsonl"), Report)
    assert_type(
        AsyncBatch(client, "respond", [{}], id="id", ledger="l", return_format="modulator_pack"),
        AsyncBatch[models.ModulatorPack],
    )
    assert_type(AsyncBatch(client, "infer_state", [{}], id="id", ledger="l"), AsyncBatch[models.InferredState])
    assert_type(AsyncBatch(client, "recall_memory", [{}], id="id", ledger="l"), AsyncBatch[models.RecalledMemory])
    assert_type(AsyncBatch(client, "personalities.get", [{}], id="id", ledger="l"), AsyncBatch[models.Model])
