"""The JSON that cells become."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import json
import uuid
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from uniqos._base.plain import to_plain
from uniqos.batch._cells import CellError, to_json


class Mood(enum.Enum):
    GLAD = "joy"


class Level(enum.IntEnum):
    LOW = 1


class Word(str, enum.Enum):
    YES = "yes"


@dataclass
class Point:
    x: Any
    y: Any


class Note(BaseModel):
    text: str
    at: dt.datetime | None = None


NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.timezone.utc)
GOOD: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (5, 5),
    (2**80, 2**80),
    (1.5, 1.5),
    ("", ""),
    ("tab\tline\r\n\u00e9\U0001f600\u2028", "tab\tline\r\n\u00e9\U0001f600\u2028"),
    ("5", "5"),
    (float("nan"), None),
    (np.nan, None),
    (pd.NA, None),
    (pd.NaT, None),
    (np.datetime64("NaT", "s"), None),
    (np.timedelta64("NaT", "ns"), None),
    (decimal.Decimal("NaN"), None),
    (pa.scalar(None), None),
    (pa.scalar(None, pa.string()), None),
    (np.float32("nan"), None),
    (np.int8(-5), -5),
    (np.uint64(2**63), 2**63),
    (np.float32(0.5), 0.5),
    (np.float16(0.5), 0.5),
    (np.bool_(True), True),
    (np.str_("a"), "a"),
    (np.datetime64("2024-05-01T12:00:00", "ns"), "2024-05-01T12:00:00"),
    (np.datetime64("2024-05-01"), "2024-05-01T00:00:00"),
    (np.timedelta64(90, "s"), "PT1M30S"),
    (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (np.array([1.0, np.nan]), [1.0, None]),
    (np.array(["2024-05-01", "NaT"], "datetime64[ns]"), ["2024-05-01T00:00:00", None]),
    (np.array(5), 5),
    (np.array(["a", None, b""[:0].decode()], dtype=object), ["a", None, ""]),
    (pd.Timestamp("2024-05-01T12:00:00Z"), "2024-05-01T12:00:00Z"),
    (pd.Timedelta("90s"), "PT1M30S"),
    (pd.Series([1, None]), [1.0, None]),
    (pa.scalar(5), 5),
    (pa.scalar("a"), "a"),
    (pa.scalar([1, None]), [1, None]),
    (pa.scalar({"a": 1.5}), {"a": 1.5}),
    (pa.scalar(NOON), "2024-05-01T12:00:00Z"),
    (decimal.Decimal("1.10"), "1.10"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (NOON, "2024-05-01T12:00:00Z"),
    (dt.datetime(2024, 5, 1), "2024-05-01T00:00:00"),
    (dt.date(2024, 5, 1), "2024-05-01"),
    (dt.time(12), "12:00:00"),
    (dt.timedelta(seconds=90), "PT1M30S"),
    (Mood.GLAD, "joy"),
    (Level.LOW, 1),
    (Word.YES, "yes"),
    ([NOON, {"a": (Mood.GLAD, float("nan"))}], ["2024-05-01T12:00:00Z", {"a": ["joy", None]}]),
    ({1: "a", Word.YES: "b"}, {"1": "a", "yes": "b"}),
    (MappingProxyType({"a": 1}), {"a": 1}),
    (collections.OrderedDict(a=np.int64(1)), {"a": 1}),
    (collections.deque([1]), [1]),
    ({"a"}, ["a"]),
    (Point(np.int64(1), float("nan")), {"x": 1, "y": None}),
    (Note(text="a", at=NOON), {"text": "a", "at": "2024-05-01T12:00:00Z"}),
    (Note(text="a"), {"text": "a"}),
]


@pytest.mark.parametrize(("value", "expected"), GOOD, ids=[type(value).__name__ for value, _ in GOOD])
def test_a_cell_becomes_plain_json(value: Any, expected: Any) -> None:
    found = to_json(value, "cell")
    assert found == expected
    assert type(found) is type(expected)
    assert to_json({"a": [value]}, "cell") == {"a": [expected]}
    json.dumps(found, allow_nan=False)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab\u00e9\n"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
    max_leaves=10,
)


@given(JSON)
def test_json_stays_as_it_is_and_as_a_call_sends_it(value: Any) -> None:
    assert to_json(value, "cell") == value == to_plain(value, "cell")


@given(st.text(st.characters()))
def test_each_text_that_is_accepted_can_be_sent(text: str) -> None:
    try:
        found = to_json(text, "cell")
    except CellError:
        assert not text.isascii() or any(ord(character) < 32 or ord(character) == 127 for character in text)
    else:
        assert found == text
        text.encode()


def test_the_path_of_a_problem_is_bounded_and_safe_to_show() -> None:
    with pytest.raises(CellError) as caught:
        to_json({"k" * 1000: b""}, "cell\x1b[2J")
    assert caught.value.problem.path.startswith(r"cell\x1b[2J.kkk")
    assert len(caught.value.problem.path) < 250


def test_a_value_that_contains_itself_is_a_problem() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(CellError) as caught:
        to_json(value, "cell")
    assert caught.value.problem.code == "too_deep"
