"""``client.webhooks``: where the API tells of events. Verifying what arrives is ``uniqos.construct_event``."""

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
    """Where the API tells of events; ``uniqos.construct_event`` verifies what arrives."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.WebhookList:
        """The endpoints.

        Args:
            **options: The options of every call.

        Returns:
            The endpoints in ``data``; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.LIST, None, options)

    async def create(
        self, body: p.WebhookCreateLike | None = None, **fields: Unpack[p.WebhookCreateArgs]
    ) -> m.CreatedWebhook:
        """Register an endpoint. An Idempotency-Key makes it safe to repeat.

        Args:
            body: ``url`` (https) and ``subscriptions`` (types of events, e.g. ``payment.failed``) as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The endpoint with its ``secret``, which is shown this once: store it.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; which keys are required is undocumented.
        """
        return await self._requester.call(ops.CREATE, body, fields)

    async def get(self, webhook_id: str, **options: Unpack[p.Options]) -> m.Webhook:
        """One endpoint.

        Args:
            webhook_id: Id of the endpoint, e.g. ``wh_1``.
            **options: The options of every call.

        Returns:
            The endpoint; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, webhook_id)

    async def disable(self, webhook_id: str, **options: Unpack[p.Options]) -> m.DisabledWebhook:
        """Send no more events to an endpoint.

        Args:
            webhook_id: Id of the endpoint, e.g. ``wh_1``.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.DISABLE, None, options, webhook_id)

    async def regenerate_secret(self, webhook_id: str, **options: Unpack[p.Options]) -> m.RegeneratedSecret:
        """Make a new secret for an endpoint.

        Args:
            webhook_id: Id of the endpoint, e.g. ``wh_1``.
            **options: The options of every call.

        Returns:
            An answer that holds the new secret, this once; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call. It is never sent twice where the first may have arrived.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.REGENERATE_SECRET, None, options, webhook_id)

    async def list_deliveries(self, webhook_id: str, **options: Unpack[p.Options]) -> m.WebhookDeliveryList:
        """What was sent to an endpoint.

        Args:
            webhook_id: Id of the endpoint, e.g. ``wh_1``.
            **options: The options of every call.

        Returns:
            The deliveries in ``data``; their fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.LIST_DELIVERIES, None, options, webhook_id)

    async def redeliver(self, webhook_id: str, delivery_id: str, **options: Unpack[p.Options]) -> m.Redelivery:
        """Send a past event once more.

        Args:
            webhook_id: Id of the endpoint, e.g. ``wh_1``.
            delivery_id: Id of the delivery, e.g. ``del_1``.
            **options: The options of every call.

        Returns:
            The fresh delivery.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call. It is never sent twice where the first may have arrived.

        Source: official SDK.
        """
        return await self._requester.call(ops.REDELIVER, None, options, webhook_id, delivery_id)
