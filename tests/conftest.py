"""Fixtures of all tests."""

from __future__ import annotations

import os
import signal
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from hypothesis import settings

if TYPE_CHECKING:
    from uniqos.sandbox import Sandbox

# Local runs look for new examples. A check of a commit has to give the same result each time.
settings.register_profile("ci", derandomize=True, database=None, print_blob=True)
if "CI" in os.environ:
    settings.load_profile("ci")

# A shell ignores SIGINT for its background jobs, and their children inherit it: tests interrupt processes.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return one worker more than cores, since many tests wait for sockets."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for the whole session, with streams without pauses."""
    from uniqos.sandbox import serve

    with serve(pause=0) as running:
        yield running


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Make a certificate authority for servers on this machine."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> str:
    """Return the path of the authority's certificate."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the local time zone to UTC+9, so that code that reads a date without a zone as local time fails."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def _remove_machine_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UNIQOS_API_KEY", "UNIQOS_BASE_URL", "UNIQOS_PERSONALITY", "UNIQOS_LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
