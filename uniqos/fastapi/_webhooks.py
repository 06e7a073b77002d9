"""Verified deliveries of webhooks as a dependency."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import Awaitable, Callable, Sequence

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from .. import errors
from ..webhooks import WebhookEvent, check_secrets, check_tolerance, construct_event, hide_secrets

_MOST_WEBHOOK_BYTES = 1024 * 1024


def webhook(
    secret: str | Sequence[str], *, tolerance: float = 300, max_bytes: int = _MOST_WEBHOOK_BYTES
) -> Callable[[Request], Awaitable[WebhookEvent]]:
    """A dependency that verifies a delivery: ``Annotated[WebhookEvent, Depends(webhook(secret))]``.

    A body that is too large is refused with 413, a signature that is wrong with 400.

    Args:
        secret: The endpoint's secret, from the environment or a store of secrets, never from the source: whoever
            knows it can send deliveries. Several while one is being replaced.
        tolerance: Seconds that the delivery may lie in the past or the future; 0 is any.
        max_bytes: The largest body that is read.

    Returns:
        The dependency, which gives the event.

    Raises:
        ConfigurationError: There is no secret, one is empty or no text, or ``tolerance`` is negative.
    """
    secret = hide_secrets(secret)  # first of all, so that no traceback with local variables shows it
    if not all(one.strip() if isinstance(one, str) else one for one in secret):
        raise errors.ConfigurationError("webhook() needs the endpoint's secret, e.g. whsec_...")
    check_secrets(secret)
    check_tolerance(tolerance)

    async def verified(request: Request) -> WebhookEvent:
        body = b""
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise HTTPException(413, f"A delivery has at most {max_bytes} bytes.")
        except ClientDisconnect:
            raise HTTPException(400, "The delivery did not come to its end.") from None
        request._body = body  # for a route that wants it too: it can be read only once
        try:
            return construct_event(body, request.headers.get("x-uniqos-signature"), secret, tolerance=tolerance)
        except errors.WebhookSignatureError as exc:
            raise HTTPException(400, f"The delivery is not believed: {exc.reason}.") from None

    return verified
