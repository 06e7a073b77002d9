"""The error envelope of the API. The SDK raises it as an error; a service can pass it on to its own callers."""

from __future__ import annotations

from typing import Any

from .._base.model import Model


class ErrorBody(Model, source="docs"):
    """The reason of a refusal (source: docs)."""

    code: str
    """Machine-readable reason, e.g. ``rate_limit_exceeded``. It decides, since one status can have several codes."""
    message: str
    type: str | None = None
    """The family of the code, e.g. ``rate_limit``."""
    request_id: str | None = None
    """Id to quote when asking for support."""
    details: Any = None
    """Undocumented shape."""
    documentation_url: str | None = None


class ErrorEnvelope(Model, source="docs"):
    """The body of every answer other than a success (source: docs)."""

    error: ErrorBody
