"""The command ``uniqos usage``: the turns by day as a chart, the quota that is left, and the alerts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any

import typer

import uniqos

from .. import errors
from .._base.safe import safe_text
from ..models import Model
from . import output
from .charts import bar, bar_rows, can_show_blocks
from .outline import outline
from .shared import BaseUrl, Debug, Profile, Timeout, connected

_WIDEST = 100
_QUOTA_BAR = 20


def usage(
    days: Annotated[int, typer.Option(min=1, max=180, metavar="N", help="How many days to show, up to today.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Show the turns by day, the quota that is left, and the alerts.

    Days are of UTC. The turns are those of GET /v1/usage/turns; where its undocumented fields are not understood, those
    of GET /v1/interactions/aggregates, which counts turns of every status. Quota and alerts are undocumented: what is
    not understood is shown as it came.
    """
    with (
        output.report_errors(debug),
        connected(base_url, timeout, debug, profile=profile) as connection,
    ):
        client = connection.client.with_options(
            on_invalid_response="salvage"
        )  # A chart with a gap is better than none.
        today = datetime.now(timezone.utc).date()
        turns, source = turns_by_day(client, today - timedelta(days=days - 1), today)
        quota = _optional(lambda: client.billing.usage.credits())
        alerts = _optional(lambda: client.billing.alerts.list())
        if as_json or not sys.stdout.isatty():
            rows = [{"day": day.isoformat(), "turns": count} for day, count in turns.items()]
            output.write_json({"source": source, "turns": rows, "quota": quota, "alerts": alerts})
            return
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        lines = picture(turns, quota, alerts, width=width, blocks=can_show_blocks(sys.stdout.encoding))
        output.write("\n".join(lines) + "\n")
        output.note(f"source of the turns: {source}; all fields but those of aggregates are undocumented")


def turns_by_day(client: uniqos.UniqOS, first: date, last: date) -> tuple[dict[date, int], str]:
    """Return the turns of each day, the days without any included, and the operation that told them.

    Args:
        client: The client.
        first: The first day.
        last: The last day, which counts too.

    Raises:
        UniqOSError: The API refused the request.
    """
    empty = {first + timedelta(days=number): 0 for number in range((last - first).days + 1)}
    answer = client.billing.usage.turns({"from": first.isoformat(), "to": last.isoformat()})
    found = _counts([item.to_dict() for item in answer.data], ("day", "date", "period_start"), ("turns", "total_turns"))
    if found is not None:
        return {day: found.get(day, 0) for day in empty}, "GET /v1/usage/turns"
    query = {"from": f"{first}T00:00:00Z", "to": f"{last + timedelta(days=1)}T00:00:00Z", "group_by": "day"}
    buckets = client.interactions.aggregates(query).to_dict().get("data")
    found = _counts(buckets if isinstance(buckets, list) else [], ("period_start",), ("total_turns",)) or {}
    return {day: found.get(day, 0) for day in empty}, "GET /v1/interactions/aggregates"


def _counts(items: list[Any], days: tuple[str, ...], numbers: tuple[str, ...]) -> dict[date, int] | None:
    """Return the sum of each day; None if an item has no field of these names."""
    found: dict[date, int] = {}
    for item in items:
        try:
            day = next(item[name] for name in days if name in item)
            count = next(item[name] for name in numbers if name in item)
            key = date.fromisoformat(day[:10])
            found[key] = found.get(key, 0) + int(count)
        except (StopIteration, TypeError, ValueError):
            return None
    return found


def _optional(call: Callable[[], Model]) -> dict[str, Any] | None:
    """Return an answer as JSON; None, and a note, if the key may not read it."""
    try:
        return call().to_dict()
    except (errors.PermissionError, errors.NotFoundError) as exc:
        output.note(f"not shown: {exc.message}", "yellow")
        return None


def picture(
    turns: Mapping[date, int],
    quota: Mapping[str, Any] | None,
    alerts: Mapping[str, Any] | None,
    *,
    width: int,
    blocks: bool,
) -> list[str]:
    """Return the lines of the chart, the quota and the alerts.

    Args:
        turns: The turns of each day.
        quota: The answer of ``billing.usage.credits``; None if it is not known.
        alerts: The answer of ``billing.alerts.list``; None if it is not known.
        width: The most characters of a line of the chart.
        blocks: Whether to draw with block characters instead of ASCII.
    """
    busiest = max(turns, key=lambda day: turns[day])
    lines = [f"{sum(turns.values())} turns in {len(turns)} days, at most {turns[busiest]} (on {busiest})"]
    short = width < 30  # Narrow terminals have no room for the year.
    rows = [(day.isoformat()[5:] if short else day.isoformat(), float(count)) for day, count in turns.items()]
    lines += bar_rows(rows, width=width, blocks=blocks)
    if quota is not None:
        lines += ["", "quota:", *_quota_lines(quota, width, blocks)]
    listed = alerts.get("data") if alerts is not None else None
    if isinstance(listed, list):
        lines += ["", f"alerts: {len(listed) or 'none'}"]
        lines += [f"  {_alert(alert)}" for alert in listed]
    return lines


def _quota_lines(quota: Mapping[str, Any], width: int, blocks: bool) -> list[str]:
    lines: list[str] = []
    for name, value in quota.items():
        used, limit = (value.get("used"), value.get("limit")) if isinstance(value, dict) else (None, None)
        if not isinstance(used, (int, float)) or not isinstance(limit, (int, float)):
            lines += outline({name: value}, "  ")
            continue
        room = min(_QUOTA_BAR, width - 4)
        drawn = bar(used, limit, width=room, blocks=blocks)
        left = f"{max(0, limit - used):g} left of {limit:g}"
        lines.append(f"  {safe_text(name, 40)}: {left}")
        lines.append(f"  [{drawn:<{room}}]" if room > 0 else "")
    return lines


def _alert(alert: Any) -> str:
    if not isinstance(alert, dict):
        return safe_text(str(alert), 200)
    threshold = alert.get("threshold")
    shown = {**alert, "threshold": f"{threshold:.0%}"} if isinstance(threshold, float) else alert
    return ", ".join(f"{name} {safe_text(str(value), 100)}" for name, value in shown.items() if value is not None)
