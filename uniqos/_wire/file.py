"""Files: what a download gives, and where one is written so that a half file is never seen."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from uuid import uuid4

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from .. import errors
from .._base.model import Model


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

    content: Base64 = Field(repr=False)
    """The bytes; in JSON as base64."""
    content_type: str | None = None
    """What the server called it, e.g. ``application/pdf``."""

    def __bytes__(self) -> bytes:
        return self.content

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file; one that is there already is replaced, at once and whole.

        Args:
            path: Where to; the folder must exist.

        Returns:
            The absolute path.

        Raises:
            ConfigurationError: ``cannot_write_file``: no file can be there.
            UniqOSError: ``cannot_write_file``: the disk is full, say.
        """
        with Part(path) as part:
            part.begin()
            part.write(self.content)
            return part.finish()


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
        path: Where it will be. A symbolic link stays one: the file it leads to is replaced.

    Raises:
        ConfigurationError: ``cannot_write_file``: no file can be there. Nothing has been written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._mode: int | None = None
        self._file: BinaryIO | None = None
        try:
            # Absolute, since the process may change its folder meanwhile.
            self.path: Path = Path(os.path.realpath(path))
            try:
                found = os.stat(self.path)
            except FileNotFoundError:
                if not self.path.parent.is_dir():
                    raise OSError("its folder does not exist") from None
            else:
                if not stat.S_ISREG(found.st_mode):
                    raise OSError("that is no regular file")
                self._mode = stat.S_IMODE(found.st_mode)
        except (OSError, TypeError, ValueError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise errors.ConfigurationError(f"cannot write {path!s}: {reason}", code="cannot_write_file") from None
        self._part: Path = self.path.with_name(f".{uuid4().hex}.part")

    def __enter__(self) -> Part:
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *_: object) -> None:
        """Remove what is not in its place by now."""
        self._close()
        self._part.unlink(missing_ok=True)

    def begin(self) -> None:
        """Begin, or begin anew."""
        self._close()
        with self._told():
            # As private as what it replaces; a new file gets what the system gives to any.
            mode = 0o666 if self._mode is None else 0o600
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self._part, flags, mode), "wb")

    def write(self, data: bytes) -> None:
        """Write what comes next."""
        assert self._file is not None
        with self._told():
            self._file.write(data)

    def finish(self) -> Path:
        """Put the whole file in its place."""
        assert self._file is not None
        with self._told():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._close()
            if self._mode is not None:
                os.chmod(self._part, self._mode)
            os.replace(self._part, self.path)
        return self.path

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # what it could not write any more is of no use to anybody

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        try:
            yield
        except OSError as exc:
            reason = f"cannot write {self.path}: {exc.strerror or exc}"
            raise errors.UniqOSError(reason, code="cannot_write_file") from exc
