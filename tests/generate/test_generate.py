"""What is generated, and that nothing else stands in its place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from uniqos._generate.__main__ import ROOT, main, plan
from uniqos._generate.exports import exports
from uniqos._generate.header import HEADER
from uniqos._generate.params import params
from uniqos._generate.to_sync import NAMES, to_sync

GOLDEN = Path(__file__).parent / "golden"
F_STRINGS = [
    ('f"{await x} {{AsyncPool}}"', 'f"{x} {{Pool}}"'),
    ("f'ü {await self.aclose()!r:>{width}} ü' + await x", "f'ü {self.close()!r:>{width}} ü' + x"),
    ('f"""a\n{x}\nasync with {AsyncPool} asynchronous"""; await y', 'f"""a\n{x}\nwith {Pool} asynchronous"""; y'),
    ("rf'\\d{AsyncPool:{AsyncPool}}' f\"{f'{anext}'}\"", "rf'\\d{Pool:{Pool}}' f\"{f'{next}'}\""),
    ('print(f"\\nAsyncPool {x}", await f"{await x}")', 'print(f"\\nPool {x}", f"{x}")'),
    ('f"}} {{" + await x', 'f"}} {{" + x'),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository that is up to date."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in {
        "uniqos/_async/__init__.py": "",
        "uniqos/_async/transport/pool.py": "async def aclose() -> None: ...\n",
        "uniqos/_async/inner/deep.py": "class AsyncDeep: ...\n",
        "tests/_async/network/test_pool.py": "async def test_pool() -> None: ...\n",
        "uniqos/api/engine.py": "class Turn(RequestModel):\n    id: str\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert main([], tmp_path, {"aclose": "close"}) == 0
    return tmp_path


def check(root: Path) -> int:
    return main(["--check"], root, {"aclose": "close"})


def python(minor: int) -> str | None:
    """An interpreter of that version, wherever one usually is."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [*versions.glob(f"3.{minor}.*/bin/python"), shutil.which(f"python3.{minor}")]
    for path in filter(None, found):
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return str(path)
    return None


def test_this_repository_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--check"])
    assert status == 0, capsys.readouterr().out


def test_async_sources_become_sync_ones(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "uniqos/_async").mkdir(parents=True)
    shutil.copy(GOLDEN / "async.py", tmp_path / "uniqos/_async/golden.py")
    names = NAMES | {"asynccontextmanager": "contextmanager"}
    assert plan(tmp_path, names)["uniqos/_sync/golden.py"] == (GOLDEN / "sync.py").read_text("utf-8")


def test_request_models_become_typed_dicts(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "uniqos/api").mkdir(parents=True)
    shutil.copy(GOLDEN / "models.py", tmp_path / "uniqos/api")
    assert plan(tmp_path)["uniqos/_params.py"] == (GOLDEN / "params.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("Coroutine[Any, Any, X]", "X"),
        ("Coroutine[Any, Any, dict[str, tuple[int, X]]] | None", "dict[str, tuple[int, X]] | None"),
        ("Coroutine[Any, Any, Callable[[int, AsyncX], str]]", "Callable[[int, X], str]"),
        ("list[Coroutine[Any, Any, Coroutine[Any, Any, AsyncX]]]", "list[X]"),
        ("Coroutine[AsyncA, AsyncB, X,]", "X"),
        ("isinstance(x, Coroutine)", "isinstance(x, Coroutine)"),
        ("AsyncGenerator[X, None]", "Generator[X, None, None]"),
        ("AsyncGenerator[dict[str, X], None]", "Generator[dict[str, X], None, None]"),
        ("AsyncGenerator[AsyncX]", "Generator[X, None, None]"),
        ("AsyncIterator[X] | AsyncIterable[X]", "Iterator[X] | Iterable[X]"),
        ("AsyncContextManager[_AsyncX]", "ContextManager[_X]"),
    ],
)
def test_brackets_are_matched(source: str, wanted: str) -> None:
    assert to_sync(source) == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x = await  y", "x = y"),
        ("await (\n    x\n)\n", "(\n    x\n)\n"),
        ("if x:\n    await y  # await it\n", "if x:\n    y  # it\n"),
        ("AsyncX.aclose; Asynchronous; asyncio; XAsyncX", "X.close; Asynchronous; asyncio; XAsyncX"),
        ("'aclose, aclosed, AsyncX'", "'close, aclosed, X'"),
    ],
)
def test_only_whole_words_change(source: str, wanted: str) -> None:
    assert to_sync(source) == wanted


@pytest.mark.parametrize(("source", "wanted"), F_STRINGS)
def test_f_strings_change_in_text_and_in_braces(source: str, wanted: str) -> None:
    assert to_sync(source) == wanted


@pytest.mark.parametrize("minor", [10, 11, 12, 13, 14])
def test_every_python_generates_the_same(minor: int) -> None:
    path = python(minor)
    if path is None:
        pytest.skip(f"there is no Python 3.{minor} here")
    code = (
        "import sys; from uniqos._generate.to_sync import to_sync; "
        "sys.stdout.buffer.write(to_sync(sys.argv[1]).encode())"
    )
    source = "\n".join([source for source, _ in F_STRINGS] + [(GOLDEN / "async.py").read_text("utf-8")])
    run = subprocess.run([path, "-B", "-c", code, source], cwd=ROOT, capture_output=True, check=True)
    assert run.stdout.decode() == to_sync(source)


def test_what_is_sync_already_stays_as_it_is() -> None:
    once = to_sync((GOLDEN / "async.py").read_text("utf-8"))
    assert to_sync(once) == once


@pytest.mark.parametrize("source", ["# async only: begin\n", "x\n# async only: end\n", "# async only: begin\n" * 2])
def test_a_marker_without_its_partner_is_an_error(source: str) -> None:
    with pytest.raises(ValueError, match="partner"):
        to_sync(source)


def test_the_first_run_writes_everything_and_the_second_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deep = root / "uniqos/_sync/inner/deep.py"
    assert deep.read_text() == HEADER.format("_async/inner/deep.py") + "class Deep: ...\n"
    assert (root / "tests/_sync/network/test_pool.py").exists()
    assert (root / "uniqos/_sync/__init__.py").read_text() == HEADER.format("_async/__init__.py")
    capsys.readouterr()
    before = deep.stat().st_mtime_ns
    assert main([], root, {"aclose": "close"}) == 0
    assert capsys.readouterr().out == "6 generated files are up to date\n"
    assert deep.stat().st_mtime_ns == before
    assert check(root) == 0


def test_a_tampered_file_is_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("uniqos/_sync/transport/pool.py", "uniqos/_params.py"):
        (root / name).write_text((root / name).read_text() + "\n# by hand\n")
        assert check(root) == 1
        assert f"stale: {name}\n" in capsys.readouterr().out
    assert main([], root, {"aclose": "close"}) == 0
    assert check(root) == 0


def test_a_changed_source_is_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "uniqos/api/engine.py").write_text("class Turn(RequestModel):\n    name: str\n")
    assert check(root) == 1
    assert "stale: uniqos/_params.py\n" in capsys.readouterr().out


def test_a_missing_file_is_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "tests/_sync/network/test_pool.py").unlink()
    assert check(root) == 1
    assert "missing: tests/_sync/network/test_pool.py\n" in capsys.readouterr().out
    assert not (root / "tests/_sync/network/test_pool.py").exists()


def test_an_extra_file_is_reported_and_deleted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extra = root / "uniqos/_sync/inner/old.py"
    extra.touch()
    assert check(root) == 1
    assert "extra: uniqos/_sync/inner/old.py\n" in capsys.readouterr().out
    assert extra.exists()
    assert main([], root, {"aclose": "close"}) == 0
    assert not extra.exists()


def test_an_unused_name_is_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"aclose": "close", "aread": "read"}
    for argv in (["--check"], []):
        assert main(argv, root, names) == 1
        assert "unused name: aread\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["async def x(:\n", "x = (\n", "# async only: begin\n", "x: Coroutine[X]\n", "def f():\n  x\n y\n"]
)
def test_a_source_that_cannot_be_read_is_reported(root: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (root / "uniqos/_async/transport/pool.py").write_text(text)
    before = (root / "uniqos/_sync/transport/pool.py").read_text()
    assert main([], root, {}) == 1
    assert "pool.py" in capsys.readouterr().err
    assert (root / "uniqos/_sync/transport/pool.py").read_text() == before


def test_a_model_that_cannot_be_read_is_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "uniqos/api/engine.py").write_text("class Turn(:\n")
    assert check(root) == 1
    assert "engine.py" in capsys.readouterr().err


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chekc"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_generator_needs_none_of_the_heavy_parts() -> None:
    code = "import sys, uniqos._generate.__main__; assert not {'pydantic', 'httpx'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_model_without_fields_has_no_dict() -> None:
    text = params({"x.py": "class Open(RequestModel):\n    '''Undocumented.'''\n"})
    assert "OpenLike: TypeAlias = models.Open | BaseModel | Mapping[str, Any]\n" in text
    assert "OpenDict" not in text


def test_the_package_exports_what_is_listed_the_members_of_the_union_and_the_classes_of_errors() -> None:
    events = 'RespondStreamEvent = TypeAliasType("RespondStreamEvent", StreamEventText | StreamEventUnknown)\n'
    errors = "class APIError(Exception): ...\nclass _Private: ...\nSame = APIError\nTABLE = {}\n"
    text = exports(events, errors, {"._sync.client": ("UniqOS",)})
    assert "    '._sync.client': ('UniqOS',)," in text
    assert "    '.api.stream_events': ('RespondStreamEvent', 'StreamEventText', 'StreamEventUnknown')," in text
    assert "    '.errors': ('APIError', 'Same')," in text
    for name in ("UniqOS", "StreamEventText", "Same"):
        assert f" import {name} as {name}\n" in text
        assert f"        '{name}',\n" in text


def test_a_union_of_events_that_is_missing_is_reported() -> None:
    with pytest.raises(ValueError, match="does not define RespondStreamEvent"):
        exports("", "", {})
