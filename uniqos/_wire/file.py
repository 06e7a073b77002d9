"""Downloaded files, and the writing of a file that is only visible once it is complete."""

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
    """A file that the API sent, e.g. the PDF of an invoice (undocumented)."""

    content: Base64 = Field(repr=False)
    """The bytes of the file; base64 in JSON."""
    content_type: str | None = None
    """The server's ``Content-Type``, e.g. ``application/pdf``; None if it sent none."""

    def __bytes__(self) -> bytes:
        return self.content

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file to disk. An existing file is replaced in one step.

        Args:
            path: The path of the file; its folder must exist.

        Returns:
            The absolute path.

        Raises:
            ConfigurationError: ``cannot_write_file``: the path cannot be a file.
            UniqOSError: ``cannot_write_file``: writing failed, e.g. because the disk is full.
        """
        with PartialFile(path) as file:
            file.begin()
            file.write(self.content)
            return file.finish()


class SavedFile(Model):
    """A download that was written to disk (a model of this SDK, not of the API; undocumented)."""

    path: Path
    """The absolute path of the file."""
    size: int
    """The size in bytes."""
    content_type: str | None = None
    """The server's ``Content-Type``, e.g. ``application/pdf``; None if it sent none."""


class PartialFile:
    """A file that is written under a temporary name in its folder, and renamed when it is complete.

    Args:
        path: The final path. Of a symbolic link, the file that it points to is replaced.

    Raises:
        ConfigurationError: ``cannot_write_file``: the path cannot be a file. Nothing was written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._mode: int | None = None
        self._file: BinaryIO | None = None
        try:
            # The path is made absolute, since the process may change its working directory.
            self.path: Path = Path(os.path.realpath(path))
            try:
                found = os.stat(self.path)
            except FileNotFoundError:
                if not self.path.parent.is_dir():
                    raise OSError("its folder does not exist") from None
            else:
                if not stat.S_ISREG(found.st_mode):
                    raise OSError("it is not a regular file")
                self._mode = stat.S_IMODE(found.st_mode)
        except (OSError, TypeError, ValueError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise errors.ConfigurationError(f"cannot write {path!s}: {reason}", code="cannot_write_file") from None
        self._temporary_path: Path = self.path.with_name(f".{uuid4().hex}.part")

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *_: object) -> None:
        """Remove the temporary file, if the file was not finished."""
        self._close()
        self._temporary_path.unlink(missing_ok=True)

    def begin(self) -> None:
        """Open the temporary file, and discard the bytes of an earlier attempt."""
        self._close()
        with self._report_errors():
            # A file that replaces another is private until finish() gives it the other's mode. A new file gets the
            # default mode.
            mode = 0o666 if self._mode is None else 0o600
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self._temporary_path, flags, mode), "wb")

    def write(self, data: bytes) -> None:
        """Append data to the temporary file."""
        assert self._file is not None
        with self._report_errors():
            self._file.write(data)

    def finish(self) -> Path:
        """Rename the temporary file to the final path, and return that path."""
        assert self._file is not None
        with self._report_errors():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._close()
            if self._mode is not None:
                os.chmod(self._temporary_path, self._mode)
            os.replace(self._temporary_path, self.path)
            _sync_folder(self.path.parent)
        return self.path

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # The file is incomplete anyway, and will be removed.

    @contextmanager
    def _report_errors(self) -> Generator[None, None, None]:
        """Raise an OSError as the UniqOSError of this file."""
        try:
            yield
        except OSError as exc:
            reason = f"cannot write {self.path}: {exc.strerror or exc}"
            raise errors.UniqOSError(reason, code="cannot_write_file") from exc


def _sync_folder(folder: Path) -> None:
    """Make the new name of a file durable, where the platform can: Windows opens no folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return  # The folder may be writable and not readable.
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # Some network file systems cannot sync a folder; the file itself is whole and in its place.
    finally:
        os.close(descriptor)
