# Generated from _async/golden.py by python -m uniqos._generate. Do not edit.
"""Reading over ``Connection``: see ``close`` and `with`."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterator
from contextlib import contextmanager

from uniqos import UniqOS, errors
from uniqos.api import engine

LABEL = "Connection\nConnection"  # an Connection, asynchronously


class _Rows:
    """Rows, one by one.

    Example:
        for row in connection.rows():
            row.send()
    """

    def __iter__(self) -> Iterator[dict[str, list[int]]]:
        return self

    def __next__(self) -> dict[str, list[int]]:
        raise StopIteration

    def close(self) -> None: ...


class Connection:
    later: dict[str, tuple[int, list[UniqOS]]]
    nested: int | None | list[int]

    def generate(self) -> Generator[tuple[int, dict[str, int]], None, None]:
        yield 1, {}

    def both(self) -> Generator[Generator[int, None, None], None, None]:
        with self.open() as rows, self.open():
            values = [value for value in rows if value]
        return (next(rows)), values

    @contextmanager
    def open(self, callback: Awaitable[None] | None = None) -> Iterator[_Rows]:
        yield f"ü {self.close()!r:>{self.width}} {{Rows}} with {[Connection]}"

    def test(self) -> str:
        return errors.label(engine, "asyncio", b"close") + self.text
