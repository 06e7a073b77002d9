"""The namespace ``client.billing``: subscription, payment methods, invoices, usage, overage, alerts and plans."""

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
        """Return the subscription.

        Returns:
            The subscription.

        Source: docs; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_GET, None, options)

    async def update(self, body: p.SubscriptionUpdateLike | None = None, **fields: Any) -> m.Subscription:
        """Change the subscription.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The subscription.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_UPDATE, body, fields)

    async def suspend(self, **options: Unpack[p.Options]) -> m.SuspendedSubscription:
        """Suspend the subscription.

        Returns:
            The server's answer.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_SUSPEND, None, options)

    async def reactivate(self, **options: Unpack[p.Options]) -> m.ReactivatedSubscription:
        """Reactivate a suspended subscription.

        Returns:
            The server's answer.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.SUBSCRIPTION_REACTIVATE, None, options)


class AsyncPaymentMethods(AsyncNamespace):
    """The payment methods of the organization."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.PaymentMethodList:
        """List the payment methods.

        Returns:
            The payment methods in ``data``.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_LIST, None, options)

    async def add(self, body: p.PaymentMethodAddLike | None = None, **fields: Any) -> m.PaymentMethod:
        """Add a payment method. An idempotency key makes retries safe.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The payment method.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_ADD, body, fields)

    async def update(
        self, payment_method_id: str, body: p.PaymentMethodUpdateLike | None = None, **fields: Any
    ) -> m.PaymentMethod:
        """Change a payment method.

        Args:
            payment_method_id: The id of the payment method.
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The payment method.

        Raises:
            NotFoundError: The payment method does not exist.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_UPDATE, body, fields, payment_method_id)

    async def remove(self, payment_method_id: str, **options: Unpack[p.Options]) -> m.RemovedPaymentMethod:
        """Remove a payment method.

        Args:
            payment_method_id: The id of the payment method.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The payment method does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.PAYMENT_METHODS_REMOVE, None, options, payment_method_id)


class AsyncInvoices(AsyncNamespace):
    """The invoices of the organization."""

    __slots__ = ()

    async def list(self, query: p.InvoiceQueryLike | None = None, **filters: Any) -> m.InvoicePage:
        """List one page of invoices.

        Args:
            query: The query as one object. Its keys are undocumented.
            **filters: The query as keywords, and the options of the call.

        Returns:
            The invoices in ``data``, and ``next_cursor`` for the next page; None on the last.

        Source: official SDK; the shapes of query and answer are undocumented.
        """
        return await self._requester.call(ops.INVOICES_LIST, query, filters)

    def iterate(self, query: p.InvoiceQueryLike | None = None, **filters: Any) -> AsyncIterator[m.Invoice]:
        """Iterate over all invoices.

        Args:
            query: The query as one object.
            **filters: As for ``list``. ``limit`` is the size of one page, and not the total.

        Returns:
            An iterator. It requests each page when it is needed, and stops if a cursor repeats.

        Source: undocumented; pages are presumed, as for interactions.
        """
        return AsyncItems(
            lambda query, filters: self._requester.call(ops.INVOICES_LIST, query, filters), query, filters
        )

    async def get(self, invoice_id: str, **options: Unpack[p.Options]) -> m.Invoice:
        """Return one invoice.

        Args:
            invoice_id: The id of the invoice.

        Returns:
            The invoice.

        Raises:
            NotFoundError: The invoice does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.INVOICES_GET, None, options, invoice_id)

    async def pdf(self, invoice_id: str, **options: Unpack[p.Options]) -> m.File:
        """Download the PDF of an invoice into memory.

        Args:
            invoice_id: The id of the invoice.

        Returns:
            The bytes in ``content``, with ``content_type`` and ``save(path)``.

        Raises:
            NotFoundError: The invoice does not exist.

        Source: official SDK; the shape of the answer is undocumented, and not checked.
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
        """Download the PDF of an invoice to a file, which appears once it is complete.

        Args:
            invoice_id: The id of the invoice.
            path: The file. Its folder must exist; an existing file is replaced.
            max_bytes: The largest accepted size in bytes; None for no limit.
            **options: The options of the call. ``timeout`` limits the wait for each chunk, ``deadline`` the whole
                download.

        Returns:
            The path, the size in bytes and the content type.

        Raises:
            ConfigurationError: ``cannot_write_file``: the path cannot be a file.
            ResponseDecodeError: The response is larger than ``max_bytes`` (``response_too_large``), empty
                (``empty_response``), or of an unexpected content type.
            NotFoundError: The invoice does not exist.
            UniqOSError: ``cannot_write_file``: writing failed, e.g. because the disk is full.

        Source: official SDK; the shape of the answer is undocumented, and not checked.
        """
        return await save(self._requester, encode(ops.INVOICES_PDF, None, options, (invoice_id,)), path, max_bytes, ANY)


class AsyncUsage(AsyncNamespace):
    """The usage of the organization."""

    __slots__ = ()

    async def turns(self, query: p.TurnsUsageQueryLike | None = None, **filters: Any) -> m.TurnsUsage:
        """Return the turns of the whole account.

        Args:
            query: The query as one object. Its keys are undocumented.
            **filters: The query as keywords, and the options of the call.

        Returns:
            The turns in ``data``; the fields of an item are undocumented.

        Source: official SDK; the shape of the query is undocumented.
        """
        return await self._requester.call(ops.USAGE_TURNS, query, filters)

    async def active_relationships(self, **options: Unpack[p.Options]) -> m.ActiveRelationships:
        """Return the active relationships, whose number the plan limits.

        Returns:
            The relationships.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.USAGE_ACTIVE_RELATIONSHIPS, None, options)

    async def credits(self, **options: Unpack[p.Options]) -> m.Credits:
        """Return the remaining credits.

        Returns:
            The credits.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.USAGE_CREDITS, None, options)


class AsyncOveragePolicy(AsyncNamespace):
    """The treatment of turns beyond the plan."""

    __slots__ = ()

    async def update(self, body: p.OveragePolicyUpdateLike | None = None, **fields: Any) -> m.OveragePolicy:
        """Change the treatment of turns beyond the plan.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The policy.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.OVERAGE_POLICY_UPDATE, body, fields)


class AsyncQuotaAlerts(AsyncNamespace):
    """Alerts by webhook when the usage reaches a threshold."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.QuotaAlertList:
        """List the alerts.

        Returns:
            The alerts in ``data``.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.ALERTS_LIST, None, options)

    async def create(self, body: p.QuotaAlertCreateLike | None = None, **fields: Any) -> m.QuotaAlert:
        """Create an alert. An idempotency key makes retries safe.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The alert.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.ALERTS_CREATE, body, fields)

    async def delete(self, alert_id: str, **options: Unpack[p.Options]) -> m.DeletedQuotaAlert:
        """Delete an alert.

        Args:
            alert_id: The id of the alert, e.g. ``qa_1``.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The alert does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.ALERTS_DELETE, None, options, alert_id)


class AsyncPlans(AsyncNamespace):
    """The plans that uniqOS sells."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.PlanList:
        """List the plans with their prices and limits: Free, Pro, Scale, Enterprise.

        Returns:
            The plans in ``data``; their fields are undocumented.

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
        """The payment methods of the organization."""
        return AsyncPaymentMethods

    @namespace
    def invoices(self) -> type[AsyncInvoices]:
        """The invoices of the organization."""
        return AsyncInvoices

    @namespace
    def usage(self) -> type[AsyncUsage]:
        """The usage of the organization."""
        return AsyncUsage

    @namespace
    def overage_policy(self) -> type[AsyncOveragePolicy]:
        """The treatment of turns beyond the plan."""
        return AsyncOveragePolicy

    @namespace
    def alerts(self) -> type[AsyncQuotaAlerts]:
        """Alerts by webhook when the usage reaches a threshold."""
        return AsyncQuotaAlerts

    @namespace
    def plans(self) -> type[AsyncPlans]:
        """The plans that uniqOS sells."""
        return AsyncPlans
