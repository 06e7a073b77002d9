"""The namespace ``client.webhooks``: webhook endpoints and deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ...api import webhooks as ops
from .base import AsyncNamespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncWebhooks(AsyncNamespace):
    """Webhook endpoints and deliveries. ``uniqos.construct_event`` verifies a delivery that arrives."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.WebhookList:
        """List the webhook endpoints.

        Returns:
            The endpoints in ``data``; their fields are undocumented.

        Source: official SDK.
        """
        return await self._requester.call(ops.LIST, None, options)

    async def create(
        self, body: p.WebhookCreateLike | None = None, **fields: Unpack[p.WebhookCreateArgs]
    ) -> m.CreatedWebhook:
        """Register a webhook endpoint. An idempotency key makes retries safe.

        Args:
            body: ``url`` (https) and ``subscriptions`` (types of events, e.g. ``payment.failed``) as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The endpoint with its ``secret``, which is shown this once: store it.

        Source: official SDK; which keys are required is undocumented.
        """
        return await self._requester.call(ops.CREATE, body, fields)

    async def get(self, webhook_id: str, **options: Unpack[p.Options]) -> m.Webhook:
        """Return one webhook endpoint.

        Args:
            webhook_id: The id of the endpoint, e.g. ``wh_1``.

        Returns:
            The endpoint.

        Raises:
            NotFoundError: The webhook endpoint does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, webhook_id)

    async def disable(self, webhook_id: str, **options: Unpack[p.Options]) -> m.DisabledWebhook:
        """Disable a webhook endpoint: no more events are sent to it.

        Args:
            webhook_id: The id of the endpoint, e.g. ``wh_1``.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The webhook endpoint does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.DISABLE, None, options, webhook_id)

    async def regenerate_secret(self, webhook_id: str, **options: Unpack[p.Options]) -> m.RegeneratedSecret:
        """Create a new secret for a webhook endpoint.

        The call is not retried if the API may have executed it.

        Args:
            webhook_id: The id of the endpoint, e.g. ``wh_1``.

        Returns:
            An answer that holds the new secret, this once.

        Raises:
            NotFoundError: The webhook endpoint does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.REGENERATE_SECRET, None, options, webhook_id)

    async def list_deliveries(self, webhook_id: str, **options: Unpack[p.Options]) -> m.WebhookDeliveryList:
        """List the deliveries to a webhook endpoint.

        Args:
            webhook_id: The id of the endpoint, e.g. ``wh_1``.

        Returns:
            The deliveries in ``data``.

        Raises:
            NotFoundError: The webhook endpoint does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.LIST_DELIVERIES, None, options, webhook_id)

    async def redeliver(self, webhook_id: str, delivery_id: str, **options: Unpack[p.Options]) -> m.Redelivery:
        """Send an earlier event again.

        The call is not retried if the API may have executed it.

        Args:
            webhook_id: The id of the endpoint, e.g. ``wh_1``.
            delivery_id: The id of the delivery, e.g. ``del_1``.

        Returns:
            The fresh delivery.

        Raises:
            NotFoundError: The webhook endpoint or delivery does not exist.

        Source: official SDK.
        """
        return await self._requester.call(ops.REDELIVER, None, options, webhook_id, delivery_id)
