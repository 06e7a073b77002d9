"""The command ``python -m benchmarks.plot``: CPU and latency of a call by the number in flight, as a picture."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from ..support.environments import command_for
from ..support.loopback import server
from ..support.measure import Sizes
from ..support.server import LATE_SECONDS
from .in_flight import CALLS, PATIENCE_SECONDS, Point

NUMBERS = (1, 3, 10, 30, 100, 300, 1000)
FILE = Path(__file__).with_name("in_flight.svg")
_LINES = {"httpx": ("#0072b2", "s"), "official": ("#d55e00", "^"), "ours": ("#009e73", "o")}
"""Colours that are told apart without seeing all of them, and a marker for each."""

Curves = dict[str, list[Point | None]]


def measure(numbers: list[int], rounds: int, *, official: bool, calls: int = CALLS) -> Curves:
    """Measure the curves by name, each point with at least ``calls`` calls."""
    arguments = ["--rounds", str(rounds), "--calls", str(calls), *map(str, numbers)]
    with server(Sizes()) as loopback:
        print("ours", file=sys.stderr)
        found = loopback.measure([sys.executable, "-m", f"{__package__}.in_flight"], *arguments)
        curves = {"httpx": found["httpx"], "ours": found["sdk"]}
        if official:
            print("official", file=sys.stderr)
            curves["official"] = loopback.measure(command_for("official", f"{__package__}.in_flight"), *arguments)[
                "sdk"
            ]
    return curves


def draw(numbers: list[int], curves: Curves, file: Path) -> None:
    """Draw the curves; the same values give the same bytes."""
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("agg")
    matplotlib.rcParams.update({"svg.hashsalt": "uniqos", "svg.fonttype": "none", "font.size": 10})
    pyplot: Any = import_module("matplotlib.pyplot")
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 4.4), facecolor="white", layout="constrained")
    _panel(panels[0], numbers, curves, {0: "-"}, 1e6, "CPU per call (µs)")
    _panel(panels[1], numbers, curves, {1: "-", 2: ":"}, 1e3, "latency (ms)")
    panels[0].set_title("What a call costs")
    panels[1].set_title(f"How long it takes (server: {LATE_SECONDS * 1000:.0f} ms)")
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=110)
    pyplot.close(figure)


def _panel(axes: Any, numbers: list[int], curves: Curves, styles: dict[int, str], scale: float, label: str) -> None:
    for place, name in enumerate(name for name in _LINES if name in curves):
        colour, marker = _LINES[name]
        there = [(number, at) for number, at in zip(numbers, curves[name], strict=True) if at is not None]
        for index, style in styles.items():
            axes.plot(
                [number for number, _ in there],
                [at[index] * scale for _, at in there],
                style,
                color=colour,
                marker=marker,
                markersize=5,
                label=f"{name}, 99th percentile" if style == ":" else name,
            )
        missing = [number for number, at in zip(numbers, curves[name], strict=True) if at is None]
        # A failed point has no height, so its mark is at the top, on a line for each curve.
        top = [0.96 - 0.06 * place] * len(missing)
        axes.plot(missing, top, "x", color=colour, markersize=7, transform=axes.get_xaxis_transform())
    axes.plot([], [], "x", color="0.3", markersize=7, label=f"failed, or not done in {PATIENCE_SECONDS:.0f} s")
    axes.set(xscale="log", yscale="log", xlabel="calls in flight", ylabel=label)
    axes.set_xticks(numbers, [f"{number:,}" for number in numbers])
    ticker: Any = import_module("matplotlib.ticker")
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    axes.minorticks_off()
    axes.grid(color="0.9")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 1.5)  # room for the marks of failed points


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.plot",
        description="Draw CPU and latency of a call by the number in flight. Needs the extra 'bench'.",
    )
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each point; the median counts")
    parser.add_argument("--numbers", type=int, nargs="+", default=NUMBERS, metavar="N", help="calls in flight")
    parser.add_argument("--without", nargs="+", metavar="PEER", choices=["official"], default=[], help="leave it out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the values as JSON")
    parser.add_argument("--file", type=Path, default=FILE, help="file of the picture: .svg or .png")
    options = parser.parse_args()
    import_module("matplotlib")  # fails at once if it is missing, not after minutes of measuring
    curves = measure(options.numbers, options.rounds, official="official" not in options.without)
    if options.json:
        options.json.write_text(json.dumps({"numbers": options.numbers, "curves": curves}, indent=1))
    draw(options.numbers, curves, options.file)
    print(options.file)


if __name__ == "__main__":
    main()
