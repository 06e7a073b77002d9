"""Tests that an operation which is added to the table is a command, with no line written for it."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from uniqos._base.model import Model, RequestModel
from uniqos._wire.operation import Operation
from uniqos.api import personalities

from ..support.commandline import KEY, at
from ..support.inprocess_commandline import run_here
from ..support.rawserver import RawServer, body, reply


class Mood(Model, source="docs"):
    """A mood."""

    name: str | None = None


class MoodCreate(RequestModel, source="official SDK"):
    """Body of a mood."""

    tone: Literal["bright", "dark"] | str
    """How the mood sounds."""
    strength: int | None = None
    """From 0 to 9."""
    colors: list[str] | None = None
    """The colours of the mood."""
    is_kept: bool | None = None
    """Whether the mood stays."""
    parts: dict[str, int] | None = None
    """The parts of the mood."""


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/v1/personalities/{personality_id}/moods"
    operation = Operation("POST", path, Mood, body=MoodCreate, resend="keyed")
    monkeypatch.setattr(personalities, "ADD_MOOD", operation, raising=False)


def test_it_is_in_the_help_of_its_group() -> None:
    ended = run_here("personalities", "--help", settings={})
    assert "  add-mood            POST /v1/personalities/{personality_id}/moods." in ended.out


def test_its_help_has_its_fields_and_their_source() -> None:
    ended = run_here("personalities", "add-mood", "--help", settings={})
    words = " ".join(ended.out.split())
    assert ended.out.startswith("Usage: uniqos personalities add-mood [OPTIONS] PERSONALITY_ID\n")
    for part in (
        "--tone TEXT How the mood sounds. Values: bright, dark. Required, here or in --data. (official SDK)",
        "--strength NUMBER From 0 to 9. (official SDK)",
        "--colors TEXT The colours of the mood. (official SDK)",
        "--is-kept / --no-is-kept Whether the mood stays. (official SDK)",
        "--parts JSON The parts of the mood. (official SDK)",
        "--idempotency-key KEY",
    ):
        assert part in words, part


def test_its_options_make_its_request() -> None:
    def answer(connection: object, request: bytes, number: int) -> None:
        reply(connection, 200, b'{"name": "x"}')  # type: ignore[arg-type]

    with RawServer(answer) as server:
        ended = run_here(
            *("personalities", "add-mood", "pers/1", "--tone", "bright", "--strength", "3", "--colors", "red"),
            *("--colors", "blue", "--no-is-kept", "--parts", "{a: 1}", "--set", "new=[1]", "--idempotency-key", "k-1"),
            settings=at(server),
        )
    assert (ended.code, ended.json, ended.err) == (0, {"name": "x"}, "")
    request = server.requests[0]
    assert request.startswith(b"POST /v1/personalities/pers%2F1/moods HTTP/1.1\r\n")
    assert b"Idempotency-Key: k-1\r\n" in request
    sent = {"tone": "bright", "strength": 3, "colors": ["red", "blue"], "is_kept": False, "parts": {"a": 1}, "new": [1]}
    assert json.loads(body(request)) == sent


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("uniqos personalities add-", ["add-mood"]),
        ("uniqos personalities add-mood pers_1 --str", ["--strength"]),
        ("uniqos personalities add-mood pers_1 --tone ", ["bright", "dark"]),
        ("uniqos personalities add-mood pers", ["pers_a", "pers_b"]),
    ],
)
def test_it_is_completed(line: str, offers: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    def answer(connection: object, request: bytes, number: int) -> None:
        reply(connection, 200, b'{"data": [{"id": "pers_a"}, {"id": "pers_b", "name": "B"}, {"id": "x"}]}')  # type: ignore[arg-type]

    with RawServer(answer) as server:
        settings = {
            **at(server),
            "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
            "LOCALAPPDATA": str(tmp_path_factory.mktemp("cache")),
            "_UNIQOS_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split(" ")) - 1),
        }
        ended = run_here(settings=settings)
    assert (ended.out.split(), ended.err) == (offers, "")
    assert KEY not in ended.out
