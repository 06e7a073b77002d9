"""The command ``python -m benchmarks.plot.sentences``: a text in chapters as a CSV file of its sentences."""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

_END = re.compile(r"(?<=[.?!])\s+")


def split(chapters: Path, sentences: Path) -> int:
    """Write the sentences of a text, each with an id such as ``3.12``, and return their number.

    Args:
        chapters: A CSV file with the columns ``chapter`` and ``text``.
        sentences: The CSV file to write, with the columns ``id`` and ``text``.
    """
    count = 0
    with chapters.open(newline="", encoding="utf-8") as source, sentences.open("w", newline="", encoding="utf-8") as to:
        rows = csv.writer(to)
        rows.writerow(["id", "text"])
        for chapter in csv.DictReader(source):
            for number, text in enumerate(_END.split(chapter["text"].strip()), 1):
                rows.writerow([f"{chapter['chapter']}.{number}", text])
                count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.plot.sentences", description="Split the chapters of a text into sentences."
    )
    parser.add_argument("chapters", type=Path, help="CSV file with the columns chapter and text")
    parser.add_argument("sentences", type=Path, help="CSV file to write, with the columns id and text")
    options = parser.parse_args()
    print(split(options.chapters, options.sentences), "sentences")


if __name__ == "__main__":
    main()
