"""What looks at the package from outside: inspect, pydoc, freezegun, star imports, mocks, readers of type hints."""

from __future__ import annotations

import subprocess
import sys

import pytest

EXTRAS = ("fastapi", "starlette", "uvicorn", "vaderSentiment", "typer", "rich", "socksio")
WITHOUT_EXTRAS = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r}))\n"
"""In a fresh process, the packages of the extras cannot be imported then."""


def run(code: str) -> str:
    """What a fresh Python process prints, with warnings as errors."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("import uniqos; print(hasattr(uniqos, 'sandbox'), getattr(uniqos, 'sandbox', 0))", "False 0"),
        ("import uniqos, inspect; print('UniqOS' in dict(inspect.getmembers(uniqos)))", "True"),
        ("from uniqos import *; print(UniqOS.__name__, 'sandbox' in globals())", "UniqOS False"),
        ("import uniqos; print('sandbox' in dir(uniqos), 'sandbox' in uniqos.__all__)", "False False"),
        ("import uniqos, pydoc; print(len(pydoc.render_doc(uniqos)) > 10_000)", "True"),
        ("import uniqos\nfrom unittest import mock\nprint(mock.create_autospec(uniqos).UniqOS is not None)", "True"),
        ("import pkgutil, uniqos\nprint(len(list(pkgutil.walk_packages(uniqos.__path__, 'uniqos.'))) > 90)", "True"),
        ("import uniqos, freezegun\nwith freezegun.freeze_time('2030-01-01'): print(uniqos.UniqOS.__name__)", "UniqOS"),
        ("try: import uniqos.sandbox\nexcept ImportError as exc: print(exc.code)", "missing_extra"),
        ("try: import uniqos.fastapi\nexcept ImportError as exc: print(exc.code)", "missing_extra"),
    ],
)
def test_the_package_can_be_looked_at_without_its_extras(code: str, printed: str) -> None:
    assert run(WITHOUT_EXTRAS + code) == printed


@pytest.mark.parametrize(
    "code", ["from uniqos import sandbox", "import uniqos.sandbox", "import uniqos; uniqos.sandbox.serve()"]
)
def test_who_wants_the_sandbox_is_told_what_to_install(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS + code], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert "ConfigurationError: the sandbox needs" in last
    assert "pip install" in last


def test_what_asks_for_every_attribute_imports_no_extra() -> None:
    code = f"""
import sys, uniqos, freezegun
for _ in range(2):
    with freezegun.freeze_time("2030-01-01"):
        pass
import inspect
inspect.getmembers(uniqos)
print({{name for name in {EXTRAS!r} if name in sys.modules}} - {{"rich"}})
"""  # httpx imports rich where it is there
    assert run(code) == "set()"


def test_with_the_extra_the_sandbox_is_there_and_listed_once_it_is_imported() -> None:
    code = """
import uniqos
assert "sandbox" not in dir(uniqos)
assert hasattr(uniqos, "sandbox")
assert "sandbox" in dir(uniqos)
from uniqos import *
print(sandbox.serve.__name__)
"""
    assert run(code) == "serve"
