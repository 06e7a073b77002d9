"""The transcript of a conversation: a file of JSON lines, one when a message is sent and one when its turn has ended.

A message without its second line belongs to a program that was killed. Its key is in the file, so that the next run can
ask for the answer without paying twice.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import ConfigurationError, UniqOSError


class Transcript:
    """The file of a transcript. Without a path nothing is written.

    Args:
        path: The file, which is made if it does not exist, and only readable by its owner. New lines are appended.

    Raises:
        ConfigurationError: The file cannot be read or written, or is no transcript.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: BinaryIO | None = None
        self._path = path
        self.records: list[dict[str, Any]] = []
        """The lines that the file held before."""
        if path is None:
            return
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            content = self._file.read() or b""
        except OSError as exc:
            raise ConfigurationError(
                f"cannot write the transcript {path}: {exc.strerror or exc}", code="cannot_write_file"
            ) from None
        try:
            self.records = _parse(content, path)
        except ConfigurationError:
            self._file.close()
            raise
        self._is_cut: bool = not content.endswith(b"\n") and bool(content)
        """Whether a crash cut the last line, which must not swallow the next one."""

    def __enter__(self) -> Transcript:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def begin(self, message: str, key: str, at: str, names: dict[str, Any]) -> None:
        """Write that a message is being sent.

        Raises:
            UniqOSError: The file cannot be written. Nothing was sent.
        """
        self._write({"type": "sent", "at": at, **names, "message": message, "idempotency_key": key})

    def end(self, record: dict[str, Any]) -> None:
        """Write how a turn ended.

        Raises:
            UniqOSError: The file cannot be written.
        """
        self._write(record)

    def unfinished(self, names: dict[str, Any]) -> dict[str, Any] | None:
        """Return the last message of these two, if its turn has not ended well; None if it has, or there is none."""
        of_both = [record for record in self.records if all(record.get(name) == names[name] for name in names)]
        last = of_both[-1] if of_both else None
        return last if last is not None and last.get("status") != "completed" else None

    def valences(self, names: dict[str, Any]) -> list[float | None]:
        """Return the valence of each turn of these two that has one."""
        found: list[float | None] = []
        for record in self.records:
            state = record.get("inferred_emotional_state")
            if isinstance(state, dict) and all(record.get(name) == names[name] for name in names):
                valence = state.get("valence")
                found.append(float(valence) if isinstance(valence, (int, float)) else None)
        return found

    def _write(self, record: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            # One write for a line, so that a crash does not leave half of it.
            self._file.seek(0, os.SEEK_END)
            line = json.dumps(record, ensure_ascii=False).encode(errors="replace") + b"\n"
            self._file.write(b"\n" + line if self._is_cut else line)
            self._is_cut = False
        except OSError as exc:
            raise UniqOSError(
                f"cannot write the transcript {self._path}: {exc.strerror or exc}", code="cannot_write_file"
            ) from None


def _parse(content: bytes, path: Path) -> list[dict[str, Any]]:
    """Return the lines that are records. A crash may have cut any line but the first."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    records = [record for line in lines if (record := _record(line)) is not None]
    if lines and _record(lines[0]) is None:
        raise ConfigurationError(f"{path} is no transcript: its first line is not a JSON object with a type")
    return records


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "type" in record else None
