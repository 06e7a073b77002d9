"""The command that writes all generated files: ``python -m uniqos._generate [--check]``.

===========================  ======================================================================================
Generated                    From
===========================  ======================================================================================
``uniqos/_sync/``            ``uniqos/_async/``, token by token: comments and lines stay, so both trees compare
``uniqos/batch/_sync/``      ``uniqos/batch/_async/``, in the same way
``tests/_sync/``             ``tests/_async/``, in the same way
``uniqos/_async/client.py``  ``ClientOptions``: the methods that take options, between two comments
``uniqos/_params.py``        the request models in ``uniqos/api/``, as TypedDicts
``uniqos/models.py``         the names of all models in ``uniqos/api/``
``uniqos/__init__.py``       the list in ``_generate/exports.py``, the stream events and ``uniqos/errors.py``
===========================  ======================================================================================
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Mapping
from pathlib import Path

from .client import with_options_of
from .exports import exports
from .header import HEADER
from .models import models
from .params import params
from .to_sync import NAMES, to_sync

ROOT = Path(__file__).parent.parent.parent
TREES = ("uniqos", "uniqos/batch", "tests")
OPTIONS = ("uniqos/_wire/options.py", "uniqos/_policy/options.py")
"""The modules that declare the options of a client."""


def plan(root: Path, names: Mapping[str, str] = NAMES) -> dict[str, str]:
    """Make the text of every generated file.

    Args:
        root: Folder of the repository.
        names: New names by the old ones in a synchronous twin, besides ``X`` for ``AsyncX``.

    Returns:
        Text by path from ``root``.

    Raises:
        ValueError: A source cannot be rewritten.
    """
    wanted: dict[str, str] = {}
    for tree in TREES:
        sources = _sources(root / tree / "_async")
        if tree == "uniqos" and all((root / path).exists() for path in OPTIONS):
            client = with_options_of(sources["client.py"], *((root / path).read_text("utf-8") for path in OPTIONS))
            sources["client.py"] = wanted["uniqos/_async/client.py"] = client
        for name, text in sources.items():
            try:
                wanted[f"{tree}/_sync/{name}"] = HEADER.format(f"_async/{name}") + to_sync(text, names)
            except (ValueError, SyntaxError, tokenize.TokenError) as exc:
                raise ValueError(f"{tree}/_async/{name}: {exc}") from exc
    api = _sources(root / "uniqos/api")
    if api:
        wanted["uniqos/_params.py"] = params(api)
        wanted["uniqos/models.py"] = models(api)
    errors = root / "uniqos/errors.py"
    if errors.exists() and "stream_events.py" in api:
        wanted["uniqos/__init__.py"] = exports(api["stream_events.py"], errors.read_text("utf-8"))
    return _ruff(root, wanted)


def _sources(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}


def _ruff(root: Path, files: dict[str, str]) -> dict[str, str]:
    """Sort and format all files with one run of ruff, laid out like the repository so that its settings apply."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        if (root / "pyproject.toml").exists():
            shutil.copy(root / "pyproject.toml", folder)
        # A file that cannot be parsed is reported by the format run; other findings by the linter's own run.
        ours = f"--config=lint.isort.known-first-party={['uniqos', 'tests']}"  # ruff cannot tell it from this folder
        for command in (["check", "--fix", "--exit-zero", "--select=F401,I", ours], ["format"]):
            run = [sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache", "."]
            done = subprocess.run(run, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
            if done.returncode:
                raise ValueError(f"ruff {command[0]}: {done.stderr.strip()}")
        return {name: Path(folder, name).read_text("utf-8") for name in files}


def main(argv: list[str], root: Path = ROOT, names: Mapping[str, str] = NAMES) -> int:
    """Write the generated files, or only compare them.

    Args:
        argv: Nothing, or ``["--check"]``.
        root: Folder of the repository.
        names: New names by the old ones in a synchronous twin, besides ``X`` for ``AsyncX``.

    Returns:
        The exit status: 1 where something is wrong.
    """
    if argv not in ([], ["--check"]):
        print("usage: python -m uniqos._generate [--check]", file=sys.stderr)
        return 2
    try:
        wanted = plan(root, names)
    except (ValueError, SyntaxError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    text = "\n".join(text for tree in TREES for text in _sources(root / tree / "_async").values())
    unused = sorted(names.keys() - set(re.findall(r"\w+", text)))
    found = {path.relative_to(root).as_posix() for tree in TREES for path in (root / tree / "_sync").rglob("*.py")}
    extra = sorted(found - wanted.keys())
    missing = [name for name in wanted if not (root / name).exists()]
    stale = [name for name in wanted if name not in missing and (root / name).read_text("utf-8") != wanted[name]]
    if not argv:
        for name in stale + missing:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(wanted[name], "utf-8", newline="\n")
        for name in extra:
            (root / name).unlink()
    verbs = ("stale", "missing", "extra") if argv else ("rewrote", "wrote", "deleted")
    for verb, items in zip((*verbs, "unused name"), (stale, missing, extra, unused), strict=True):
        for item in items:
            print(f"{verb}: {item}")
    changes = bool(stale or missing or extra)
    if argv and changes:
        print("run python -m uniqos._generate")
    elif not changes:
        print(f"{len(wanted)} generated files are up to date")
    return int(bool(unused or (argv and changes)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
