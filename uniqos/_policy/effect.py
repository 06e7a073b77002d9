"""The effect of a failed call: whether the API may have run it. ``uniqos.errors`` has the same as a table."""

from __future__ import annotations

from .. import errors


def may_have_run(error: errors.UniqOSError) -> bool:
    """Return whether the API may have run or billed a call, so that only its idempotency key makes a repeat safe.

    Args:
        error: The failure of the whole call. An earlier attempt may have run even if the last one was refused.
    """
    return error._follows_attempt_that_may_have_run or attempt_may_have_run(error)


def attempt_may_have_run(error: errors.UniqOSError) -> bool:
    """Return whether the API may have run the attempt that ended with this error."""
    if isinstance(error, errors.ConfigurationError):
        return False
    if isinstance(error, (errors.NetworkError, errors.MiddlewareError)):
        return error.sent
    if isinstance(error, errors.TurnTimeoutError):
        return False  # Source: docs. Such a turn is not billed.
    status = error.http_status or 0
    if isinstance(error, errors.ServiceUnavailableError) and status >= 500:
        return not error.from_api  # A proxy may have passed the request on before it failed.
    # An error event of a stream has the status 200: its turn had begun. So had that of a success that cannot be read.
    return not (isinstance(error, errors.APIError) and 400 <= status < 500)
