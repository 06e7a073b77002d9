"""A received webhook delivery, its verification, and its form in a record."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from ..._base.secret import Secret
from ...errors import ConfigurationError, UniqOSError, WebhookSignatureError
from ...webhooks import WebhookEvent, construct_event

_SIGNATURE = "x-uniqos-signature"
_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization"})
"""The headers that a tunnel may add, and that a record leaves out."""


@dataclass
class Delivery:
    """A delivery as it came."""

    target: str
    """The path and the query of the request."""
    headers: list[tuple[str, str]]
    body: bytes = field(repr=False)
    received_at: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat(timespec="milliseconds"))
    event: WebhookEvent | None = None
    reason: str | None = None
    """The reason why it could not be verified; None if it was."""
    repetition: int = 0
    """How often the same id came before."""
    outcome: dict[str, Any] | None = None
    """The result of forwarding: ``status``, ``attempts``, ``ms`` and ``error``; None if it was not forwarded."""

    def verify(self, secrets: Sequence[Secret], tolerance: float) -> None:
        """Verify the signature, and set ``event`` or ``reason``."""
        found = next((value for name, value in self.headers if name.lower() == _SIGNATURE), None)
        try:
            self.event = construct_event(self.body, found, secrets, tolerance=tolerance)
        except WebhookSignatureError as exc:
            self.reason = exc.reason

    def query(self) -> str:
        """Return the query of the request, without the question mark."""
        return self.target.partition("?")[2]

    def summary(self) -> dict[str, Any]:
        """Return the delivery as JSON: the event, whether it is genuine, and the result of forwarding."""
        return {
            "received_at": self.received_at,
            "verified": self.event is not None,
            "reason": self.reason,
            "repetition": self.repetition,
            "event": self.event.to_dict() if self.event is not None else None,
            "forwarded": self.outcome,
        }

    def record(self) -> dict[str, Any]:
        """Return the whole delivery as JSON, from which ``from_record`` makes it again."""
        headers = [list(header) for header in self.headers if header[0].lower() not in _PRIVATE]
        return {
            **self.summary(),
            "target": self.target,
            "headers": headers,
            "body_base64": base64.b64encode(self.body).decode(),
        }


class Record:
    """The file of a record, with one delivery in a line.

    Args:
        path: The file, which is made if it does not exist, and only readable by its owner. New lines are appended.

    Raises:
        ConfigurationError: The file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: BinaryIO = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", 0)
        except OSError as exc:
            raise ConfigurationError(f"cannot write the record {path}: {exc.strerror or exc}") from None

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, delivery: Delivery) -> None:
        """Append a delivery.

        Raises:
            UniqOSError: The file cannot be written.
        """
        try:
            self._file.write(json.dumps(delivery.record()).encode() + b"\n")
        except OSError as exc:
            raise UniqOSError(f"cannot write the record {self._path}: {exc.strerror or exc}") from None


def read_record(path: Path) -> list[Delivery]:
    """Return the deliveries of a record, the oldest first.

    Raises:
        ConfigurationError: The file cannot be read, or is no record.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as exc:
        raise ConfigurationError(f"cannot read the record {path}: {exc.strerror or exc}") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            headers = [(str(name), str(value)) for name, value in fields["headers"]]
            body = base64.b64decode(fields["body_base64"], validate=True)
            found.append(Delivery(str(fields["target"]), headers, body, str(fields["received_at"])))
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError(f"{path} is no record of deliveries: line {number} cannot be read") from None
    return found


def made_again(delivery: Delivery, secret: Secret, created_at: str) -> Delivery:
    """Return a delivery with another time, signed anew: receivers refuse one that was made long ago.

    Args:
        delivery: The recorded delivery.
        secret: The secret that the receiver verifies with.
        created_at: The new time of the event.

    Raises:
        ConfigurationError: The body is not a JSON object.
    """
    from ...webhooks import signature_of

    try:
        event = {**json.loads(delivery.body), "created_at": created_at}
    except (ValueError, TypeError):
        raise ConfigurationError("a recorded delivery is not a JSON object, and cannot be made anew") from None
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    kept = [header for header in delivery.headers if header[0].lower() != _SIGNATURE]
    return Delivery(delivery.target, [*kept, ("X-Uniqos-Signature", signature_of(body, secret))], body)
