"""The idempotency key of a record: the same record with the same content always has the same key."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

__all__ = ["body_digest", "key_maker"]


def body_digest(path: str, content: bytes | None) -> bytes:
    """Return the digest of a request: its path with the ids in it, and its body.

    Args:
        path: Path and query, as they are sent.
        content: The body; None without one.

    Returns:
        16 bytes.
    """
    return sha256(b"%s\n%s" % (path.encode(), content or b"")).digest()[:16]


def key_maker(run: str, operation: str) -> Callable[[str, bytes], str]:
    """Return the function that makes the idempotency key of a record from its id and the digest of its request.

    The key has the form of a random UUID. A rerun sends the same key, by which the server can answer again without a
    second bill. A corrected row has another digest and so another key, which makes it a new call.

    Args:
        run: Name of the run, which its ledger keeps.
        operation: Dotted name of the operation.
    """
    # The lengths keep apart what would be the same text when written one after the other.
    names = [part.encode() for part in (run, operation)]
    start = sha256(b"".join(b"%d:%s" % (len(name), name) for name in names))

    def make_key(record: str, digest: bytes) -> str:
        whole = start.copy()
        whole.update(digest + record.encode())  # A digest has a fixed length.
        text = whole.hexdigest()
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"

    return make_key
