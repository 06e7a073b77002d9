"""``client.catalog``: the personalities that uniqOS offers."""

from __future__ import annotations

from typing import Final

from .._base.model import Model
from .._wire.operation import Operation


class CatalogEntry(Model):
    """A personality of the catalog (fields: undocumented)."""


class CatalogList(Model):
    """Answer of ``catalog.list`` (undocumented; the key ``data`` is presumed, as in the lists that are public)."""

    data: list[CatalogEntry] | None = None


LIST: Final = Operation("GET", "/v1/catalog", CatalogList)
GET: Final = Operation("GET", "/v1/catalog/{slug}", CatalogEntry)
