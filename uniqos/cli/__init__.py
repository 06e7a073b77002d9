"""The command ``uniqos``. This module needs none of what the extra ``cli`` installs; ``app`` does."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; always ends by SystemExit."""
    if sys.stderr is None:
        # It is closed. Without this, print() and click write to standard output, and a socket can get its number.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        from .app import app
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.startswith("uniqos"):
            raise
        from .._extras import missing_extra

        print(missing_extra("the command line needs further packages", "cli"), file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")  # an old code page must not lose the whole answer for one letter
    app(prog_name="uniqos")
