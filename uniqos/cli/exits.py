"""The exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import UniqOSError


class ExitCode(IntEnum):
    """The number with which a command ends. Its docstring is the line that help and manual page show."""

    OK = 0, "success"
    FAILURE = 1, "the API or the network failed"
    USAGE = 2, "wrong usage or settings; nothing was sent"
    PARTIAL = 3, "all is settled, and some records or deliveries were rejected, failed or are unknown"
    INCOMPLETE = 4, "a part arrived: a cut stream or list, a batch that stopped, or a wait that ended too early"
    AUTHENTICATION = 5, "the key or token is missing, wrong or expired"
    NOT_FOUND = 6, "the resource does not exist"
    CONFLICT = 7, "a duplicate, or a resource that is being deleted"
    TRANSIENT = 8, "the same command may succeed later: rate limit, overload, a turn that timed out"
    INTERRUPTED = 130, "Ctrl-C ended the command; uniqos sandbox and uniqos mcp end with 0"
    CLOSED_PIPE = 141, "the reader of a pipe closed it"
    TERMINATED = 143, "SIGTERM ended the command; uniqos sandbox and uniqos mcp end with 0"

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        """Make a member of a number and its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.__doc__ = meaning
        return member


_BATCH_CODES = {
    "ledger_in_use": ExitCode.USAGE,
    "ledger_mismatch": ExitCode.USAGE,
    "ledger_unreadable": ExitCode.USAGE,
    "ledger_unwritable": ExitCode.USAGE,
    "ledger_failed": ExitCode.INCOMPLETE,
    "disk_full": ExitCode.INCOMPLETE,
    "output_unwritable": ExitCode.INCOMPLETE,
    "cluster_failed": ExitCode.INCOMPLETE,
}
"""The exit codes of the errors that end a batch: nothing was sent, or the same command goes on."""


def exit_code_of(error: UniqOSError) -> ExitCode:
    """Return the exit code that tells a script why a call failed."""
    from .. import errors

    kinds: list[tuple[type[UniqOSError], ExitCode]] = [
        (errors.ConfigurationError, ExitCode.USAGE),
        (errors.AuthenticationError, ExitCode.AUTHENTICATION),
        (errors.NotFoundError, ExitCode.NOT_FOUND),
        (errors.ConflictError, ExitCode.CONFLICT),
        (errors.RateLimitError, ExitCode.TRANSIENT),
        (errors.ServiceUnavailableError, ExitCode.TRANSIENT),
        (errors.UpstreamLLMError, ExitCode.TRANSIENT),
        (errors.TurnTimeoutError, ExitCode.TRANSIENT),
        (errors.WaitTimeoutError, ExitCode.INCOMPLETE),
    ]
    if isinstance(error, errors.NetworkError) and error.code == "stream_interrupted":
        return ExitCode.INCOMPLETE
    if error.code in _BATCH_CODES:
        return _BATCH_CODES[error.code]
    return next((code for kind, code in kinds if isinstance(error, kind)), ExitCode.FAILURE)
