"""``client.request``: endpoints that this version does not know, on a real server."""

from __future__ import annotations

import json
import logging
from typing import Any

import pydantic
import pytest

from tests._async.calls.test_calls import answers, failing
from tests._async.calls.test_metadata import Diary
from tests._async.support import make_client, slept
from tests.support.rawserver import RawServer, body, header, rst, silent
from uniqos import DriftReport, errors, models
from uniqos.models import Model

pytestmark = pytest.mark.anyio
MOOD = (200, {"X-Request-Id": "req_1"}, b'{"word": "calm", "at": "2030-01-01T00:00:00Z"}')


class Mood(Model):
    word: str


def line(request: bytes) -> str:
    return request.partition(b" HTTP/1.1")[0].decode()


async def test_an_answer_is_the_callers_model_with_the_json_in_its_subscripts() -> None:
    with RawServer(answers(MOOD)) as server:
        async with make_client(server.url) as client:
            mood = await client.request("GET", "/v1/people/{id}/mood", params={"id": "a/b ü"}, model=Mood)
    assert (type(mood), mood.word, mood["at"]) == (Mood, "calm", "2030-01-01T00:00:00Z")
    assert mood.http is not None
    assert mood.http.request_id == "req_1"
    assert line(server.requests[0]) == "GET /v1/people/a%2Fb%20%C3%BC/mood"


async def test_without_a_model_an_answer_is_open_and_a_list_is_its_data() -> None:
    with RawServer(answers(MOOD, (200, {}, b"[1, 2]"), (204, {}, b""))) as server:
        async with make_client(server.url) as client:
            mood = await client.request("GET", "/v1/mood")
            listed = await client.request("GET", "/v1/moods")
            nothing = await client.request("DELETE", "/v1/mood")
    assert isinstance(mood, models.UndocumentedAnswer)
    assert (mood["word"], listed.data, nothing.to_dict()) == ("calm", [1, 2], {})


async def test_a_broken_answer_is_refused_or_salvaged_as_of_every_call() -> None:
    with RawServer(answers((200, {}, b'{"word": 7}'))) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.ResponseValidationError):
                await client.request("GET", "/v1/mood", model=Mood)
            mood = await client.request("GET", "/v1/mood", model=Mood, on_invalid_response="salvage")
    assert mood["word"] == 7


async def test_an_empty_answer_to_a_request_that_ran_is_an_empty_model() -> None:
    with RawServer(answers((200, {}, b""))) as server:
        async with make_client(server.url) as client:
            done = await client.request("POST", "/v1/mood", body={})
            with pytest.raises(errors.ResponseDecodeError):
                await client.request("POST", "/v1/mood", body={}, model=Mood)
    assert (done.to_dict(), done.http is not None and done.http.status) == ({}, 200)


async def test_a_request_that_timed_out_is_not_sent_again_even_with_a_key() -> None:
    with RawServer(silent) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.request("POST", "/v1/respond", body={}, idempotency_key="k", timeout=0.2)
    assert (caught.value.code, len(server.requests)) == ("timeout", 1)


class Note(pydantic.BaseModel):
    text: str


@pytest.mark.parametrize("query", [None, {"a": "b"}])
async def test_a_path_is_sent_as_it_was_written_and_its_parameters_are_encoded(query: Any) -> None:
    with RawServer(answers(MOOD)) as server:
        async with make_client(server.url) as client:
            await client.request("GET", "/v1/jobs:all/{id}/a@b;c=1/%c3%a9", params={"id": "x:y"}, query=query)
    assert line(server.requests[0]) == "GET /v1/jobs:all/x%3Ay/a@b;c=1/%c3%a9" + ("?a=b" if query else "")


@pytest.mark.parametrize("given", [{"text": "hi"}, Note(text="hi"), models.RequestModel.model_validate({"text": "hi"})])
async def test_body_query_and_headers_are_sent(given: Any) -> None:
    with RawServer(answers(MOOD)) as server:
        async with make_client(server.url) as client:
            query = {"limit": 5, "all": True, "left_out": None}
            await client.request("PUT", "/v1/notes", body=given, query=query, headers={"X-Team": "a"})
    assert line(server.requests[0]) == "PUT /v1/notes?limit=5&all=true"
    assert json.loads(body(server.requests[0])) == {"text": "hi"}
    assert header(server.requests[0], "X-Team") == "a"


@pytest.mark.parametrize(
    ("path", "params", "sent", "label"),
    [
        ("/v1/mood", None, "/v1/mood", "/v1/mood"),
        ("/v1/end-users/alice", None, "/v1/end-users/alice", "/v1/end-users/{id}"),
        ("/v1/end-users/alice/notes/7/", None, "/v1/end-users/alice/notes/7/", "/v1/end-users/{id}/{id2}/{id3}/"),
        ("/v1/a_b/{id}/x", {"id": "alice"}, "/v1/a_b/alice/x", "/v1/a_b/{id}/x"),
        ("/v1/users/a@b.c/{id}", {"id": 7}, None, None),
        ("/v1/users/a@b.c/{id}", {"id": "7"}, "/v1/users/a@b.c/7", "/v1/users/{id2}/{id}"),
        ("/v1/uniq_7/x", None, "/v1/uniq_7/x", "/v1/{id}/{id2}"),
        ("/v1/x/%C3%BC", None, "/v1/x/%C3%BC", "/v1/x/{id}"),
        ("/v1/x/{a}/{a}", {"a": "1"}, "/v1/x/1/1", "/v1/x/{a}/{a}"),
    ],
)
async def test_logs_and_observers_see_the_path_without_ids(
    path: str, params: Any, sent: str | None, label: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "uniqos")
    diary = Diary()
    reports: list[DriftReport] = []
    with RawServer(answers(MOOD)) as server:
        async with make_client(server.url, observer=diary, on_drift=reports.append, log_level="debug") as client:
            if sent is None:
                with pytest.raises(errors.RequestValidationError, match="id must be a string"):
                    await client.request("GET", path, params=params)
                return
            await client.request("GET", path, params=params, model=Mood)
    assert line(server.requests[0]) == f"GET {sent}"
    assert diary.told("operation") == [
        (kind, f"GET {label}") for kind in ("CallStarted", "AttemptStarted", "CallEnded")
    ]
    assert [str(report) for report in reports] == [f"GET {label}: unknown_field Mood.at"]
    assert f"call=GET {label} " in caplog.text
    assert "alice" not in caplog.text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("get", "/v1/x"), "method must be GET, POST, PUT, PATCH, DELETE, got 'get'"),
        (("HEAD", "/v1/x"), "method must be"),
        (("GET\r\nX: y", "/v1/x"), "method must be"),
        ((7, "/v1/x"), "method must be"),
        (("GET", "v1/x"), 'path must begin with "/v1/"'),
        (("GET", "/v2/x"), 'path must begin with "/v1/"'),
        (("GET", "https://elsewhere.example/v1/x"), 'path must begin with "/v1/"'),
        (("GET", "//elsewhere.example/v1/x"), 'path must begin with "/v1/"'),
        (("GET", b"/v1/x"), 'path must begin with "/v1/"'),
        (("GET", None), 'path must begin with "/v1/"'),
        (("GET", "/v1/x?secret=1"), "path must not hold"),
        (("GET", "/v1/x#secret"), "path must not hold"),
        (("GET", "/v1/"), "segment 1"),
        (("GET", "/v1//secret"), "segment 1"),
        (("GET", "/v1/x//secret"), "segment 2"),
        (("GET", "/v1/x/.."), "segment 2"),
        (("GET", "/v1/x/../secret"), "segment 2"),
        (("GET", "/v1/./secret"), "segment 1"),
        (("GET", "/v1/x/%2e%2E/secret"), "segment 2"),
        (("GET", "/v1/x/a%2F..%2Fsecret"), "segment 2"),
        (("GET", "/v1/x/..%5Csecret"), "segment 2"),
        (("GET", "/v1/x/%ffsecret"), "segment 2 after /v1/ is not UTF-8"),
        (("GET", "/v1/x/%00secret"), "segment 2"),
        (("GET", "/v1/x/a\r\nsecret"), "segment 2"),
        (("GET", "/v1/x/a secret"), "segment 2"),
        (("GET", "/v1/x/%zzsecret"), "segment 2"),
        (("GET", "/v1/x/üsecret"), "segment 2"),
        (("GET", "/v1/x/{id"), "segment 2"),
        (("GET", "/v1/x/{a.b}"), "segment 2"),
        (("GET", "/v1/x/{0}"), "segment 2"),
        (("GET", "/v1/x/a{id}secret", {"id": "y"}), "segment 2"),
        (("GET", "/v1/x/{id}"), "path has the parameter {id}; give its value"),
        (("GET", "/v1/x/{id}", {"idd": "y"}), "path has the parameter {id}"),
        (("GET", "/v1/x", {"id": "y"}), "params has 'id', and path has no parameter {id}"),
        (("GET", "/v1/x/{id}", "secret"), "params must be a mapping, got str"),
        (("GET", "/v1/x/{id}", {"id": ".."}), "is not a valid"),
        (("GET", "/v1/x/{id}", {"id": ""}), "is not a valid"),
        (("GET", "/v1/x/{id}", {"id": None}), "id must be a string"),
        (("GET", "/v1/x/{id}", {"id": "a" * 40_000}), "shorten the ids or the query"),
    ],
)
async def test_a_path_that_cannot_be_sent_is_refused_without_being_repeated(arguments: Any, says: str) -> None:
    method, path, *rest = arguments
    with RawServer(silent) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.RequestValidationError) as caught:
                await client.request(method, path, params=rest[0] if rest else None)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not server.requests


@pytest.mark.parametrize(
    ("method", "arguments", "kind", "says"),
    [
        ("GET", {"body": {}}, errors.RequestValidationError, "GET /v1/x: a GET has no body; give query="),
        ("POST", {"body": [1]}, errors.RequestValidationError, "the body must be a model or a mapping, got list"),
        ("POST", {"body": "text"}, errors.RequestValidationError, "the body must be a model or a mapping, got str"),
        ("POST", {"body": {"x": object()}}, errors.RequestValidationError, "x: "),
        ("POST", {"body": {"stream": True}}, errors.RequestValidationError, "use client.respond()"),
        ("GET", {"query": {"x": [1]}}, errors.RequestValidationError, "a query holds text, numbers"),
        ("GET", {"query": "x=1"}, errors.RequestValidationError, "must be a model or a mapping"),
        ("GET", {"model": dict}, errors.RequestValidationError, "derived from uniqos.models.Model, got <class 'dict'>"),
        ("GET", {"model": Note}, errors.RequestValidationError, "derived from uniqos.models.Model"),
        ("GET", {"model": Mood.model_construct()}, errors.RequestValidationError, "derived from uniqos.models.Model"),
        ("GET", {"model": ""}, errors.RequestValidationError, "derived from uniqos.models.Model, got ''"),
        ("GET", {"model": False}, errors.RequestValidationError, "derived from uniqos.models.Model, got False"),
        ("GET", {"model": models.File}, errors.RequestValidationError, "downloads no files"),
        ("GET", {"timeuot": 3}, TypeError, "'timeuot'; did you mean 'timeout'?"),
        ("POST", {"body": {}, "timeuot": 3}, TypeError, "did you mean 'timeout'?"),
        ("GET", {"timeout": -3}, errors.RequestValidationError, "timeout must be"),
        ("GET", {"headers": {"Host": "x"}}, errors.RequestValidationError, "the header Host is the SDK's own"),
    ],
)
async def test_an_argument_that_cannot_be_sent_is_refused_before_anything_is(
    method: Any, arguments: Any, kind: type[Exception], says: str
) -> None:
    with RawServer(silent) as server:
        async with make_client(server.url) as client:
            with pytest.raises(kind) as caught:
                await client.request(method, "/v1/x", **arguments)
    assert says in str(caught.value)
    assert not server.requests


BUSY = failing(503, "service_unavailable")
FAULT = failing(500, "internal_error")


@pytest.mark.parametrize(
    ("method", "first", "key", "attempts"),
    [
        ("GET", FAULT, None, 2),
        ("DELETE", FAULT, None, 2),
        ("POST", FAULT, None, 1),
        ("PUT", FAULT, None, 1),
        ("PATCH", FAULT, None, 1),
        ("POST", BUSY, None, 2),
        ("PATCH", failing(429, "rate_limit_exceeded"), None, 2),
        ("POST", FAULT, "key-1", 2),
        ("PATCH", FAULT, "key-1", 2),
    ],
)
async def test_only_what_has_surely_not_run_or_has_a_key_is_sent_again(
    method: Any, first: Any, key: str | None, attempts: int
) -> None:
    with RawServer(answers(first, MOOD)) as server:
        async with make_client(server.url) as client:
            if attempts == 1:
                with pytest.raises(errors.APIError):
                    await client.request(method, "/v1/notes", idempotency_key=key)
            else:
                await client.request(method, "/v1/notes", idempotency_key=key)
            assert len(slept(client)) >= attempts - 1
    assert [header(request, "Idempotency-Key") for request in server.requests] == [key] * attempts


@pytest.mark.parametrize(("method", "attempts"), [("GET", 2), ("POST", 1)])
async def test_a_connection_that_breaks_repeats_only_a_request_without_effect(method: Any, attempts: int) -> None:
    with RawServer(lambda connection, request, number: rst(connection)) as server:
        async with make_client(server.url, max_retries=1) as client:
            with pytest.raises(errors.NetworkError):
                await client.request(method, "/v1/notes")
    assert len(server.requests) == attempts
