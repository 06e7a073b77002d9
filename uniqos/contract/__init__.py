"""The contract as an OpenAPI document, and how another document differs from it."""

from __future__ import annotations

from .comparison import Difference as Difference
from .diff import diff as diff
from .openapi import export as export

__all__ = ["Difference", "diff", "export"]
