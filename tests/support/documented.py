"""The code blocks of the documentation: where they stand, and how one is run against a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pytest_examples import CodeExample, find_examples

from uniqos import UniqOS
from uniqos.sandbox import Sandbox

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
PAGES = [README, CONTRIBUTING, ROOT / "benchmarks" / "README.md"]
PERSONALITY = "pers_..."
"""What stands for the id of a personality in the documentation."""
TICKETS = ("ticket,message", "t-1,Where is my parcel?", "t-2,Thank you!")
"""The lines of ``tickets.csv``, which the documentation of batches reads."""
_FENCE = re.compile(r"^ *```\w", re.MULTILINE)


def _is_documented(path: Path) -> bool:
    """Return whether the path of a module is public, and the module has code blocks."""
    names = path.relative_to(ROOT / "uniqos").with_suffix("").parts
    is_public = not any(name.startswith("_") and name != "__init__" for name in names)
    return is_public and _FENCE.search(path.read_text("utf-8")) is not None


MODULES = sorted(filter(_is_documented, (ROOT / "uniqos").rglob("*.py")))
"""The public modules with code blocks: packages, their public submodules, and the package itself."""


class Script(NamedTuple):
    """A block of shell commands."""

    path: Path
    start_line: int
    source: str


def python_blocks() -> list[CodeExample]:
    """Return every block of Python, from the pages and from the docstrings of the public modules."""
    return [example for example in find_examples(*PAGES, *MODULES) if example.prefix == "python"]


def shell_blocks() -> list[Script]:
    """Return every block of shell commands, from the same places."""
    return [
        Script(path, text.count("\n", 0, block.start()) + 1, block[1])
        for path in [*PAGES, *MODULES]
        for text in [path.read_text("utf-8")]
        for block in re.finditer(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    ]


def place(example: CodeExample | Script) -> str:
    """Name a block by its file and line, the same on every machine."""
    return f"{Path(example.path).relative_to(ROOT).as_posix()}:{example.start_line}"


def settings(sandbox: Sandbox, patch: pytest.MonkeyPatch) -> None:
    """Set the environment variables that the documentation names."""
    patch.setenv("UNIQOS_API_KEY", sandbox.api_key)
    patch.setenv("UNIQOS_BASE_URL", sandbox.url)
    patch.setenv("UNIQOS_WEBHOOK_SECRET", "whsec_of_this_test")


@contextmanager
def names_before(source: str) -> Iterator[dict[str, Any]]:
    """Give what earlier blocks of a page have defined: the client, if the block uses it and does not make it."""
    if not re.search(r"\bclient\b", source) or re.search(r"\bclient = |as client\b", source):
        yield {}
        return
    with UniqOS() as client:
        yield {"client": client}


def marked(marker: str, page: str) -> str:
    """Return the one command in the block that follows a marker, such as ``<!-- install -->``."""
    blocks: list[str] = re.findall(rf"<!-- {marker} -->\n```bash\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 1, f"there must be one bash block after <!-- {marker} -->"
    return blocks[0]
