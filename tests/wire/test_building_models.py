"""The building of validators: when, and by which thread. Users cannot see that a build is deferred."""

from __future__ import annotations

import inspect
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import httpx
import pydantic.main
import pytest
from fastapi import Depends, FastAPI
from pydantic import TypeAdapter

from tests.support.asgi import serving
from uniqos import models
from uniqos._base.model import DEFER_BUILD, Model
from uniqos._base.response import build_model, from_wire


class Noted(models.RespondRequest):
    note: str = "none"


def run(code: str) -> str:
    """Return the output of a fresh Python process."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout.strip()


def new_model() -> type[Any]:
    """Return a new model that contains another, with both builds deferred if pydantic allows it."""

    class Part(Model):
        count: int

    class Whole(Model):
        part: Part
        parts: list[Part] | None = None

    assert Whole.__pydantic_complete__ is not DEFER_BUILD
    return Whole


def validate(model: type[Any]) -> Any:
    return model.model_validate({"part": {"count": 1}})


def dump_a_part(model: type[Any]) -> Any:
    part = model.model_fields["part"].annotation.model_construct(count=1)
    assert part.model_dump() == {"count": 1}
    return model(part=part)


def ask_for_the_signature(model: type[Any]) -> Any:
    assert list(inspect.signature(model).parameters) == ["part", "parts"]
    return model(part={"count": 1})


def subclass(model: type[Any]) -> Any:
    class Mine(model):  # type: ignore[misc]
        mine: int = 2

    return Mine(part={"count": 1})


def describe(model: type[Any]) -> Any:
    assert model.model_json_schema()["required"] == ["part"]
    return model(part={"count": 1})


def adapt(model: type[Any]) -> Any:
    return TypeAdapter(list[model]).validate_python([{"part": {"count": 1}}])[0]  # type: ignore[valid-type]


@pytest.mark.parametrize(
    "first_use", [validate, dump_a_part, ask_for_the_signature, subclass, describe, adapt], ids=lambda f: f.__name__
)
def test_threads_that_use_a_model_first_find_it_built_once(
    monkeypatch: pytest.MonkeyPatch, first_use: Callable[[type[Any]], Any]
) -> None:
    complete = pydantic.main._model_construction.complete_model_class
    built: list[type[Any]] = []
    building: list[int] = []

    def slowly(cls: type[Any], *args: Any, **options: Any) -> Any:
        if cls.__name__ not in ("Whole", "Part"):
            return complete(cls, *args, **options)
        building.append(threading.get_ident())
        time.sleep(0.02)
        assert len(set(building)) == 1, "two threads build at once"
        try:
            return complete(cls, *args, **options)
        finally:
            building.pop()
            built.append(cls)

    model = new_model()
    monkeypatch.setattr(pydantic.main._model_construction, "complete_model_class", slowly)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(first_use, [model] * 4))
    assert [(type(one.part).__name__, one.part.count) for one in found] == [("Part", 1)] * 4
    assert len(built) == len(set(built))


def test_what_is_inside_an_answer_is_built_with_it() -> None:
    whole = from_wire(new_model(), '{"part": {"count": 1}, "parts": [{"count": 2}]}')
    assert type(whole.part).__pydantic_complete__


@pytest.mark.parametrize("module", ["uniqos", "uniqos.models", "uniqos.webhooks", "uniqos.api.engine"])
def test_a_model_has_its_signature_before_its_first_use(module: str) -> None:
    code = f"""
import inspect, {module} as module
from uniqos._base.model import DEFER_BUILD, Model
from uniqos._base.fields import models_in
for name in set(dir(module)) - {{"Model"}}:
    value = getattr(module, name)
    for model in models_in(getattr(value, "__value__", value), Model):
        if model.model_fields:
            assert list(inspect.signature(model).parameters) == list(model.model_fields), name
print("all")
"""
    assert run(code) == "all"


def test_every_model_comes_with_a_star_import() -> None:
    assert run("from uniqos.models import *; print(RespondRequest.__name__, len(dir()) > 150)") == "RespondRequest True"


def test_a_process_that_only_unpickles_can_dump() -> None:
    stored = pickle.dumps(from_wire(models.RespondResult, '{"response": "x", "usage": {"turns_consumed": 1}}'))
    code = f"""
import pickle
answer = pickle.loads({stored!r})
assert answer.usage.model_dump(exclude_unset=True) == {{"turns_consumed": 1}}
print(answer.model_dump_json())
"""
    assert run(code) == '{"response":"x","usage":{"turns_consumed":1}}'


def test_the_signature_of_a_model_names_its_fields_and_is_none_of_its_instances() -> None:
    assert list(inspect.signature(Noted).parameters) == [*models.RespondRequest.model_fields, "note"]
    assert [str(one) for one in inspect.signature(models.RecallMemoryRequest).parameters.values()] == [
        "**extra_data: Any"
    ]
    with pytest.raises(AttributeError):
        Noted(personality_id="p", message="m").__signature__


def test_a_model_can_be_a_dependency_of_fastapi() -> None:
    app = FastAPI()

    @app.get("/ours")
    def ours(turn: Annotated[models.RespondRequest, Depends()]) -> str:
        return turn.message

    @app.get("/mine")
    def mine(turn: Annotated[Noted, Depends()]) -> str:
        return turn.note

    turn = {"personality_id": "p", "message": "hi"}
    with serving(app) as url, httpx.Client(base_url=url) as client:
        assert client.get("/ours", params=turn).json() == "hi"
        assert client.get("/mine", params={**turn, "note": "yes"}).json() == "yes"


@pytest.mark.skipif(not DEFER_BUILD, reason="with this pydantic all models are built at once")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_waits_until_no_thread_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = pydantic.main._model_construction.complete_model_class
    begun = threading.Event()

    def slowly(cls: type[Any], *args: Any, **options: Any) -> Any:
        begun.set()
        time.sleep(0.1)
        return complete(cls, *args, **options)

    model = new_model()
    monkeypatch.setattr(pydantic.main._model_construction, "complete_model_class", slowly)
    thread = threading.Thread(target=build_model, args=(model,))
    thread.start()
    begun.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        try:
            os._exit(0 if build_model(model).model_validate({"part": {"count": 1}}).part.count == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()


@pytest.mark.parametrize("before", ["import uniqos", "from uniqos import UniqOS; UniqOS('uniq_test_abcd1234')"])
def test_models_can_be_used_first_while_time_is_frozen(before: str) -> None:
    code = f"""
import datetime, freezegun
{before}
with freezegun.freeze_time("2030-01-01"):
    from uniqos import models
    from uniqos._base.model import Model
    now = datetime.datetime.now(datetime.timezone.utc)
    models.WebhookEvent.model_validate(dict(id="1", type="t", created_at=now))
    for name in dir(models):
        model = getattr(models, name)
        if isinstance(model, type) and issubclass(model, Model):
            model.model_rebuild()
    assert dict(models.InteractionQuery(from_=now)) == {{"from": "2030-01-01T00:00:00.000Z"}}
event = models.WebhookEvent.model_validate_json('{{"id": "1", "type": "t", "created_at": "2026-07-15T12:00:00.000Z"}}')
query = models.InteractionQuery(from_=datetime.datetime.now(datetime.timezone.utc))
print(type(event.created_at), type(query.from_))
"""
    assert run(code) == "<class 'datetime.datetime'> <class 'datetime.datetime'>"
