"""Row of a large download to a file: the rise of the memory's peak, in an interpreter for each side."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..support.apis import KEY
from ..support.measure import Bench, Measure, Sided

_START = """
import sys
from pathlib import Path
url, size, file = sys.argv[1], sys.argv[2], Path(sys.argv[3])
"""
_WITH_HTTPX = """
import httpx
client = httpx.Client(timeout=90)
def fetch(size):
    file.write_bytes(client.get(f"{url}/v1/billing/invoices/{size}/pdf").content)
"""
_WITH_SDK = f"""
import uniqos
invoices = uniqos.UniqOS({KEY!r}, base_url=url).billing.invoices
def fetch(size):
    if hasattr(invoices, "save_pdf"):
        invoices.save_pdf(size, file)
    else:
        file.write_text(invoices.pdf(size), encoding="utf-8", newline="")
"""
# On Linux a child inherits its parent's ru_maxrss, which would hide a rise. VmHWM begins anew in each process.
_MEASURED = """
def peak():
    try:
        return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
fetch("1000")
before = peak()
fetch(size)
print(peak() - before)
"""


@contextmanager
def peak(bench: Bench) -> Sided:
    """MB by which the peak is above that of a small download."""
    yield {"base": _child(bench, "httpx", _WITH_HTTPX), "sdk": _child(bench, bench.api.package, _WITH_SDK)}


def _child(bench: Bench, who: str, code: str) -> Measure:
    isolated = ["-I"] if sys.flags.isolated else []

    def measure() -> float:
        if sys.platform == "win32":  # Windows has neither /proc nor the module resource
            return float("nan")
        with tempfile.TemporaryDirectory() as folder:
            file, size = Path(folder, "file"), bench.sizes.download
            command = [sys.executable, *isolated, "-c", _START + code + _MEASURED, bench.url, str(size), str(file)]
            risen = int(subprocess.check_output(command, text=True))
            written = file.stat().st_size
            if written != size:
                bench.notes.append(f"{who}: the file is broken, {size:,} bytes became about {written / 1e6:.0f} MB")
        return risen / 1e6

    return measure
