# Generated from _async/calls/test_vectors.py by python -m uniqos._generate. Do not edit.
"""Each vector of ``tests/vectors``: a call, the exact request it must be, an answer, and the model it must become."""

from __future__ import annotations

import base64
import json
import socket
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests._sync.support import make_client
from tests.support.rawserver import Handler, RawServer, body, header, reply
from uniqos import models

FILES = sorted((Path(__file__).parent.parent.parent / "vectors").glob("*.json"))
VECTORS: list[dict[str, Any]] = [vector for file in FILES for vector in json.loads(file.read_text("utf-8"))]


def answers(answer: dict[str, Any]) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        headers = {"X-Request-Id": "req_1"}
        if "events" in answer:
            events = [f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in answer["events"]]
            content = "".join(events).encode()
            headers["Content-Type"] = "text/event-stream"
        elif isinstance(answer["body"], dict) and "$base64" in answer["body"]:
            content = base64.b64decode(answer["body"]["$base64"])
            headers["Content-Type"] = "application/pdf"
        else:
            content = b"" if answer["body"] is None else json.dumps(answer["body"]).encode()
        reply(connection, answer["status"], content, headers)

    return handle


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['operation']} {v.get('says', '')}".strip())
def test_a_call_is_the_request_and_the_answer_is_the_model(vector: dict[str, Any]) -> None:
    answer = vector["answer"]
    with RawServer(answers(answer)) as server:
        with make_client(server.url) as client:
            method: Any = client
            for name in vector["operation"].split("."):
                method = getattr(method, name)
            if "events" in answer:
                events = [event for event in method(*vector["args"], **vector["kwargs"])]
                assert [type(event).__name__ for event in events] == vector["model"].split()
                assert events == [data for _, data in answer["events"]]
            else:
                check(method(*vector["args"], **vector["kwargs"]), vector)
    (request,) = server.requests
    wanted = vector["request"]
    target = wanted["path"] + ("?" + wanted["query"] if wanted["query"] else "")
    verb, path, version = request.split(b"\r\n", 1)[0].decode().split(" ")
    assert (verb, version, sorted(path.partition("?")[2].split("&"))) == (
        wanted["method"],
        "HTTP/1.1",
        sorted(target.partition("?")[2].split("&")),
    )
    assert path.partition("?")[0] == wanted["path"]
    assert (json.loads(body(request)) if body(request) else None) == wanted["body"]
    assert header(request, "Content-Type") == (None if wanted["body"] is None else "application/json")
    accept = "text/event-stream" if "events" in answer else "*/*" if vector["model"] == "File" else "application/json"
    assert header(request, "Accept") == accept
    key = header(request, "Idempotency-Key")
    if wanted["idempotency_key"] in (True, "ours"):
        assert uuid.UUID(key).version == 4
    else:
        assert key == (wanted["idempotency_key"] or None)


def check(result: models.Model, vector: dict[str, Any]) -> None:
    assert type(result) is getattr(models, vector["model"])
    assert result.http is not None
    assert (result.http.status, result.http.request_id) == (vector["answer"]["status"], "req_1")
    content = vector["answer"]["body"]
    if isinstance(result, models.File):
        assert result.content == base64.b64decode(content["$base64"])
        assert result.content_type == "application/pdf"
    else:
        assert result == ({} if content is None else {"data": content} if isinstance(content, list) else content)
