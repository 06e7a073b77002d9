"""Makes what is written once: ``python -m uniqos._generate [--check]``.

``_sync/`` from ``_async/``, for the package and its tests, by a rewrite of tokens, not of meaning: comments and lines
stay where they are, so both trees compare well. And from ``api/``: ``_params.py``, the request models as TypedDicts,
and ``models.py``, which names every model.
"""

from __future__ import annotations

import ast
import io
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent.parent
TREES = ("uniqos", "tests")
HEADER = "# Generated from {} by python -m uniqos._generate. Do not edit.\n"
NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "AsyncByteStream": "SyncByteStream",
    "StopAsyncIteration": "StopIteration",
    "_async": "_sync",
    "aclose": "close",
    "aiter": "iter",
    "aio": "threads",
    "aiter_raw": "iter_raw",
    "anext": "next",
    "aread": "read",
    "handle_async_request": "handle_request",
}
"""What is called otherwise without async; besides these, ``AsyncX`` is ``X``. Each must occur in a source."""

_LEFT_OUT = re.compile(r"# async only$|^pytestmark = pytest\.mark\.anyio$|^ *@pytest\.mark\.anyio$")
_F_STRING = {number for number, name in tokenize.tok_name.items() if name in ("FSTRING_START", "TSTRING_START")}
_F_STRING_END = {number for number, name in tokenize.tok_name.items() if name in ("FSTRING_END", "TSTRING_END")}


class _Token(NamedTuple):
    kind: int
    text: str
    start: int
    end: int


def to_sync(source: str, names: Mapping[str, str] = NAMES) -> str:
    """The synchronous twin of an asynchronous source.

    Args:
        source: Text of a module under ``_async/``.
        names: What is called otherwise, besides ``AsyncX``.

    Returns:
        The text before ruff: imports may be unused or out of order.

    Raises:
        ValueError: An ``# async only: begin`` or ``end`` has no partner, or a type is not whole.
    """
    source = _without_async_only(source)
    tokens = list(_tokens(source))
    edits: list[tuple[int, int, str]] = []
    for index, token in enumerate(tokens):
        if token.kind != tokenize.NAME:
            if token.kind in (tokenize.STRING, tokenize.COMMENT):
                edits.append((token.start, token.end, _in_text(token.text, names)))
            continue
        if token.text in ("async", "await"):
            rest = source[token.end :]
            edits.append((token.start, token.end + len(rest) - len(rest.lstrip(" ")), ""))
        else:
            edits.append((token.start, token.end, _rename(token.text, names)))
        if token.text in ("Coroutine", "AsyncGenerator") and tokens[index + 1].text == "[":
            spans, end = _arguments(tokens, index + 1)
            if token.text == "AsyncGenerator":
                edits.append((spans[-1][1], spans[-1][1], ", None" * (3 - len(spans))))
            elif len(spans) != 3:
                raise ValueError("a Coroutine takes three types")
            else:
                edits[-1] = (token.start, spans[2][0], "")
                edits.append((spans[2][1], end, ""))
    out: list[str] = []
    done = 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        if start >= done:  # else it lies inside what is dropped
            out += source[done:start], text
            done = end
    return "".join(out) + source[done:]


def _without_async_only(source: str) -> str:
    kept: list[str] = []
    inside = False
    for line in source.split("\n"):
        marker = line.strip()
        if marker in ("# async only: begin", "# async only: end"):
            if inside == marker.endswith("begin"):
                raise ValueError(f"{marker!r} without its partner")
            inside = not inside
        elif not inside and not _LEFT_OUT.search(line):
            kept.append(line)
    if inside:
        raise ValueError("'# async only: begin' without its partner")
    return "\n".join(kept)


def _tokens(source: str) -> Iterator[_Token]:
    """What is written, by offset; an f-string is one token, as it was before Python 3.12."""
    lines = [0]
    for line in source.split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    depth = begin = 0
    for kind, text, (row, column), (end_row, end_column), _ in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = lines[row - 1] + column, lines[min(end_row, len(lines)) - 1] + end_column
        if kind in _F_STRING:
            begin = begin if depth else start
            depth += 1
        elif kind in _F_STRING_END:
            depth -= 1
            if not depth:
                yield _Token(tokenize.STRING, source[begin:end], begin, end)
        elif not depth and kind in (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING, tokenize.COMMENT):
            yield _Token(kind, text, start, end)


def _arguments(tokens: list[_Token], opening: int) -> tuple[list[tuple[int, int]], int]:
    """Where each argument in a bracket begins and ends, and where the bracket ends."""
    spans: list[tuple[int, int]] = []
    part: list[_Token] = []
    depth = 0
    for token in tokens[opening:]:
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 or (depth == 1 and token.text in (",", "[")):
            if part:
                spans.append((part[0].start, part[-1].end))
            if depth == 0:
                return spans, token.end
            part = []
        elif token.kind != tokenize.COMMENT:
            part.append(token)
    raise ValueError("a bracket is never closed")


def _rename(word: str, names: Mapping[str, str]) -> str:
    return names.get(word) or re.sub(r"^(_*)Async(?=[A-Z])", r"\1", word)


def _in_text(text: str, names: Mapping[str, str]) -> str:
    text = re.sub(r"\bawait |\basync (?=(?:with|for|def)\b)", "", text)
    # An escape is no part of the word after it: "\nAsyncPool".
    return re.sub(r"\\.|\w+", lambda found: _rename(found[0], names), text, flags=re.DOTALL)


class _Field(NamedTuple):
    name: str
    key: str
    type: str
    doc: str


class _Plain(ast.NodeTransformer):
    """An annotation as a TypedDict needs it: without constraints, aliases written out."""

    def __init__(self, types: Mapping[str, ast.expr]) -> None:
        self.types = types

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        name = ast.unparse(node.value)
        if name == "Annotated" and isinstance(node.slice, ast.Tuple):
            return self.visit(node.slice.elts[0])
        return node if name == "Literal" else self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        # "datetime | str", for an instant, may stand beside another "str".
        members = ast.unparse(self.generic_visit(node)).split(" | ")
        return _expression(" | ".join(dict.fromkeys(members)))

    def visit_Name(self, node: ast.Name) -> Any:
        return self.visit(deepcopy(self.types[node.id])) if node.id in self.types else node


class _Api:
    """The sources of ``api/``: their classes, and what their names mean in an annotation."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.classes: dict[str, ast.ClassDef] = {}
        self.imports: set[str] = set()
        self.types: dict[str, ast.expr] = {"AwareDatetime": _expression("datetime | str")}
        operands: set[str] = set()
        for name, source in sorted(sources.items()):
            for node in ast.walk(ast.parse(source, name)):
                if isinstance(node, ast.ClassDef):
                    self.classes[node.name] = node
                elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    self.types[node.targets[0].id] = node.value
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    self.imports.add(ast.unparse(node))
                elif isinstance(node, ast.keyword) and node.arg in ("body", "query"):
                    operands.add(ast.unparse(node.value))
        bases = {base for name in self.classes for base in self._bases(name)}
        requests = [name for name in self.classes if {"RequestModel", "OpenRequest"} & {*self._ancestors(name)}]
        # A class that is only a base, as for shared filters, is not part of any signature.
        self.requests = [name for name in requests if name in operands or name not in bases]
        for name in self.classes:
            known = name in self.requests
            self.types[name] = _expression(f"{name}Like" if known else f"models.{name} | Mapping[str, Any]")

    def _bases(self, name: str) -> list[str]:
        return [ast.unparse(base) for base in self.classes[name].bases]

    def _ancestors(self, name: str) -> list[str]:
        """The class and its bases, the furthest first."""
        further = self._bases(name) if name in self.classes else []
        return [*(found for base in further for found in self._ancestors(base)), name]

    def fields(self, name: str) -> tuple[list[_Field], set[str]]:
        """The fields of a model, those of its bases first, and which of them are selectors."""
        found: dict[str, _Field] = {}
        selectors: set[str] = set()
        for node in (self.classes[ancestor] for ancestor in self._ancestors(name) if ancestor in self.classes):
            for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
                if not isinstance(statement, ast.AnnAssign):
                    continue
                field = ast.unparse(statement.target)
                if field == "selectors" and statement.value:
                    selectors = set(ast.literal_eval(statement.value))
                elif not ast.unparse(statement.annotation).startswith("ClassVar"):
                    found[field] = self._field(field, statement, following)
        return list(found.values()), selectors

    def _field(self, name: str, node: ast.AnnAssign, following: ast.stmt | None) -> _Field:
        settings = [call for call in ast.walk(node) if isinstance(call, ast.Call) and ast.unparse(call.func) == "Field"]
        keywords = {item.arg: item.value for call in settings for item in call.keywords}
        default = any(call.args and ast.unparse(call.args[0]) != "..." for call in settings)
        default = default or bool({"default", "default_factory"} & keywords.keys())
        default = default or (node.value is not None and node.value not in settings)
        text = ast.unparse(_Plain(self.types).visit(deepcopy(node.annotation)))
        doc = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            doc = f'\n    """{following.value.value!s}"""'
        key = ast.literal_eval(keywords["serialization_alias"]) if "serialization_alias" in keywords else name
        return _Field(name, key, text if default else f"Required[{text}]", doc)


_PARAMS_DOC = '''"""The request models for type checkers: as mappings, and as keywords.

``XLike`` is whatever a method takes for the model ``X``. Of our own models only what was set is sent. A model of yours,
a subclass of ours too, is sent as its own serializer gives it, defaults included, but for a None that nobody set.
"""
'''
_PARAMS_IMPORTS = """
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from pydantic import BaseModel
from typing_extensions import Required, TypedDict
from . import models
from ._wire.operation import Options as Options
"""


def params(sources: Mapping[str, str]) -> str:
    """The request models as TypedDicts.

    Args:
        sources: File name to text of the modules of ``api/``.

    Returns:
        The text of ``_params.py`` before ruff.
    """
    api = _Api(sources)
    out = [HEADER.format("api/"), _PARAMS_DOC]
    # Ruff drops the imports that are not needed.
    out += ["from __future__ import annotations", *sorted(api.imports), _PARAMS_IMPORTS]
    for name in api.requests:
        fields, selectors = api.fields(name)
        rows = {field.name: f"    {field.name}: {field.type}{field.doc}" for field in fields}
        same = not selectors
        if any(field.key != field.name for field in fields):  # a key such as "from" cannot be written in a class
            same = False
            keys = ", ".join(f"{field.key!r}: {field.type}" for field in fields)
            out.append(f"{name}Dict = TypedDict({name + 'Dict'!r}, {{{keys}}}, total=False)")
        elif fields:
            out += [f"class {name}Dict(TypedDict, total=False):", f'    """``{name}`` as a mapping."""\n']
            out += rows.values()
        if fields:
            out.append(f"class {name}Args({name + 'Dict, ' if same else ''}Options, total=False):")
            out.append(f'    """``{name}`` as keywords, and the options of a call."""\n')
            out += [] if same else [row for field, row in rows.items() if field not in selectors]
        kinds = [f"models.{name}", *[f"{name}Dict"][: len(fields)], "BaseModel", "Mapping[str, Any]"]
        out.append(f"{name}Like: TypeAlias = {' | '.join(kinds)}")
    return "\n".join(out) + "\n"


_MODELS = '''"""Every model of the API, imported when first named: ``from uniqos.models import RespondRequest``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports}

_WHERE: dict[str, tuple[str, ...]] = {{
{where}
}}
_MODULE = {{name: module for module, names in _WHERE.items() for name in names}}


if not TYPE_CHECKING:  # else a misspelt name would pass as Any

    def __getattr__(name: str) -> Any:
        if name not in _MODULE:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_MODULE[name], "uniqos"), name)
        return value

    __all__ = sorted(_MODULE)


def __dir__() -> list[str]:
    return sorted(_MODULE)
'''
_MODELS_BESIDES_API = {
    "._wire.file": ["File", "SavedFile"],
    "._base.model": ["Model", "RequestModel"],
    ".webhooks": ["WebhookEvent"],
}


def models(sources: Mapping[str, str]) -> str:
    """The module that names every model.

    Args:
        sources: File name to text of the modules of ``api/``.

    Returns:
        The text of ``models.py`` before ruff.
    """
    found = dict(_MODELS_BESIDES_API)
    for file, source in sources.items():
        names = [node.name for node in ast.parse(source, file).body if isinstance(node, ast.ClassDef)]
        names += re.findall(r"^(\w+) = TypeAliasType\(", source, re.MULTILINE)
        found[f".api.{file.removesuffix('.py')}"] = [name for name in names if not name.startswith("_")]
    rows = [(module, sorted(names)) for module, names in sorted(found.items()) if names]
    imports = [f"    from {module} import {name} as {name}" for module, names in rows for name in names]
    where = [f"    {module!r}: ({', '.join(map(repr, names))},)," for module, names in rows]
    return HEADER.format("api/") + _MODELS.format(imports="\n".join(imports), where="\n".join(where))


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def plan(root: Path, names: Mapping[str, str] = NAMES) -> dict[str, str]:
    """What the generated files should hold.

    Args:
        root: Of the repository.
        names: What is called otherwise, besides ``AsyncX``.

    Returns:
        Text by path from ``root``.

    Raises:
        ValueError: A source cannot be rewritten.
    """
    wanted: dict[str, str] = {}
    for tree in TREES:
        for name, text in _sources(root / tree / "_async").items():
            try:
                wanted[f"{tree}/_sync/{name}"] = HEADER.format(f"_async/{name}") + to_sync(text, names)
            except (ValueError, SyntaxError, tokenize.TokenError) as exc:
                raise ValueError(f"{tree}/_async/{name}: {exc}") from exc
    api = _sources(root / "uniqos/api")
    if api:
        wanted["uniqos/_params.py"] = params(api)
        wanted["uniqos/models.py"] = models(api)
    return _ruff(root, wanted)


def _sources(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}


def _ruff(root: Path, files: dict[str, str]) -> dict[str, str]:
    """Ruff over all files at once, laid out like the repository so that its settings mean the same."""
    beside = Path(sys.executable).with_name("ruff")
    ruff = str(beside) if beside.exists() else shutil.which("ruff")
    if ruff is None:
        raise ValueError("ruff is not installed")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        if (root / "pyproject.toml").exists():
            shutil.copy(root / "pyproject.toml", folder)
        # What cannot be parsed or fixed is for the format run, and for the linter's own run, to report.
        ours = f"--config=lint.isort.known-first-party={[*TREES]}"  # ruff looks for them in the folder, in vain
        for command in (["check", "--fix", "--exit-zero", "--select=F401,I", ours], ["format"]):
            run = [ruff, *command, "--quiet", "--no-cache", "."]
            done = subprocess.run(run, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
            if done.returncode:
                raise ValueError(f"ruff {command[0]}: {done.stderr.strip()}")
        return {name: Path(folder, name).read_text("utf-8") for name in files}


def main(argv: list[str], root: Path = ROOT, names: Mapping[str, str] = NAMES) -> int:
    """Write the generated files, or only compare them.

    Args:
        argv: Nothing, or ``["--check"]``.
        root: Of the repository.
        names: What is called otherwise, besides ``AsyncX``.

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
