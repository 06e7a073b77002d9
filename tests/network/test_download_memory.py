"""A download of 100 MB to a file: the memory stays where it was."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.rawserver import RawServer

SIZE = 100_000_000
CODE = """
import asyncio, sys
import uniqos
flavour, url, path = sys.argv[1:]

def peak():
    # Linux tells a new process's ru_maxrss as no less than its parent had, which would hide a rise.
    if sys.platform == "linux":
        return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

async def main():
    async with uniqos.AsyncUniqOS("uniq_test_abcd1234", base_url=url) as client:
        await client.billing.invoices.save_pdf("small", path)
        before = peak()
        saved = await client.billing.invoices.save_pdf("large", path)
        return saved.size, peak() - before

if flavour == "async":
    size, grown = asyncio.run(main())
else:
    with uniqos.UniqOS("uniq_test_abcd1234", base_url=url) as client:
        client.billing.invoices.save_pdf("small", path)
        before = peak()
        size, grown = client.billing.invoices.save_pdf("large", path).size, peak() - before
print(size, grown)
"""


def send(connection: socket.socket, request: bytes, number: int) -> None:
    size = SIZE if b"/large/" in request else 1000
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: {size}\r\n\r\n"
    connection.sendall(head.encode())
    block = os.urandom(100_000)
    while size:
        connection.sendall(block[:size])
        size -= len(block[:size])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module")
@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_large_download_needs_no_memory(flavour: str, tmp_path: Path) -> None:
    with RawServer(send) as server:
        ran = subprocess.run(
            [sys.executable, "-c", CODE, flavour, server.url, str(tmp_path / "file")],
            capture_output=True,
            text=True,
            check=True,
        )
    size, grown = map(int, ran.stdout.split())
    assert size == SIZE
    assert grown < 8_000_000
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
