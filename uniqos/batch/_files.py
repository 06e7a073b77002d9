"""The output files of a batch, written from its ledger in the order of the input."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from .._base.model import Model
from ..errors import ConfigurationError, UniqOSError
from ._errors import BatchError
from ._outcomes import Done, Result
from ._outputs import Output
from ._records import line_of

__all__ = ["Files"]


class Files:
    """The two files of a run: the answers, and the rejected rows with the failed records.

    They are opened before anything is sent, so that a folder that cannot be written costs no turn.

    Args:
        output: The path of the answers.
        rejects: The path of the rest; None puts it beside the answers, as ``OUT.rejects.jsonl``.
        model: The model of the answers.
        kept: The input and the ledger of the run, which the files must not replace. An input without a path is none.

    Raises:
        ConfigurationError: A file cannot be written, or its path is that of another file of the run.
    """

    def __init__(
        self,
        output: str | os.PathLike[str],
        rejects: str | os.PathLike[str] | None,
        model: type[Model],
        kept: Iterable[object] = (),
    ) -> None:
        path = Path(output)
        beside = path.with_name(f"{path.name.removesuffix(path.suffix)}.rejects.jsonl") if rejects is None else rejects
        _check_differ([path, beside, *kept])
        with ExitStack() as opened:
            self._answers: Output = Output(path, model)
            opened.callback(self._answers.abort)
            self._rest: Output = Output(Path(beside))
            opened.pop_all()

    def write(self, results: Iterable[Result[Model]]) -> None:
        """Write the results to both files, and let them appear under their names.

        Raises:
            BatchError: ``output_unwritable``: a file cannot be written, e.g. because the disk is full.
        """
        try:
            for result in results:
                (self._answers if isinstance(result, Done) else self._rest).write(line_of(result))
            self._rest.finish()
            self._answers.finish()
        except UniqOSError as exc:
            if exc.code != "cannot_write_file":
                raise
            raise BatchError(
                f"{exc.message}; all answers are in the ledger: mend that, and run the batch again",
                code="output_unwritable",
            ) from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._answers.abort()
        self._rest.abort()


def _check_differ(paths: Iterable[object]) -> None:
    seen: set[str] = set()
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            continue
        real = os.path.realpath(path)
        if real in seen:
            raise ConfigurationError(
                f"{os.fspath(path)!r} would be two files of the run; give input, output, rejects and ledger a path each"
            )
        seen.add(real)
