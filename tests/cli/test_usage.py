"""Tests of ``uniqos usage``."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import astuple
from datetime import date, datetime, timedelta, timezone

import pytest

import uniqos
from uniqos.cli.usage import picture, turns_by_day
from uniqos.sandbox import serve

from ..support.commandline import KEY, posix_only
from ..support.inprocess_commandline import run_here
from ..support.rawserver import RawServer, reply
from ..support.terminal import terminal

DAY = date(2026, 7, 15)


@posix_only
def test_turns_quota_and_alerts_are_shown_at_a_terminal_and_as_json_in_a_pipe() -> None:
    with serve(pause=0) as local, local.client() as client:
        client.billing.alerts.create({"threshold": 0.5})
        for _ in range(3):
            client.respond(personality_id=local.personality_id, message="Hello!")
        known = {"UNIQOS_BASE_URL": local.url, "UNIQOS_API_KEY": local.api_key}
        code, out, err = astuple(run_here("usage", "--days", "2", settings=known))
        found = json.loads(out)
        assert (code, err) == (0, "")
        assert [row["turns"] for row in found["turns"]] == [0, 3]
        assert (found["quota"]["turns"]["used"], len(found["alerts"]["data"])) == (3, 1)
        with terminal("usage", "--days", "5", settings=known, columns=40) as shown:
            assert shown.end() == 0
    today = datetime.now(timezone.utc).date()
    lines = shown.picture.splitlines()
    assert lines[0].startswith("3 turns in 5 days")
    bars = [line for line in lines if line.startswith("20")]
    assert len(bars) == 5
    assert re.fullmatch(rf"{today} 3 █{{27}}", bars[-1])
    assert "threshold 50%" in shown.picture
    assert "left of" in shown.picture


@pytest.mark.parametrize("width", [10, 20, 40, 100])
@pytest.mark.parametrize("blocks", [True, False])
def test_the_chart_fits_its_width_and_unknown_shapes_are_shown_as_they_came(width: int, blocks: bool) -> None:
    turns = {DAY + timedelta(days=number): number * 7 for number in range(4)}
    quota = {"turns": {"used": 30, "limit": 50}, "resets_at": "soon", "odd": {"used": "x"}}
    lines = picture(turns, quota, {"data": ["odd", {"threshold": 0.8, "x": None}]}, width=width, blocks=blocks)
    chart = lines[1:5]
    assert all(len(line) <= max(width, 13) for line in chart)
    assert len({len(line) for line in chart}) > 1 or width < 20
    assert "  turns: 20 left of 50" in lines
    assert "  resets_at: soon" in lines
    assert lines[-2:] == ["  odd", "  threshold 80%"]
    assert blocks or all(line.isascii() for line in lines)


def test_items_of_unknown_fields_are_replaced_by_the_documented_aggregates() -> None:
    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        rows: list[dict[str, object]] = [{"when": 1}]
        if b"/v1/interactions/aggregates" in request:
            assert b"group_by=day" in request.split(b"\r\n")[0]
            others = {"avg_latency_ms": 1, "unique_personalities_count": 1, "primary_emotion_distribution": {}}
            rows = [{"period_start": "2026-07-15T00:00:00Z", "total_turns": 4, **others}]
        reply(connection, 200, json.dumps({"data": rows}).encode(), {})

    with RawServer(handler) as server, uniqos.UniqOS(KEY, base_url=server.url) as client:
        turns, source = turns_by_day(client, DAY - timedelta(days=1), DAY)
    assert turns == {DAY - timedelta(days=1): 0, DAY: 4}
    assert source.endswith("aggregates")


def test_a_key_that_may_not_read_quota_and_alerts_still_shows_the_turns() -> None:
    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        allowed = b"/v1/usage/turns" in request
        content = {"data": []} if allowed else {"error": {"code": "permission_denied", "message": "scope missing"}}
        reply(connection, 200 if allowed else 403, json.dumps(content).encode(), {})

    with RawServer(handler) as server:
        code, out, err = astuple(run_here("usage", settings={"UNIQOS_BASE_URL": server.url, "UNIQOS_API_KEY": KEY}))
    assert (code, json.loads(out)["quota"]) == (0, None)
    assert err.count("not shown: scope missing") == 2
