"""Server side of the soak, in its own process: the sandbox, and a proxy for each fault below HTTP."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack

from uniqos.sandbox import FAULTS, serve


def main() -> None:
    with serve(pause=0.001, requests_per_second=1_000_000) as sandbox, ExitStack() as stack:
        sandbox.fault(path="/v1/respond", latency={"kind": "uniform", "ms": 30})
        urls = {fault: stack.enter_context(sandbox.proxy(fault)) for fault in FAULTS}
        print(json.dumps({"url": sandbox.url, "key": sandbox.api_key, "personality": sandbox.personality_id, **urls}))
        sys.stdout.flush()
        for _ in sys.stdin:  # each line asks for the number of billed turns; the end of input ends the server
            print(sandbox.turns_billed, flush=True)


if __name__ == "__main__":
    main()
