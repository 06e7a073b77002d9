"""The idempotency keys of turns whose outcome is unknown."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import OrderedDict
from collections.abc import Mapping

MAX_KEYS = 1000
"""The number of turns of unknown outcome that are remembered. The oldest is forgotten first."""


class OpenKeys:
    """The idempotency keys to use again, by a digest of the caller and the arguments.

    A model cannot choose a key, since a key that two turns share gives the second one the answer of the first. A call
    of unknown outcome that is made again with the same arguments gets the key of the first call, and is billed once.
    """

    def __init__(self) -> None:
        self._keys: OrderedDict[str, str] = OrderedDict()

    def __contains__(self, digest: str) -> bool:
        return digest in self._keys

    def digest(self, caller: str | None, arguments: Mapping[str, object]) -> str:
        """Return the digest of a call. The arguments themselves are not kept."""
        return hashlib.sha256(json.dumps([caller, arguments], sort_keys=True).encode()).hexdigest()

    def take(self, digest: str) -> str:
        """Remove and return the key of a call whose outcome is unknown, or return a new key."""
        return self._keys.pop(digest, None) or str(uuid.uuid4())

    def keep(self, digest: str, key: str) -> None:
        """Remember the key of a call whose outcome is unknown."""
        self._keys[digest] = key
        while len(self._keys) > MAX_KEYS:
            self._keys.popitem(last=False)
