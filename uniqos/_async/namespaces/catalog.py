"""The namespace ``client.catalog``: the personalities that uniqOS offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ...api import catalog as ops
from .base import AsyncNamespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncCatalog(AsyncNamespace):
    """The personalities that uniqOS offers. ``personalities.from_catalog`` copies one."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.CatalogList:
        """List the whole catalog.

        Returns:
            The entries in ``data``.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.LIST, None, options)

    async def get(self, slug: str, **options: Unpack[p.Options]) -> m.CatalogEntry:
        """Return one personality of the catalog.

        Args:
            slug: The name of the entry.

        Returns:
            The entry.

        Raises:
            NotFoundError: The catalog has no such entry.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, slug)
