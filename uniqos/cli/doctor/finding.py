"""One finding of the doctor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["ok", "info", "warning", "failure", "skipped"]


@dataclass(frozen=True)
class Finding:
    """The result of one check. No part of it is secret."""

    check: str
    """The name of the check, the same in every version: ``dns``, ``tls`` ..."""
    status: Status
    text: str
    advice: str | None = None
    """What to do; None if there is nothing to do."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Figures and names for programs."""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON."""
        return asdict(self)
