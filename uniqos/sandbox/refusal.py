"""The errors of the API, and the exceptions that end a request."""

from __future__ import annotations

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """The default values of an error code."""

    status: int
    type: str
    message: str
    details: Any = None


# The codes of the public error table; the messages, and the code of the 501, are the sandbox's own.
KINDS: dict[str, Kind] = {
    "validation_error": Kind(422, "validation", "The request is not valid."),
    "guardrail_blocked": Kind(400, "guardrail", "A guardrail blocked this turn."),
    "response_blocked": Kind(400, "guardrail", "A guardrail blocked the reply."),
    "authentication_error": Kind(401, "authentication", "The API key is missing or wrong."),
    "token_expired": Kind(401, "authentication", "The access token has expired."),
    "invalid_token": Kind(401, "authentication", "The access token is not valid."),
    "payment_required": Kind(402, "payment", "An invoice is unpaid."),
    "permission_denied": Kind(403, "permission", "This credential may not do that."),
    "not_found": Kind(404, "not_found", "There is no such resource."),
    "conflict": Kind(409, "conflict", "The resource's state does not allow this."),
    "rate_limit_exceeded": Kind(429, "rate_limit", "Too many requests."),
    "quota_exhausted": Kind(429, "quota", "The plan's quota is used up.", {"component": "turns"}),
    "internal_error": Kind(500, "internal", "Something went wrong."),
    "not_implemented": Kind(501, "not_implemented", "This is not available yet."),
    "upstream_llm_error": Kind(502, "upstream", "The language model failed."),
    "service_unavailable": Kind(503, "unavailable", "The service is not available."),
    "turn_timeout": Kind(504, "timeout", "The turn took too long; it is not billed.", {"budget_ms": 60000}),
}


class Refusal(Exception):
    """Ends a request with an error of the API."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int | None = None,
        details: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        kind = KINDS[code]
        super().__init__(code)
        self.code: str = code
        self.type: str = kind.type
        self.message: str = message or kind.message
        self.status: int = status or kind.status
        self.details: Any = kind.details if details is None else details
        self.headers: dict[str, str] = headers or {}

    def envelope(self, request_id: str) -> dict[str, Any]:
        """Return the body of the answer."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "type": self.type,
                "request_id": request_id,
                "details": self.details,
                "documentation_url": "https://docs.uniqos.ai/errors",
            }
        }


class ConnectionDrop(Exception):
    """Ends a response before it is complete: the server closes the connection, and logs nothing."""
