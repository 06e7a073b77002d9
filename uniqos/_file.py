"""Files: what a download gives, and where one is written so that a half file is never seen."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from uuid import uuid4

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from . import errors
from ._model import Model


def _from_base64(value: Any) -> Any:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(_to_base64, str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]


class File(Model):
    """A file as the API sent it, e.g. an invoice's PDF (undocumented; the content type is the server's)."""

    content: Base64
    """The bytes; in JSON as base64."""
    content_type: str | None = None
    """What the server called it, e.g. ``application/pdf``."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file; one that is there already is replaced, at once and whole.

        Args:
            path: Where to; the folder must exist.

        Returns:
            The same path.

        Raises:
            UniqOSError: ``cannot_write_file``.
        """
        part = Part(path)
        try:
            with part.open() as file:
                part.write(file, self.content)
            return part.finish()
        finally:
            part.remove()


class SavedFile(Model):
    """A download that was written to disk (this SDK's own: the API does not know of it; undocumented)."""

    path: Path
    size: int
    """How many bytes it has."""
    content_type: str | None = None
    """What the server called it, e.g. ``application/pdf``."""


class Part:
    """A file on its way: written beside its place under another name, and moved there when it is whole.

    Args:
        path: Where it will be.

    Raises:
        ConfigurationError: ``cannot_write_file``: that is a folder, or the folder does not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = Path(path)
        self._part: Path = self.path.with_name(f".{uuid4().hex}.part") if self.path.name else self.path
        if self.path.is_dir() or not self.path.parent.is_dir():
            reason = "it is a folder" if self.path.is_dir() else "its folder does not exist"
            raise errors.ConfigurationError(f"cannot write {self.path}: {reason}", code="cannot_write_file")

    def open(self) -> BinaryIO:
        """Begin, or begin anew."""
        try:
            return open(self._part, "wb")
        except OSError as exc:
            raise self._failed(exc) from exc

    def write(self, file: BinaryIO, data: bytes) -> None:
        """Write what comes next."""
        try:
            file.write(data)
        except OSError as exc:
            raise self._failed(exc) from exc

    def finish(self) -> Path:
        """Put the whole file in its place."""
        try:
            os.replace(self._part, self.path)
        except OSError as exc:
            raise self._failed(exc) from exc
        return self.path

    def remove(self) -> None:
        """Remove what is not in its place by now."""
        self._part.unlink(missing_ok=True)

    def _failed(self, exc: OSError) -> errors.UniqOSError:
        return errors.UniqOSError(f"cannot write {self.path}: {exc.strerror or exc}", code="cannot_write_file")
