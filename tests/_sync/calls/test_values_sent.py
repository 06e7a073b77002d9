# Generated from _async/calls/test_values_sent.py by python -m uniqos._generate. Do not edit.
"""What a caller gives arrives at the server as it was meant, or is refused before anything is sent."""

from __future__ import annotations

import json
import socket
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from tests._sync.support import TURN, make_client
from tests.support.rawserver import RawServer, body, reply
from uniqos import RequestValidationError, models

EVENTS = (
    b'event: completion\ndata: {"memory": {"model_updated": false}, "guardrails": {"applied": []}, "latency_ms": 9,'
    b' "usage": {"turns_consumed": 1, "active_relationship_counted": false, "llm_provider": "a", "llm_model": "c"}}\n\n'
)
BUSY = b'{"error": {"code": "service_unavailable", "message": "later"}}'


class Profile(BaseModel):
    plan: str = "pro"
    note: str | None = None


class Turn(BaseModel):
    who: str = Field("pers_1", serialization_alias="personality_id")
    message: str = "Hello!"
    mode: str = "stateful"
    user_id: str | None = "u"
    llm_override: Any = None
    context: dict[str, Any] = {"profile": Profile()}


class OurTurn(models.RespondRequest):
    personality_id: str = "pers_1"
    message: str = "Hello!"
    mode: Any = "stateful"
    user_id: str | None = "u"
    context: Any = Field(default_factory=lambda: {"profile": Profile()})


class Query(BaseModel):
    size: int = Field(1, serialization_alias="limit")
    kind: str | None = None
    page: str = Field("a", serialization_alias="cursor")


SENT = {**TURN, "mode": "stateful", "user_id": "u", "context": {"profile": {"plan": "pro"}}}
KEYWORDS = {**TURN, "mode": "stateful", "user_id": "u", "context": {"profile": Profile()}}


def answers(connection: socket.socket, request: bytes, number: int) -> None:
    if b"/v1/interactions" in request:
        reply(connection, body=json.dumps({"data": [{}], "next_cursor": "b" if number == 1 else None}).encode())
    elif json.loads(body(request)).get("stream"):
        reply(connection, 200, EVENTS, {"Content-Type": "text/event-stream"})
    else:
        reply(connection, *((503, BUSY) if number == 1 else (200, b'{"response": "hi"}')))


@pytest.mark.parametrize("turn", [Turn(), OurTurn(), KEYWORDS], ids=["another model", "a subclass", "a mapping"])
def test_a_turn_is_sent_with_the_defaults_of_the_callers_class_the_same_each_time(turn: Any) -> None:
    with RawServer(answers) as server:
        with make_client(server.url) as client:
            client.respond(turn)
            client.engine.respond(turn)
            client.respond(turn, stream=True).until_done()
    contents = [json.loads(body(request)) for request in server.requests]
    assert contents == [SENT, SENT, SENT, {**SENT, "stream": True}]


def test_models_in_keywords_are_sent_with_their_defaults() -> None:
    with RawServer(answers) as server:
        with make_client(server.url) as client:
            client.respond(**KEYWORDS)
            client.engine.infer_state(message=Profile(), at=[Profile(note=None)])
    turn, inference = (json.loads(body(request)) for request in server.requests[1:])
    assert turn == SENT
    assert inference == {"message": {"plan": "pro"}, "at": [{"plan": "pro", "note": None}]}


def test_the_pages_of_a_callers_query_keep_its_defaults() -> None:
    with RawServer(answers) as server:
        with make_client(server.url) as client:
            assert len([item for item in client.interactions.iterate(Query())]) == 2
    targets = [request.split(b" ")[1].decode() for request in server.requests]
    assert targets == ["/v1/interactions?limit=1&cursor=a", "/v1/interactions?limit=1&cursor=b"]


def test_a_value_that_is_no_json_is_refused_by_name_and_nothing_is_sent() -> None:
    bad = {**TURN, "context": {"mood": float("nan")}}
    with RawServer(answers) as server:
        with make_client(server.url) as client:
            for call in (client.respond, client.engine.respond):
                with pytest.raises(RequestValidationError, match=r"context\.mood: NaN is not JSON"):
                    call(**bad)
            with pytest.raises(RequestValidationError, match=r"context\.mood: NaN is not JSON"):
                client.respond(bad, stream=True)
            with pytest.raises(RequestValidationError, match="personality_id must be a string, got list"):
                client.personalities.get([1])  # type: ignore[arg-type]
            with pytest.raises(RequestValidationError, match="cursor"):
                next(client.interactions.iterate(cursor=[1]))  # type: ignore[arg-type]
    assert server.requests == []


def test_an_id_that_json_writes_as_text_is_one() -> None:
    with RawServer(answers) as server:
        with make_client(server.url) as client:
            client.engine.respond({**TURN, "user_id": UUID(int=1)}, idempotency_key=UUID(int=2))  # type: ignore[call-overload]
    assert {json.loads(body(request))["user_id"] for request in server.requests} == {str(UUID(int=1))}
    assert all(f"Idempotency-Key: {UUID(int=2)}".encode() in request for request in server.requests)
