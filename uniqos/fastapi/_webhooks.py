"""Verified deliveries of webhooks as a dependency."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import Awaitable, Callable, Sequence
from inspect import Parameter, Signature, isawaitable
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Request
from pydantic import SecretStr
from starlette.requests import ClientDisconnect

from .. import errors
from .._base.secret import Secret
from ..webhooks import WebhookEvent, check_secrets, check_tolerance, construct_event, hide_secrets
from ._openapi import inline_schema

_MAX_WEBHOOK_BYTES = 1024 * 1024
_SIGNATURE = Header(alias="x-uniqos-signature", description="`sha256=` and the HMAC-SHA256 of the body, in hex.")
_HELP = "webhook() needs the endpoint's secret, e.g. whsec_..."

WEBHOOK_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": inline_schema(WebhookEvent)}}}
}
"""For ``openapi_extra=`` of a route that takes deliveries: the body in the OpenAPI document."""


def webhook(
    secret: str | SecretStr | Sequence[str | SecretStr] | Callable[..., Any],
    *,
    tolerance: float = 300,
    max_bytes: int = _MAX_WEBHOOK_BYTES,
    seen: Callable[[WebhookEvent], bool | Awaitable[bool]] | None = None,
) -> Callable[..., Awaitable[WebhookEvent]]:
    """A dependency that verifies a delivery: ``Annotated[WebhookEvent, Depends(webhook(secret))]``.

    A body that is too large is refused with 413, a signature that is wrong with 400.

    Args:
        secret: The endpoint's secret, as text or ``SecretStr``, from the environment or a store of secrets. Never write
            it into the source: anyone who knows it can send deliveries. Give several while one is being replaced. A
            function is a dependency of FastAPI that returns the secret: its parameters can name a tenant in the path,
            and it may be asynchronous.
        tolerance: Seconds that the delivery may lie in the past or the future; 0 is no limit.
        max_bytes: The largest accepted body, in bytes.
        seen: Returns whether a delivery was handled before; it may be asynchronous. Such a delivery is answered with
            204, and the route does not run. Keep the ``id`` of a delivery when its work is done, not in this function:
            otherwise a delivery whose work failed is lost.

    Returns:
        The dependency, whose value is the event.

    Raises:
        ConfigurationError: There is no secret, one is empty or no text, or ``tolerance`` is negative. A function that
            returns no secret raises it in the request.
    """
    loads = secret if callable(secret) else None
    secrets: list[Secret] = [] if loads is not None else _checked(secret)
    del secret  # A traceback with local variables would show it.
    check_tolerance(tolerance)

    async def verified(request: Request, **given: Any) -> WebhookEvent:
        valid = _checked(given.pop("secret")) if loads is not None else secrets
        body = await _read(request, max_bytes)
        try:
            event = construct_event(body, request.headers.get("x-uniqos-signature"), valid, tolerance=tolerance)
        except errors.WebhookSignatureError as exc:
            raise HTTPException(400, f"The delivery is refused: {exc.reason}.") from None
        if seen is not None:
            known = seen(event)
            if await known if isawaitable(known) else known:
                raise HTTPException(204)
        return event

    parameters = [
        Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=Request),
        Parameter("signature", Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, _SIGNATURE]),
    ]
    if loads is not None:
        parameters.append(Parameter("secret", Parameter.KEYWORD_ONLY, annotation=Annotated[Any, Depends(loads)]))
    verified.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return verified


def _checked(secret: Any) -> list[Secret]:
    """Return the secrets in a form that no traceback shows.

    Raises:
        ConfigurationError: There is none, or one is empty or no text.
    """
    secret = hide_secrets(secret)  # First, so that no traceback with local variables shows it.
    if not all(one.strip() if isinstance(one, str) else one for one in secret):
        raise errors.ConfigurationError(_HELP)
    return check_secrets(secret)


async def _read(request: Request, max_bytes: int) -> bytes:
    """Return the body of a delivery."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise HTTPException(413, f"A delivery has at most {max_bytes} bytes.")
    except ClientDisconnect:
        raise HTTPException(400, "The delivery is incomplete.") from None
    request._body = body  # For a route that needs it too: the stream can be read only once.
    return body
