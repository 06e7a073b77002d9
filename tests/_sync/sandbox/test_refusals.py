# Generated from _async/sandbox/test_refusals.py by python -m uniqos._generate. Do not edit.
"""What the sandbox refuses for good is asked for once and billed never; what it accepts without a word is typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests._sync.support import client_of, slept
from uniqos import errors, models
from uniqos.sandbox import Sandbox, serve


@pytest.fixture(scope="module")
def local() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        yield running


@pytest.fixture
def sandbox(local: Sandbox) -> Sandbox:
    local.reset()
    return local


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("quota_exhausted", 429, errors.QuotaExhaustedError),
        ("quota_exhausted", 403, errors.QuotaExhaustedError),
        ("authentication_error", 401, errors.AuthenticationError),
        ("token_expired", 401, errors.AuthenticationError),
        ("permission_denied", 403, errors.PermissionError),
        ("turn_timeout", 504, errors.TurnTimeoutError),
    ],
)
def test_a_final_refusal_is_asked_for_once_by_any_call_and_billed_never(
    sandbox: Sandbox, code: str, status: int, kind: type[errors.APIError]
) -> None:
    sandbox.fault(code=code, status=status, retry_after="0")
    turn = {"personality_id": sandbox.personality_id, "message": "hello"}
    with client_of(sandbox, max_retries=5) as client:
        for call in (
            lambda: client.respond(turn),
            lambda: client.respond(turn, stream=True).open(),
            lambda: client.personalities.create(name="X"),
            lambda: client.personalities.list(),
        ):
            with pytest.raises(errors.APIError) as caught:
                call()
            assert type(caught.value) is kind
            assert (caught.value.code, caught.value.http_status) == (code, status)
        assert slept(client) == []
    assert [entry["status"] for entry in sandbox.journal.entries()] == [status] * 4
    assert sandbox.turns_billed == 0


@pytest.mark.parametrize("status", [202, 204])
def test_an_answer_without_a_body_is_typed(sandbox: Sandbox, status: int) -> None:
    with client_of(sandbox) as client:
        made = client.personalities.create(name="X")
        sandbox.fault(method="POST", path="/v1/personalities/*/archive", status=status, truncate=0)
        archived = client.personalities.archive(made.id)
        assert type(archived) is models.ArchivedPersonality
        assert archived == {}
        assert archived.http is not None
        assert (archived.http.status, archived.http.retries) == (status, 0)
        sandbox.clear_faults()
        assert client.personalities.list()
