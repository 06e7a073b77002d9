"""What the API sends beyond what this version knows, told once: so that a change of the service is seen early."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from ._model import Model, parts
from .api.stream_events import StreamEventUnknown

_MOST_FINDINGS = 10_000
_WORD = re.compile(r"[\w.:/-]{1,64}")


@dataclass(frozen=True, slots=True)
class DriftReport:
    """One thing that this version did not expect in an answer. It holds no message text."""

    kind: Literal["unknown_field", "unknown_value", "unknown_event", "salvaged"]
    operation: str
    """The endpoint, e.g. ``POST /v1/respond``."""
    model: str
    """Name of the answer's model, or of the part of it."""
    where: str
    """Which field, e.g. ``data[].status``, or the name of the event."""
    found: str | None = None
    """The word that a vocabulary does not have, if it is one word; or what is wrong with a salvaged field."""

    def __str__(self) -> str:
        found = f" ({self.found})" if self.found else ""
        return f"{self.operation}: {self.kind} {self.model}.{self.where}{found}"


OnDrift = Callable[[DriftReport], None]


class Drift:
    """Looks through answers and tells what is new; ``told`` is what was told already."""

    def __init__(self, on_drift: OnDrift, told: set[DriftReport]) -> None:
        self._on_drift: OnDrift = on_drift
        self._told: set[DriftReport] = told

    def look(self, operation: str, answer: Model) -> None:
        """Tell what is new in one validated answer or event."""
        for report in _findings(operation, answer):
            if report in self._told or len(self._told) >= _MOST_FINDINGS:
                continue
            self._told.add(report)
            try:
                self._on_drift(report)
            except Exception:  # a report that fails must not cost an answer that was paid for
                pass


def _findings(operation: str, answer: Model) -> Iterator[DriftReport]:
    name = type(answer).__name__
    http = answer.http
    for problem in http.problems if http is not None else ():
        where = _path(tuple(problem["loc"]))
        yield DriftReport("salvaged", operation, name, where, str(problem["type"]))
    if isinstance(answer, StreamEventUnknown):
        yield DriftReport("unknown_event", operation, name, _word(answer.name) or "?")
        return
    yield from _of_model(operation, answer, ())


def _of_model(operation: str, model: Model, path: tuple[str | int, ...]) -> Iterator[DriftReport]:
    name = type(model).__name__
    for key in model.model_extra or ():
        yield DriftReport("unknown_field", operation, name, _path((*path, key)))
    for field, words in _vocabularies(type(model)).items():
        value = getattr(model, field, None)
        if isinstance(value, str) and value not in words:
            yield DriftReport("unknown_value", operation, name, _path((*path, field)), _word(value))
    for part, step in parts(model):
        yield from _of_model(operation, part, (*path, *step))


@cache
def _vocabularies(model: type[Model]) -> dict[str, frozenset[Any]]:
    """The words of each field that has a vocabulary, yet takes any word."""
    found: dict[str, frozenset[Any]] = {}
    for name, info in model.model_fields.items():
        kinds = get_args(info.annotation)
        words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
        if words and str in kinds:
            found[name] = frozenset(words)
    return found


def _path(steps: tuple[Any, ...]) -> str:
    text = "".join("[]" if isinstance(step, int) else f".{str(step)[:64]}" for step in steps)
    return text.removeprefix(".")


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None
