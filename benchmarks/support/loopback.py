"""The loopback server while it runs, with a certificate that a client's own checks accept, and workers beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi
import trustme

from .environments import ROOT
from .measure import Sizes


@dataclass(frozen=True)
class Loopback:
    """Where it listens, and the environment of a process whose TLS contexts trust it."""

    url: str
    tls_url: str
    environment: dict[str, str]

    def measured(self, command: list[str], *arguments: str) -> dict[str, Any]:
        """What a worker finds.

        Raises:
            OSError, subprocess.CalledProcessError: It could not be started, or it failed.
        """
        command = [*command, self.url, self.tls_url, *arguments]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, env=self.environment, **pipes) as process:
            assert process.stdout is not None
            output = process.stdout.read()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        found: dict[str, Any] = json.loads(output)
        return found


@contextmanager
def server(sizes: Sizes) -> Generator[Loopback, None, None]:
    with tempfile.TemporaryDirectory() as folder:
        authority, trusted, own = trustme.CA(), Path(folder, "trusted.pem"), Path(folder, "own.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(own)
        # All the usual ones too: a context that trusts one alone is made in a moment, and a client with it.
        trusted.write_bytes(certifi.contents().encode() + authority.cert_pem.bytes())
        command = [sys.executable, "-m", f"{__package__}.server", "--events", str(sizes.events)]
        command += ["--huge", str(sizes.huge), "--certificate", str(own)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            try:
                plain, encrypted = (int(process.stdout.readline()) for _ in range(2))
                yield Loopback(
                    f"http://127.0.0.1:{plain}",
                    f"https://127.0.0.1:{encrypted}",
                    {**os.environ, "SSL_CERT_FILE": str(trusted)},
                )
            finally:
                process.terminate()
