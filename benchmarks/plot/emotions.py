"""The command ``python -m benchmarks.plot.emotions``: the emotions of a text, from the output of ``uniqos batch``."""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any

_COLOURS = {
    "joy": "#e69f00",
    "gratitude": "#8c6d1f",
    "curiosity": "#009e73",
    "surprise": "#56b4e9",
    "sadness": "#0072b2",
    "fear": "#a64d8c",
    "anger": "#d55e00",
    "neutral": "#b4b8bf",
}
"""Colours that are told apart without seeing all of them."""
_OTHER = "#6e7781"
_INK = "#1f2328"
_SUBTITLE = "Mean valence of the sentences of each chapter, taken apart by their primary emotions"
_WIDTH, _HEIGHT, _DPI = 1200, 600, 100
_SHADES = 96
"""The colours of the file, with those of the edges of letters. Without a palette it is three times as large."""
_LABELS = 45
"""How many chapters are named below the picture, at most."""


@dataclass(frozen=True)
class Sentence:
    """The emotion of one record: of a sentence, or of a whole chapter."""

    chapter: str
    primary: str
    valence: float


def read(answers: Path) -> list[Sentence]:
    """Return the emotions in the answers of ``infer-state`` or ``respond``, in their order. An answer may have none.

    Args:
        answers: The JSONL file that ``uniqos batch`` has written. An id is that of the chapter, up to its first point.
    """
    found = []
    with answers.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            state = line["answer"].get("inferred_emotional_state") or {}
            primary, valence = state.get("primary"), state.get("valence")
            if primary is not None and valence is not None:
                found.append(Sentence(line["id"].partition(".")[0], primary, valence))
    return found


def draw(sentences: list[Sentence], title: str, caption: str, file: Path) -> None:
    """Draw a bar for each chapter, 1,200 pixels wide in all.

    A bar takes the mean valence of a chapter apart. Positive sentences build it upwards and negative ones downwards,
    in the colours of their primary emotions. The line is the mean itself.
    """
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    # White is drawn, not left transparent: the picture then has its contrast on a dark page too.
    figure = pyplot.figure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI, facecolor="white")
    axes = figure.add_axes((0.075, 0.21, 0.905, 0.58))
    chapters = list(dict.fromkeys(sentence.chapter for sentence in sentences))
    _draw_bars(axes, sentences, chapters)
    _name_axes(axes, chapters)
    figure.text(0.02, 0.93, title, fontsize=20, fontweight="bold", color=_INK)
    figure.text(0.02, 0.885, _SUBTITLE, fontsize=13.5, color=_INK)
    figure.text(0.02, 0.09, fill(caption, 120), fontsize=13, color=_INK, verticalalignment="top")
    figure.legend(
        loc="upper left",
        bbox_to_anchor=(0.015, 0.865),
        ncols=9,
        frameon=False,
        fontsize=13.5,
        borderpad=0,
        handlelength=1,
        handletextpad=0.4,
        columnspacing=1.4,
    )
    drawn = BytesIO()
    figure.savefig(drawn, dpi=_DPI, format="png")
    pyplot.close(figure)
    image: Any = import_module("PIL.Image")
    with image.open(drawn) as picture:
        picture.convert("RGB").quantize(_SHADES, dither=image.Dither.NONE).save(file, format="png", optimize=True)


def _draw_bars(axes: Any, sentences: list[Sentence], chapters: list[str]) -> None:
    sizes = Counter(sentence.chapter for sentence in sentences)
    heights: defaultdict[tuple[str, str, bool], float] = defaultdict(float)
    for sentence in sentences:
        share = sentence.valence / sizes[sentence.chapter]
        heights[sentence.chapter, sentence.primary, sentence.valence > 0] += share
    places = range(len(chapters))
    found = {sentence.primary for sentence in sentences}
    ends = {True: [0.0] * len(chapters), False: [0.0] * len(chapters)}
    for primary in [*(name for name in _COLOURS if name in found), *sorted(found - _COLOURS.keys())]:
        colour = _COLOURS.get(primary, _OTHER)
        for is_positive, bottom in ends.items():
            parts = [heights[chapter, primary, is_positive] for chapter in chapters]
            label = primary if is_positive else None
            axes.bar(places, parts, bottom=bottom, width=0.8, color=colour, label=label)
            ends[is_positive] = [end + part for end, part in zip(bottom, parts, strict=True)]
    means = [up + down for up, down in zip(ends[True], ends[False], strict=True)]
    axes.plot(places, means, color="white", linewidth=4.5)
    axes.plot(places, means, color=_INK, linewidth=2, marker="o", markersize=4, label="mean of the chapter")


def _name_axes(axes: Any, chapters: list[str]) -> None:
    step = -(-len(chapters) // _LABELS)
    named = [(index, name) for index, name in enumerate(chapters) if index % step == 0]
    axes.set_xticks(*zip(*named, strict=True), fontsize=13, color=_INK)
    axes.yaxis.set_tick_params(labelsize=13, labelcolor=_INK)
    axes.set_xlim(-0.7, len(chapters) - 0.3)
    axes.set_xlabel("chapter", fontsize=14, color=_INK)
    axes.set_ylabel("valence, from \N{MINUS SIGN}1 to 1", fontsize=14, color=_INK)
    axes.tick_params(length=0)
    axes.grid(axis="y", color="#dfe2e6")
    axes.axhline(0, color=_INK, linewidth=1)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.plot.emotions",
        description="Draw the emotions of a text, by chapter. Needs the extra 'bench'.",
    )
    parser.add_argument("answers", type=Path, help="JSONL file that uniqos batch has written")
    parser.add_argument("file", type=Path, help="PNG file to write")
    parser.add_argument("--title", required=True, help="what the text is")
    parser.add_argument("--caption", required=True, help="what has inferred the emotions: the engine or the sandbox")
    options = parser.parse_args()
    sentences = read(options.answers)
    if not sentences:
        parser.error(f"{options.answers} holds no emotional state")
    draw(sentences, options.title, options.caption, options.file)


if __name__ == "__main__":
    main()
