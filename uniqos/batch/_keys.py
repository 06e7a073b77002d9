"""The idempotency key of a record: the same record with the same content always has the same key."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

__all__ = ["body_digest", "record_key"]


def body_digest(path: str, content: bytes | None) -> bytes:
    """Return the digest of a request: its path with the ids in it, and its body.

    Args:
        path: Path and query, as they are sent.
        content: The body; None without one.

    Returns:
        16 bytes.
    """
    return sha256(b"%s\n%s" % (path.encode(), content or b"")).digest()[:16]


def record_key(run: str, operation: str, record: str, digest: bytes) -> str:
    """Return the idempotency key of a record, in the form of a UUID.

    A rerun sends the same key, by which the server can answer again without a second bill. A corrected row has another
    digest and so another key, which makes it a new call.

    Args:
        run: Name of the run, which its ledger keeps.
        operation: Dotted name of the operation.
        record: Id of the record.
        digest: The digest of the request.
    """
    # The lengths keep apart what would be the same text when written one after the other.
    parts = [part.encode("utf-8", "surrogatepass") for part in (run, operation, record)]
    text = b"".join(b"%d:%s" % (len(part), part) for part in parts) + digest
    return str(UUID(bytes=sha256(text).digest()[:16], version=4))
