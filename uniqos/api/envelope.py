"""What every refusal of the API looks like. The SDK raises it as an error; here it is for those who pass it on."""

from __future__ import annotations

from typing import Any

from .._base.model import Model


class ErrorBody(Model, source="docs"):
    """Why the API said no (source: docs)."""

    code: str
    """Machine-readable, e.g. ``rate_limit_exceeded``; authoritative, since a status can carry several."""
    message: str
    type: str | None = None
    """The family of the code, e.g. ``rate_limit``."""
    request_id: str | None = None
    """To quote when asking for support."""
    details: Any = None
    """Undocumented shape."""
    documentation_url: str | None = None


class ErrorEnvelope(Model, source="docs"):
    """The body of every answer that is no success (source: docs)."""

    error: ErrorBody
