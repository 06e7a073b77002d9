"""OpenAPI export of the contract, and its comparison with another OpenAPI document."""

from __future__ import annotations

from .comparison import Difference as Difference
from .diff import diff as diff
from .openapi import export as export

__all__ = ["Difference", "diff", "export"]
