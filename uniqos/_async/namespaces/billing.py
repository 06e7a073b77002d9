"""``client.billing``: subscription, payment methods, invoices, usage, overage policy, alerts and plans."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from ..._wire.encode import encode
from ..._wire.message import ANY
from ...api import billing as ops
from ..download import save
from .base import AsyncNamespace, namespace
from .pages import AsyncItems

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncSubscription(AsyncNamespace):
    """The subscription of the active organization."""

    __slots__ = ()

    async def get(self, **options: Unpack[p.Options]) -> m.Subscription:
        """The subscription.

        Args:
            **options: The options of every call.

        Returns:
            The subscription; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: docs; the answer is undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_GET, None, options)

    async def update(self, body: p.SubscriptionUpdateLike | None = None, **fields: Any) -> m.Subscription:
        """Change the subscription.

        Args:
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The subscription; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_UPDATE, body, fields)

    async def suspend(self, **options: Unpack[p.Options]) -> m.SuspendedSubscription:
        """Suspend the subscription.

        Args:
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_SUSPEND, None, options)

    async def reactivate(self, **options: Unpack[p.Options]) -> m.ReactivatedSubscription:
        """Take a suspended subscription up again.

        Args:
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_REACTIVATE, None, options)


class AsyncPaymentMethods(AsyncNamespace):
    """How the organization pays."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.PaymentMethodList:
        """The payment methods.

        Args:
            **options: The options of every call.

        Returns:
            The payment methods in ``data``; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_LIST, None, options)

    async def add(self, body: p.PaymentMethodAddLike | None = None, **fields: Any) -> m.PaymentMethod:
        """Add a payment method. An Idempotency-Key makes it safe to repeat.

        Args:
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The payment method; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_ADD, body, fields)

    async def update(
        self, payment_method_id: str, body: p.PaymentMethodUpdateLike | None = None, **fields: Any
    ) -> m.PaymentMethod:
        """Change a payment method.

        Args:
            payment_method_id: Id of the payment method.
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The payment method; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_UPDATE, body, fields, payment_method_id)

    async def remove(self, payment_method_id: str, **options: Unpack[p.Options]) -> m.RemovedPaymentMethod:
        """Remove a payment method.

        Args:
            payment_method_id: Id of the payment method.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_REMOVE, None, options, payment_method_id)


class AsyncInvoices(AsyncNamespace):
    """What was billed."""

    __slots__ = ()

    async def list(self, query: p.InvoiceQueryLike | None = None, **filters: Any) -> m.InvoicePage:
        """One page of invoices.

        Args:
            query: The query as one object; else as keywords. Its keys are undocumented.
            **filters: The same as keywords, and the options of every call.

        Returns:
            The invoices in ``data``, and ``next_cursor`` for the page after it; None on the last.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; query and answer are undocumented.
        """
        return await self._requester.call(ops.INVOICES_LIST, query, filters)

    def iterate(self, query: p.InvoiceQueryLike | None = None, **filters: Any) -> AsyncIterator[m.Invoice]:
        """All invoices; a page is asked for when the one before it is used up.

        Args:
            query: The filters as one object.
            **filters: As for ``list``; ``limit`` is the size of a page, not of the whole.

        Returns:
            An iterator that asks nothing before its first item; it ends where a cursor repeats itself.

        Raises:
            UniqOSError: As for every call.

        Source: undocumented: that there are pages is presumed, as for interactions.
        """
        return AsyncItems(
            lambda query, filters: self._requester.call(ops.INVOICES_LIST, query, filters), query, filters
        )

    async def get(self, invoice_id: str, **options: Unpack[p.Options]) -> m.Invoice:
        """One invoice.

        Args:
            invoice_id: Id of the invoice.
            **options: The options of every call.

        Returns:
            The invoice; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.INVOICES_GET, None, options, invoice_id)

    async def pdf(self, invoice_id: str, **options: Unpack[p.Options]) -> m.File:
        """An invoice as a PDF.

        Args:
            invoice_id: Id of the invoice.
            **options: The options of every call.

        Returns:
            The bytes in ``content``, with ``content_type`` and ``save(path)``.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented, and given as it comes.
        """
        return await self._requester.fetch(ops.INVOICES_PDF, options, invoice_id)

    async def save_pdf(
        self,
        invoice_id: str,
        path: str | os.PathLike[str],
        *,
        max_bytes: int | None = None,
        **options: Unpack[p.Options],
    ) -> m.SavedFile:
        """Write an invoice's PDF to a file, piece by piece; no half file is ever there.

        Args:
            invoice_id: Id of the invoice.
            path: The file, in a folder that exists; a file of that name is replaced.
            max_bytes: The largest size that is taken, in bytes; None for any.
            **options: The options of every call; ``timeout`` bounds the wait for each piece, ``deadline`` the whole.

        Returns:
            Where it is, its size in bytes and its content type.

        Raises:
            ConfigurationError: ``cannot_write_file``: no file can be there.
            ResponseDecodeError: ``response_too_large``, ``empty_response``, or something else than was asked for.
            NotFoundError: There is none of that id.
            UniqOSError: As for every call; ``cannot_write_file`` where writing fails.

        Source: official SDK; the answer is undocumented, and written as it comes.
        """
        return await save(self._requester, encode(ops.INVOICES_PDF, None, options, (invoice_id,)), path, max_bytes, ANY)


class AsyncUsage(AsyncNamespace):
    """What the organization has used."""

    __slots__ = ()

    async def turns(self, query: p.TurnsUsageQueryLike | None = None, **filters: Any) -> m.TurnsUsage:
        """The turns of the whole account.

        Args:
            query: The query as one object; else as keywords. Its keys are undocumented.
            **filters: The same as keywords, and the options of every call.

        Returns:
            The turns in ``data``; the fields of an item are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the query is undocumented.
        """
        return await self._requester.call(ops.USAGE_TURNS, query, filters)

    async def active_relationships(self, **options: Unpack[p.Options]) -> m.ActiveRelationships:
        """The active relationships, which plans limit.

        Args:
            **options: The options of every call.

        Returns:
            The relationships; the fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.USAGE_ACTIVE_RELATIONSHIPS, None, options)

    async def credits(self, **options: Unpack[p.Options]) -> m.Credits:
        """The credits that are left.

        Args:
            **options: The options of every call.

        Returns:
            The credits; the fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.USAGE_CREDITS, None, options)


class AsyncOveragePolicy(AsyncNamespace):
    """What happens to turns beyond the plan."""

    __slots__ = ()

    async def update(self, body: p.OveragePolicyUpdateLike | None = None, **fields: Any) -> m.OveragePolicy:
        """Change what happens to turns beyond the plan.

        Args:
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The policy; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.OVERAGE_POLICY_UPDATE, body, fields)


class AsyncQuotaAlerts(AsyncNamespace):
    """Thresholds of use that a webhook tells of."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.QuotaAlertList:
        """The alerts.

        Args:
            **options: The options of every call.

        Returns:
            The alerts in ``data``; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.ALERTS_LIST, None, options)

    async def create(self, body: p.QuotaAlertCreateLike | None = None, **fields: Any) -> m.QuotaAlert:
        """Set an alert. An Idempotency-Key makes it safe to repeat.

        Args:
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The alert; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.ALERTS_CREATE, body, fields)

    async def delete(self, alert_id: str, **options: Unpack[p.Options]) -> m.DeletedQuotaAlert:
        """Delete an alert.

        Args:
            alert_id: Id of the alert, e.g. ``qa_1``.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.ALERTS_DELETE, None, options, alert_id)


class AsyncPlans(AsyncNamespace):
    """What can be subscribed to."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.PlanList:
        """The plans with prices and limits: Free, Pro, Scale, Enterprise.

        Args:
            **options: The options of every call.

        Returns:
            The plans in ``data``; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.PLANS_LIST, None, options)


class AsyncBilling(AsyncNamespace):
    """Subscription, payment methods, invoices, usage, overage policy, alerts and plans."""

    __slots__ = ("__dict__",)

    @namespace
    def subscription(self) -> type[AsyncSubscription]:
        """The subscription of the active organization."""
        return AsyncSubscription

    @namespace
    def payment_methods(self) -> type[AsyncPaymentMethods]:
        """How the organization pays."""
        return AsyncPaymentMethods

    @namespace
    def invoices(self) -> type[AsyncInvoices]:
        """What was billed."""
        return AsyncInvoices

    @namespace
    def usage(self) -> type[AsyncUsage]:
        """What the organization has used."""
        return AsyncUsage

    @namespace
    def overage_policy(self) -> type[AsyncOveragePolicy]:
        """What happens to turns beyond the plan."""
        return AsyncOveragePolicy

    @namespace
    def alerts(self) -> type[AsyncQuotaAlerts]:
        """Thresholds of use that a webhook tells of."""
        return AsyncQuotaAlerts

    @namespace
    def plans(self) -> type[AsyncPlans]:
        """What can be subscribed to."""
        return AsyncPlans
