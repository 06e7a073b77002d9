"""The output files of a batch, written from its ledger in the order of the input."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from .._base.model import M
from .._wire.operation import Operation
from ._ledger import Ledger
from ._outcomes import Done
from ._outputs import Output, line_of
from ._results import results_in

__all__ = ["Files"]


class Files:
    """The two files of a run: the answers, and the rejected rows with the failed records.

    They are opened before anything is sent, so that a folder that cannot be written costs no turn.

    Args:
        output: The path of the answers.
        rejects: The path of the rest; None puts it beside the answers, as ``OUT.rejects.jsonl``.
        model: The model of the answers.

    Raises:
        BatchError: A file cannot be written.
    """

    def __init__(self, output: str | os.PathLike[str], rejects: str | os.PathLike[str] | None, model: type[M]) -> None:
        path = Path(output)
        beside = path.with_name(f"{path.name.removesuffix(path.suffix)}.rejects.jsonl")
        with ExitStack() as opened:
            self._answers: Output = Output(path, model)
            opened.callback(self._answers.abort)
            self._rest: Output = Output(beside if rejects is None else Path(rejects))
            opened.pop_all()

    def write(self, ledger: str | os.PathLike[str], operation: Operation[M]) -> None:
        """Write both files, and let them appear under their names."""
        with closing(Ledger(ledger, {}, None, read_only=True)) as opened:
            for result in results_in(opened, operation):
                (self._answers if isinstance(result, Done) else self._rest).write(line_of(result))
        self._rest.finish()
        self._answers.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._answers.abort()
        self._rest.abort()
