"""The display of a running batch: a live one on a terminal, and a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from typing_extensions import Self

from . import output

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    from ..batch import Report

_LINE_SECONDS = 10.0
_WINDOW_SECONDS = 10.0
"""The time over which the rate is measured."""
_MOST_EMOTIONS = 8
_BAR_WIDTH = 40
_REFRESHES_PER_SECOND = 4


class Progress:
    """The figures of a running batch.

    Args:
        now: Returns the present time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.report: Report | None = None
        self.fraction: float | None = None
        """The part of the input that is settled, from 0 to 1; None if the size of the input is unknown."""
        self.emotions: Counter[str] = Counter()
        self._now: Callable[[], float] = now
        self._began: float = now()
        self._seen: deque[tuple[float, int]] = deque([(self._began, 0)])

    def note(self, report: Report, fraction_read: float | None = None) -> None:
        """Take the state of the batch.

        Args:
            report: The state.
            fraction_read: The part of the input that was read, if the number of rows is unknown.
        """
        self.report = report
        settled = _settled(report)
        if report.is_complete:
            self.fraction = 1.0
        elif report.total:
            self.fraction = settled / report.total
        elif fraction_read is not None and report.rows:
            self.fraction = fraction_read * settled / report.rows
        elif report.rows and self.fraction is not None:  # The input is read to its end.
            self.fraction = settled / report.rows
        now = self._now()
        self._seen.append((now, report.done - report.replayed + report.failed + report.unknown))
        while len(self._seen) > 2 and self._seen[0][0] < now - _WINDOW_SECONDS:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """How many calls ended in each of the last seconds."""
        (since, first), (until, last) = self._seen[0], self._seen[-1]
        return max(0.0, (last - first) / (until - since)) if until > since else 0.0

    @property
    def seconds(self) -> float:
        """How long the batch has run."""
        return max(0.0, self._now() - self._began)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at the present rate; None if that is unknown."""
        if self.report is None or not self.fraction or not self.rate:
            return None
        settled = _settled(self.report)
        return settled * (1 - self.fraction) / self.fraction / self.rate

    def line(self) -> str:
        """Return the state as one line."""
        report = self.report
        if report is None:
            return "batch: nothing is read yet"
        parts = [f"{report.done:,} done"]
        if report.replayed:
            parts[0] += f" ({report.replayed:,} without a new turn)"
        named = {"rejected": report.rejected, "failed": report.failed, "unknown": report.unknown}
        parts += [f"{count:,} {name}" for name, count in named.items() if count]
        parts += [f"{report.retries:,} retries", f"{report.turns:,} turns", f"{self.rate:.1f}/s"]
        left = self.seconds_left
        if self.fraction is not None:
            parts.insert(0, f"{self.fraction:.0%}")
        if left is not None and report.in_flight:
            parts.append(f"{duration(left)} left")
        return f"batch: {', '.join(parts)}"


class Display:
    """Shows the progress on standard error: a live picture on a terminal, else one line every ten seconds.

    Args:
        title: Names the operation, the input and the output.
        progress: The figures.
        now: Returns the present time in seconds.
    """

    def __init__(self, title: str, progress: Progress, now: Callable[[], float] = time.monotonic) -> None:
        self._title: str = title
        self._progress: Progress = progress
        self._now: Callable[[], float] = now
        self._said_at: float = now()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if sys.stderr is not None and sys.stderr.isatty() and output.has_color(sys.stderr):
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                get_renderable=self._picture,
                console=Console(stderr=True, highlight=False, markup=False, emoji=False),
                refresh_per_second=_REFRESHES_PER_SECOND,
            )
            self._live.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(exc_type, exc, traceback)
        elif self._progress.report is not None:
            output.note(self._progress.line())

    def tick(self) -> None:
        """Write the line of now, if ten seconds have passed since the last one and no live picture is shown."""
        if self._live is None and self._now() - self._said_at >= _LINE_SECONDS:
            self._said_at = self._now()
            output.note(self._progress.line())

    def _picture(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        progress, report = self._progress, self._progress.report
        lines: list[Text | Table] = [Text(self._title, style="bold", no_wrap=True, overflow="ellipsis")]
        if report is None:
            return Group(*lines, Text("reading ...", style="dim"))
        lines.append(self._bar())
        counts = [
            ("done", report.done, "green"),
            ("rejected", report.rejected, "yellow"),
            ("failed", report.failed, "red"),
            ("unknown", report.unknown, "magenta"),
            ("retries", report.retries, "cyan"),
            ("turns", report.turns, "blue"),
            ("under way", report.in_flight, "dim"),
        ]
        text = Text()
        for name, count, style in counts:
            text.append(f"{count:,} ", style=style if count else "dim").append(f"{name}   ", style="dim")
        lines.append(text)
        if report.stopped is not None:
            lines.append(Text(f"stopping: {report.reason or report.stopped}", style="yellow"))
            if report.stopped == "interrupted" and report.in_flight:
                lines.append(Text("calls under way end first; Ctrl-C again aborts them", style="yellow"))
        if progress.emotions:
            lines.append(_histogram(progress.emotions))
        return Group(*lines)

    def _bar(self) -> Text:
        from rich.text import Text

        progress = self._progress
        text = Text()
        if progress.fraction is not None:
            full = round(_BAR_WIDTH * min(1.0, progress.fraction))
            text.append("━" * full, style="green").append("━" * (_BAR_WIDTH - full), style="bright_black")
            text.append(f" {progress.fraction:4.0%}   ")
        text.append(f"{progress.rate:,.1f}/s   {duration(progress.seconds)}")
        left = progress.seconds_left
        if left is not None and progress.fraction is not None and progress.fraction < 1:
            text.append(f"   {duration(left)} left")
        return text


def _histogram(emotions: Counter[str]) -> Table:
    """Return the most frequent emotions as bars."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    shown = emotions.copy().most_common(_MOST_EMOTIONS)
    most, total = shown[0][1], sum(emotions.copy().values())
    for name, count in shown:
        bar = "█" * max(1, round(_BAR_WIDTH * count / most))
        table.add_row(Text(name[:24], style="dim"), Text(bar, style="cyan"), Text(f"{count:,} ({count / total:.0%})"))
    return table


def _settled(report: Report) -> int:
    return report.done + report.rejected + report.failed + report.unknown


def duration(seconds: float) -> str:
    """Return a duration as ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
