"""Entry point of the command ``uniqos``, which reports a missing extra ``cli`` instead of failing on its import."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line, and end with SystemExit."""
    if sys.stderr is None:
        # Standard error is closed. print() and click would then write to standard output, and a socket could get the
        # free file descriptor 2.
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
        reconfigure(errors="replace")  # one letter that an old code page lacks must not cost the whole answer
    app(prog_name="uniqos")
