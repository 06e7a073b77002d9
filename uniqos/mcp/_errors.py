"""The words in which a failed tool is explained to a model."""

from __future__ import annotations

from .._turn.open_keys import may_have_run
from ..errors import (
    AuthenticationError,
    ConfigurationError,
    GuardrailBlockError,
    NetworkError,
    NotFoundError,
    PaymentRequiredError,
    PermissionError,
    QuotaExhaustedError,
    RateLimitError,
    ServiceUnavailableError,
    TurnTimeoutError,
    UniqOSError,
)


def explain(error: UniqOSError) -> str:
    """Return one text for the model: the error, its code, and the next step."""
    reference = f", request {error.request_id}" if error.request_id else ""
    return f"{error.message} (code {error.code}{reference}). {_advice(error)}"


def _advice(error: UniqOSError) -> str:
    if isinstance(error, RateLimitError):
        seconds = error.retry_after_seconds
        return f"Wait {seconds:g} seconds, then call the tool again." if seconds else "Wait, then call the tool again."
    if may_have_run(error):
        return "It may have run. Call the tool again with the same arguments: it is then not run or billed twice."
    for kinds, advice in _ADVICE:
        if isinstance(error, kinds):
            return advice
    return "Correct the arguments, or tell the person."


_ADVICE: tuple[tuple[type[UniqOSError] | tuple[type[UniqOSError], ...], str], ...] = (
    (
        (QuotaExhaustedError, PaymentRequiredError),
        "Do not call it again: the account's owner has to settle the plan or invoice.",
    ),
    (
        (AuthenticationError, PermissionError),
        "Do not call it again: the operator of this server has to change the key.",
    ),
    (NotFoundError, "Check the ids: list_personalities gives those of personalities."),
    (GuardrailBlockError, "Do not send this text again."),
    (TurnTimeoutError, "It was not billed. Call the tool again later."),
    (ServiceUnavailableError, "It has not run. Call the tool again later."),
    (NetworkError, "Nothing was sent. Call the tool again later."),
    (ConfigurationError, "Nothing was sent. Correct the arguments."),
)
"""The next step after an error that has not run, by the error's class; the first row that fits counts."""
