"""A local server with the API's endpoints, state and errors: a stand-in for the real service, not its engine.

    with uniqos.sandbox.serve() as sandbox:
        with sandbox.client() as client:
            client.respond(personality_id=sandbox.personality_id, message="Hello!")

It reads emotions with a lexicon and answers from templates that the personality's Big Five colour. Where the public
contract leaves something open, its shapes are its own, and the file that makes them says so. It needs the extra
``sandbox``; nothing else of the package imports it.
"""

from __future__ import annotations

from .._extras import missing_extra

try:
    from .faults.proxy import FAULTS as FAULTS
    from .faults.rules import Rule as Rule
    from .server import Sandbox as Sandbox
    from .server import in_process as in_process
    from .server import run as run
    from .server import serve as serve
except ModuleNotFoundError as _missing:
    if (_missing.name or "").partition(".")[0] not in ("fastapi", "starlette", "uvicorn", "vaderSentiment"):
        raise
    raise missing_extra(f"the sandbox needs {_missing.name}", "sandbox") from None

__all__ = ["FAULTS", "Rule", "Sandbox", "in_process", "run", "serve"]
