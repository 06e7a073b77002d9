"""The escaping of foreign text: one line, bounded, and no free text in place of a code or an id."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniqos import errors
from uniqos._base.safe import is_word, safe_code, safe_id, safe_text
from uniqos._wire.failures import refusal, wrong_type


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("não 👋 é \u00a0 日本\u3000語", "não 👋 é \u00a0 日本\u3000語"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x1b[31m\x9b\x7f\x00", r"\x1b[31m\x9b\x7f\x00"),
        ("a\u2028b\u2029c\x85d\x0be", r"a\u2028b\u2029c\x85d\x0be"),
        ("\u202eevil\u2066\u200f\u061c", r"\u202eevil\u2066\u200f\u061c"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\ud800", r"\ud800"),
        ("", ""),
    ],
)
def test_text_is_shown_on_one_line_in_its_own_order(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_text_is_cut_and_its_length_told() -> None:
    assert safe_text("x" * 4000) == "x" * 4000
    assert safe_text("x" * 10**6) == "x" * 4000 + "... (1000000 characters)"
    assert safe_text("abcdef", 3) == "abc... (6 characters)"


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_becomes_one_line_that_can_be_encoded_and_stays_the_same_the_second_time(text: str) -> None:
    shown = safe_text(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert safe_text(shown) == shown


@pytest.mark.parametrize("code", ["not_found", "a", "billing.card_declined", "x2", "a" * 64])
def test_a_code_is_shown(code: str) -> None:
    assert safe_code(code) == code


@pytest.mark.parametrize("code", ["", "Not found", "a b", "a\n", "\x1b[0m", "1a", "a-é", "a" * 65, "x" * 10**6, "A_B"])
def test_what_does_not_look_like_a_code_is_unknown(code: str) -> None:
    assert safe_code(code) == "unknown"


def test_no_code_and_no_id_stay_none() -> None:
    assert safe_code(None) is safe_id(None) is None


@pytest.mark.parametrize(
    ("request_id", "shown"),
    [
        ("req_7f3A", True),
        ("Root=1-67891233-abcdef012345678912345678", True),
        ("a1b2/c3+d4==", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("I lost my job", False),
        ("req_1\r\nuniqos: forged", False),
        ("réq", False),
        ("", False),
    ],
)
def test_an_id_is_shown_where_it_looks_like_one(request_id: str, shown: bool) -> None:
    assert safe_id(request_id) == (request_id if shown else "unknown")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("mood", True),
        ("a.b/c:d-é", True),
        ("", False),
        ("two words", False),
        ("a\n", False),
        ("x" * 65, False),
        (7, False),
    ],
)
def test_a_word_is_one(value: object, is_one: bool) -> None:
    assert is_word(value) == is_one


def test_the_text_of_any_error_is_safe_and_its_attributes_are_what_the_server_sent() -> None:
    forged = "first\nsecond \x1b[2J\u202e" + "x" * 10**6
    error = errors.api_error(
        418, {"error": {"code": forged, "message": forged, "request_id": forged, "details": forged}}
    )
    for shown in (str(error), error.message, error.args[0], repr(error)):
        assert len(shown) < 5000
        assert shown.isprintable()
    assert error.envelope is not None
    assert error.code == error.request_id == error.details == error.envelope["message"] == forged


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://user:PASSWORD@evil.example:8080/x?key=PASSWORD", "evil.example:8080"),
        ("//PASSWORD@evil.example", "evil.example"),
        ("https://a\u202eb.example", r"a\u202eb.example"),
        ("/v1/other?PASSWORD", "the same host"),
        ("https://[PASSWORD", "no valid host"),
    ],
)
def test_a_redirect_names_its_host_without_user_password_and_query(location: str, host: str) -> None:
    error = refusal(307, {"location": location}, b"", 0.0)
    assert error.details == {"location_host": host}
    assert "PASSWORD" not in str(error)
    assert len(str(refusal(307, {"location": "https://" + "x" * 10**6}, b"", 0.0))) < 1000


def test_a_content_type_is_quoted_in_part() -> None:
    error = wrong_type(200, {"content-type": "text/\x1b[1m" + "x" * 10**6}, b"<html>", "application/json")
    assert len(error.message) < 1000
    assert r"text/\x1b[1mxxx" in error.message
    assert "is a proxy in between?" in error.message
