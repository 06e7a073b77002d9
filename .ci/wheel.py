"""Checks what a wheel holds: ``python .ci/wheel.py FILE``."""

from __future__ import annotations

import sys
import zipfile

NEEDED = {
    "uniqos/__init__.py",
    "uniqos/_sync/client.py",
    "uniqos/py.typed",
    "uniqos/sandbox/app.py",
    "uniqos/sandbox/inspect/page/index.html",
}

names = set(zipfile.ZipFile(sys.argv[1]).namelist())
missing = sorted(NEEDED - names)
foreign = sorted(n for n in names if "_generate" in n or not n.startswith(("uniqos/", "uniqos-")))
for problem, found in (("is missing", missing), ("does not belong in a wheel", foreign)):
    for name in found:
        print(f"{name} {problem}")
if missing or foreign:
    sys.exit(1)
print(f"{len(names)} files in the wheel")
