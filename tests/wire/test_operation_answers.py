"""The decoding of unusual answers, and the texts of its errors."""

from __future__ import annotations

import pytest

from uniqos import errors, models
from uniqos._base.http import HttpInfo
from uniqos._wire.decode import decode

HTTP = HttpInfo(200, ((b"X-Request-Id", b"req_1"), (b"Content-Type", b"text/html")))
BARE = HttpInfo(200)


@pytest.mark.parametrize("body", [b'[{"id":"p1"},{"id":"p2"}]', b'{"data":[{"id":"p1"},{"id":"p2"}]}'])
def test_a_list_may_come_without_its_envelope(body: bytes) -> None:
    page = decode(models.PersonalityPage, body, HTTP, "raise")
    assert [one.id for one in page.data] == ["p1", "p2"]
    assert page == {"data": [{"id": "p1"}, {"id": "p2"}]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "EOF while parsing a value at line 1 column 0"),
        (b"<html>", "expected value at line 1 column 1"),
        (b'{"response": "x", "n": NaN}', "expected value at line 1 column 24"),
        (b'{"response": 7, "n": NaN}', "expected value at line 1 column 22"),
        (b"null", "expected a JSON object, got NoneType"),
        (b'"x"', "expected a JSON object, got str"),
        (b"[]", "expected a JSON object, got list"),
    ],
)
@pytest.mark.parametrize(
    ("http", "content_type", "named"),
    [(HTTP, "text/html", "text/html"), (BARE, None, "no content type")],
    ids=["html", "bare"],
)
def test_what_is_no_json_object_says_what_it_is_instead(
    body: bytes, reason: str, http: HttpInfo, content_type: str | None, named: str
) -> None:
    with pytest.raises(errors.ResponseDecodeError) as caught:
        decode(models.RespondResult, body, http, "salvage")
    error = caught.value
    assert str(error) == (
        f"the answer (HTTP 200, {named}, {len(body)} bytes) is not the JSON object it should be: {reason}"
    )
    assert (error.body, error.content_type, error.request_id) == (body, content_type, http.request_id)
    assert (error.code, error.http_status, error.http) == ("undecodable_response", 200, http)


@pytest.mark.parametrize("status", [202, 204, 205])
def test_an_answer_that_need_not_have_a_body_may_have_none(status: int) -> None:
    result = decode(models.ArchivedPersonality, b"", HttpInfo(status), "raise")
    assert result == {}
    assert result.http is not None
    assert result.http.status == status


@pytest.mark.parametrize("status", [200, 201, 203, 206])
def test_any_other_answer_needs_a_body(status: int) -> None:
    with pytest.raises(errors.ResponseDecodeError, match=rf"HTTP {status}, no content type, 0 bytes"):
        decode(models.ArchivedPersonality, b"", HttpInfo(status), "raise")


def test_a_broken_contract_says_where_and_where_the_answer_is() -> None:
    with pytest.raises(errors.ResponseValidationError) as caught:
        decode(models.RespondResult, b'{"response": 7, "usage": {"turns_consumed": []}}', HTTP, "raise")
    assert str(caught.value) == (
        "the answer breaks the contract of RespondResult: response: Input should be a valid string; "
        "usage.turns_consumed: Input should be a valid integer. The answer is not lost: see "
        '`.partial` and `.body`, or pass on_invalid_response="salvage".'
    )
    http = caught.value.http
    assert http is not None
    assert (http.request_id, [one["loc"] for one in http.problems]) == (
        "req_1",
        [["response"], ["usage", "turns_consumed"]],
    )
