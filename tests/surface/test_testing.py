"""Tests of the models that ``uniqos.testing`` makes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.wire.test_model import all_models
from uniqos import models
from uniqos.testing import build


@pytest.mark.parametrize("model", all_models(), ids=lambda m: m.__name__)
def test_every_model_can_be_built_from_nothing(model: Any) -> None:
    made = build(model)
    assert type(made) is model
    assert build(model) == made
    assert model.model_validate(made.model_dump(mode="json")) == made


def test_what_is_given_stands_and_what_is_not_required_stays_absent() -> None:
    reply = build(models.RespondResult, response="Hello!", usage={"turns_consumed": 1})
    assert reply == {"response": "Hello!", "usage": {"turns_consumed": 1}}
    assert reply.usage is not None
    assert reply.usage.turns_consumed == 1
    with pytest.raises(ValidationError):
        build(models.RespondResult, response=7)
