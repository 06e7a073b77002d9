"""The calls of a batch: a row that lacks a column is rejected with a reason that names the column."""

from __future__ import annotations

import pytest

from uniqos.batch import Problem
from uniqos.batch._calls import Calls


@pytest.fixture
def calls() -> Calls:
    return Calls("respond", "ticket", {"message": "text"}, {"personality_id": "pers_1"}, None)


def test_a_row_without_the_column_of_the_id_is_told_its_name(calls: Calls) -> None:
    reason = "the row has no column 'ticket', from which the id is taken; add it, or correct its name"
    assert calls.find_id(1, {"tickt": "t-1"}) == Problem("ticket", "missing_id", reason)
    reason = "the row has no id; give each row one that no other row has"
    assert calls.find_id(1, {"ticket": None}) == Problem("ticket", "missing_id", reason)


def test_a_row_without_the_column_of_a_field_is_told_its_name(calls: Calls) -> None:
    reason = "the row has no column 'text', from which the field 'message' is taken; add it, or correct its name"
    assert calls.prepare("t-1", {"ticket": "t-1", "txt": "Hello"}, "run") == (Problem("message", "missing", reason),)
    reason = "this field is required and has no value; fill it in, or map message to another column"
    assert calls.prepare("t-1", {"ticket": "t-1", "text": None}, "run") == (Problem("message", "missing", reason),)


def test_a_part_of_the_path_that_has_no_column_is_told_its_name() -> None:
    calls = Calls("personalities.get", "n", {"personality_id": "persona"}, {}, None)
    reason = (
        "the row has no column 'persona', from which the field 'personality_id' is taken; add it, or correct its name"
    )
    assert calls.prepare("1", {"n": 1}, "run") == (Problem("personality_id", "missing", reason),)
