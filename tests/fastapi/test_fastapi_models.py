"""Tests of every model as body, answer and stream item of a FastAPI application: no field is lost or added."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, Iterator
from typing import Any

import fastapi
import httpx
import pytest
from openapi_spec_validator import validate

from tests.support.asgi import serving
from tests.wire.test_model import all_models, sample
from uniqos import models
from uniqos._base.http import HttpInfo
from uniqos._wire.decode import decode

try:
    from fastapi.sse import EventSourceResponse
except ImportError:  # an older FastAPI
    EventSourceResponse = None

WIRE: dict[str, bytes] = {}
"""Answers of the upstream server by model."""


def make_app() -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    for model in all_models():
        add(app, model)
    return app


def add(app: fastapi.FastAPI, model: Any) -> None:
    name = model.__name__

    async def echo(body: model) -> model:
        return body

    async def respond() -> model:
        return decode(model, WIRE[name], HttpInfo(200), "raise")

    async def stream(body: model) -> AsyncIterable[model]:
        yield body
        yield decode(model, WIRE[name], HttpInfo(200), "raise")

    # The annotations are local names, which text annotations would not find.
    echo.__annotations__ = {"body": model, "return": model}
    stream.__annotations__ = {"body": model, "return": AsyncIterable[model]}
    app.post(f"/echo/{name}")(echo)
    app.get(f"/respond/{name}", response_model=model)(respond)
    if EventSourceResponse is not None:
        app.post(f"/stream/{name}", response_class=EventSourceResponse)(stream)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(make_app()) as url, httpx.Client(base_url=url) as made:
        yield made


def contents(model: Any) -> list[dict[str, Any]]:
    """Return examples of a model: required fields only, all fields, and with unknown, null and exact values."""
    least = {**sample(model)}
    if model.__name__.startswith("StreamEvent"):  # an event names its type
        least["type"] = model.model_fields["type"].default
    full = {**least, **sample(model, full=True)}
    more = {"later": None, "deep": {"at": "2026-07-15T12:00:00.000Z", "n": [1, 2.5, "ü", None]}}
    return [least, full, {**full, **more}]


@pytest.mark.parametrize("model", all_models(), ids=lambda m: m.__name__)
def test_a_model_passes_through_an_application_unchanged(model: Any, client: httpx.Client) -> None:
    for content in contents(model):
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        answer = client.post(f"/echo/{model.__name__}", content=text, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()) == (200, content)
        WIRE[model.__name__] = text
        assert client.get(f"/respond/{model.__name__}").content == text
        if EventSourceResponse is not None:
            with client.stream("POST", f"/stream/{model.__name__}", json=content) as events:
                data = [line[6:] for line in events.iter_lines() if line.startswith("data: ")]
            assert [json.loads(item) for item in data] == [content, content]


def test_what_a_model_refuses_is_a_422_with_its_place(client: httpx.Client) -> None:
    answer = client.post("/echo/EndUserDelete", json={"cascade": "everything", "reason": "x" * 501})
    assert answer.status_code == 422
    assert {tuple(problem["loc"]) for problem in answer.json()["detail"]} == {("body", "cascade"), ("body", "reason")}


def test_the_openapi_document_names_each_model_once(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    if EventSourceResponse is not None:
        # FastAPI describes a stream by the itemSchema of OpenAPI 3.2, but writes the version 3.1.
        document["openapi"] = "3.2.0"
    validate(document)
    names = document["components"]["schemas"].keys()
    assert {model.__name__ for model in all_models()} <= names
    assert not [name for name in names if re.search(r"-(Input|Output)$|__", name)]


def test_a_hand_built_answer_holds_what_was_set_and_the_word_that_says_what_it_is() -> None:
    app = fastapi.FastAPI()

    @app.get("/")
    async def made() -> Any:
        return [models.RespondResult(response="x"), models.StreamEventText(delta="y")]

    with serving(app) as url:
        answer = httpx.get(url)
    assert answer.json() == [{"response": "x"}, {"type": "text", "delta": "y"}]
