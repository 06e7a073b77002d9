"""The idempotency keys of turns whose outcome is unknown."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from ..errors import (
    APIError,
    NetworkError,
    ResponseDecodeError,
    ResponseValidationError,
    ServiceUnavailableError,
    TurnTimeoutError,
    UnexpectedError,
    UniqOSError,
    UpstreamLLMError,
)

MAX_KEYS = 1000
"""The number of turns of unknown outcome that are remembered. The oldest is forgotten first."""


class OpenKeys:
    """The idempotency keys to use again, by a digest of the caller and the arguments.

    A model cannot choose a key, since a key that two turns share gives the second one the answer of the first. A call
    of unknown outcome that is made again with the same arguments gets the key of the first call, and is billed once.
    """

    def __init__(self) -> None:
        self._keys: OrderedDict[str, str] = OrderedDict()

    def digest(self, caller: object, arguments: Mapping[str, object]) -> str:
        """Return the digest of a call. The arguments themselves are not kept."""
        return hashlib.sha256(json.dumps([caller, arguments], sort_keys=True, default=str).encode()).hexdigest()

    def take(self, digest: str) -> TurnKey:
        """Remove and return the key of a call whose outcome is unknown, or return a new key."""
        known = self._keys.pop(digest, None)
        return TurnKey(self, digest, known or str(uuid.uuid4()), known is not None)

    def keep(self, digest: str, key: str) -> None:
        """Remember the key of a call whose outcome is unknown."""
        self._keys[digest] = key
        while len(self._keys) > MAX_KEYS:
            self._keys.popitem(last=False)


@dataclass
class TurnKey:
    """The idempotency key of one call, entered while the call is sent and while its stream is read.

    A failure of unknown outcome leaves the key for the next call with the same digest. So does each failure after it:
    a retry that is refused does not tell whether the first call ran. A caller that stops reading leaves no key.
    """

    keys: OpenKeys
    digest: str
    value: str
    is_retry: bool
    """Whether an earlier call with this key has an unknown outcome."""

    def __enter__(self) -> str:
        return self.value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, GeneratorExit):
            return
        # A cancelled call may have run.
        if self.is_retry or not isinstance(error, UniqOSError) or may_have_run(error):
            self.keys.keep(self.digest, self.value)


_OF_5XX = (APIError, UpstreamLLMError, ServiceUnavailableError)
"""The classes of the statuses from 500 on, without that of a turn that timed out, which is not billed."""


def may_have_run(error: UniqOSError) -> bool:
    """Return whether the API may have run a call that raised this error, so that only its key makes a repeat safe."""
    if isinstance(error, NetworkError):
        return error.sent
    if isinstance(error, TurnTimeoutError) or _is_refusal(error):
        return False
    if isinstance(error, APIError):
        # The status of an error event is the stream's own, 200, so its class says what an HTTP status would say.
        is_event = (error.http_status or 0) < 400
        return type(error) in _OF_5XX if is_event else (error.http_status or 0) >= 500
    return isinstance(error, (ResponseDecodeError, ResponseValidationError, UnexpectedError))


def _is_refusal(error: UniqOSError) -> bool:
    return isinstance(error, ServiceUnavailableError) and error.from_api
