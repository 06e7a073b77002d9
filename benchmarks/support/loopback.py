"""The running loopback server, with a certificate that clients trust, and the workers that measure it."""

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
    """URLs of the server, and the environment variables by which a process trusts its certificate."""

    url: str
    tls_url: str
    environment: dict[str, str]

    def measure(self, command: list[str], *arguments: str) -> dict[str, Any]:
        """Run a worker, and return its measurements.

        Raises:
            OSError, subprocess.CalledProcessError: The worker could not be started, or failed.
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
        # The usual authorities too: with one alone, making a TLS context would be unusually fast.
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
