"""The union of the stream events and the places that follow it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Literal, get_args

import pytest

import uniqos.fastapi
from uniqos._base.model import Model
from uniqos.api import stream_events
from uniqos.api.stream_events import EVENT_MODELS, RespondStreamEvent, StreamEventUnknown

MEMBERS: tuple[type[Model], ...] = get_args(RespondStreamEvent.__value__)
CLASSES = [kind for name, kind in inspect.getmembers(stream_events, inspect.isclass) if name.startswith("StreamEvent")]
HERE = "uniqos/api/stream_events.py"
TYPED = "tests/typing/async_calls.py"


@pytest.mark.parametrize("event", CLASSES, ids=lambda event: event.__name__)
def test_each_event_of_the_module_is_a_member_of_the_union_with_a_type_of_its_own(event: type[Model]) -> None:
    name = event.__name__
    assert event in MEMBERS, f"add {name} to the union RespondStreamEvent in {HERE}"
    field = event.model_fields.get("type")
    literal = field is not None and field.annotation == Literal[field.default]
    assert literal, f'{name} in {HERE} needs the name of its event: type: Literal["..."] = "..."'
    assert field is not None
    known = EVENT_MODELS.get(field.default, StreamEventUnknown)
    assert known is event, f"{name} and {known.__name__} have the same type {field.default!r}"


@pytest.mark.parametrize("event", MEMBERS, ids=lambda event: event.__name__)
def test_the_type_that_a_checker_sees_is_asserted_for_each_event(event: type[Model]) -> None:
    text = (Path(__file__).parent.parent.parent / TYPED).read_text("utf-8")
    line = f"assert_type(event, {event.__name__})"
    asserted = re.search(rf"\b{re.escape(line)}", text)
    assert asserted, f'add {line} to stream() in {TYPED}, under "elif event.type == ..."'


def test_the_parser_fastapi_and_the_package_know_the_same_events() -> None:
    assert [*EVENT_MODELS.values(), StreamEventUnknown] == [*MEMBERS]
    union = get_args(uniqos.fastapi.TURN_EVENTS[200]["model"])[0]  # of Annotated
    assert get_args(union) == MEMBERS[:-1]
    assert {event.__name__ for event in MEMBERS} <= {*uniqos.__all__}, "run python -m uniqos._generate"
