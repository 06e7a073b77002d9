"""Reports of fields, words and events that this version of the SDK does not know, each reported once."""

# No deferred annotations: typing.get_type_hints would look them up in `uniqos`, the `__module__` of these classes.

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Literal, get_args, get_origin

from .._base.fork import ForkSafeLock
from .._base.model import Model
from .._base.response import parts
from .._base.safe import is_word
from ..api.stream_events import StreamEventUnknown
from .logging import LeveledLogger

_MAX_REPORTS = 10_000
_MAX_KEYS = 1_000
"""How many unknown keys of one object are reported: an answer can have hundreds of thousands."""
_reporting = ForkSafeLock()


@dataclass(frozen=True, slots=True)
class DriftReport:
    """One part of an answer that this version does not know. It holds no text of a message."""

    __module__ = "uniqos"

    kind: Literal["unknown_field", "unknown_value", "unknown_event", "salvaged"]
    operation: str
    """The endpoint, e.g. ``POST /v1/respond``."""
    model: str
    """Name of the model of the answer."""
    where: str
    """The field, e.g. ``data[].status``, or the name of the event; ``?`` stands for a name that is not a plain word."""
    found: str | None = None
    """The unknown word of a vocabulary, if it is one word; or the kind of problem of a salvaged field."""

    def __str__(self) -> str:
        found = f" ({self.found})" if self.found else ""
        return f"{self.operation}: {self.kind} {self.model}.{self.where}{found}"


OnDrift = Callable[[DriftReport], None]


class Drift:
    """Compares answers with their models and reports the differences.

    Args:
        on_drift: The function that gets the reports.
        reported: The reports made before, which are not repeated.
        log: Gets a warning when ``on_drift`` fails.
    """

    def __init__(self, on_drift: OnDrift, reported: set[DriftReport], log: LeveledLogger) -> None:
        self._on_drift: OnDrift = on_drift
        self._reported: set[DriftReport] = reported
        self._log: LeveledLogger = log

    def look(self, operation: str, answer: Model) -> None:
        """Report the unknown parts of one validated answer or event."""
        for report in _findings(operation, answer):
            with _reporting:  # Two threads may find the same part at once.
                if report in self._reported or len(self._reported) >= _MAX_REPORTS:
                    continue
                self._reported.add(report)
            try:
                self._on_drift(report)
            except Exception as exc:  # A failing callback must not lose a paid answer.
                self._log.warning("uniqos: on_drift failed", report=str(report), error=type(exc).__name__)


def _findings(operation: str, answer: Model) -> Iterator[DriftReport]:
    """Yield the reports of an answer."""
    name = type(answer).__name__
    http = answer.http
    if http is not None and http.problems:
        content = answer.to_dict()
        for problem in http.problems:
            where = _path(_json_location(content, problem["loc"]))
            yield DriftReport("salvaged", operation, name, where, str(problem["type"]))
    if isinstance(answer, StreamEventUnknown):
        yield DriftReport("unknown_event", operation, name, _word(answer.name) or "?")
        return
    yield from _of_part(operation, name, answer, ())


def _of_part(operation: str, name: str, part: Model, path: tuple[str | int, ...]) -> Iterator[DriftReport]:
    """Yield the reports of a model at ``path`` inside an answer, and of the models inside it."""
    for key in islice(part.model_extra or (), _MAX_KEYS):
        yield DriftReport("unknown_field", operation, name, _path((*path, key)))
    for field, words in _vocabularies(type(part)).items():
        value = getattr(part, field, None)
        if isinstance(value, str) and value not in words:
            yield DriftReport("unknown_value", operation, name, _path((*path, field)), _word(value))
    for inner, step in parts(part):
        yield from _of_part(operation, name, inner, (*path, *step))


@cache
def _vocabularies(model: type[Model]) -> dict[str, frozenset[Any]]:
    """Return the known words of each field that also takes any other word."""
    found: dict[str, frozenset[Any]] = {}
    for name, info in model.model_fields.items():
        kinds = get_args(info.annotation)
        words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
        if words and str in kinds:
            found[name] = frozenset(words)
    return found


def _json_location(content: Any, loc: Iterable[Any]) -> tuple[str | int, ...]:
    """Return pydantic's location of a problem, without the steps that name a member of a union."""
    steps: list[str | int] = []
    for step in loc:
        if (isinstance(content, dict) and step in content) or (
            isinstance(content, list) and isinstance(step, int) and step < len(content)
        ):
            content = content[step]
        elif steps and not isinstance(content, dict):
            continue
        steps.append(step)
    return tuple(steps)


def _path(steps: Iterable[str | int]) -> str:
    text = "".join("[]" if isinstance(step, int) else f".{_word(step) or '?'}" for step in steps)
    return text.removeprefix(".")


def _word(value: Any) -> str | None:
    return value if is_word(value) else None
