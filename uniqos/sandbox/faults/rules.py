"""Faults that are switched on for requests to come: which ones, and what happens to them. Plain data, no I/O."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...errors import ConfigurationError
from ..refusal import KINDS

# What may stand in a header: printable ASCII, without a space at either end.
HeaderText = Annotated[str, Field(pattern=r"^([!-~]([ -~]*[!-~])?)?$")]
_MOST = 1000
_WHICH = frozenset({"method", "path", "nth", "times"})


class Latency(BaseModel):
    """How long a request waits before anything else happens, in milliseconds."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kind: Literal["fixed", "uniform", "exponential"] = "fixed"
    ms: Annotated[float, Field(ge=0, le=600_000)]
    """The time; the middle of a uniform or exponential distribution."""

    def seconds(self, chance: random.Random) -> float:
        """One draw."""
        factor = {"fixed": 1.0, "uniform": 2 * chance.random(), "exponential": chance.expovariate(1)}[self.kind]
        return self.ms * factor / 1000


class Rule(BaseModel):
    """Requests that match all of ``method``, ``path`` and ``nth`` get what the other fields say."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    method: Literal["GET", "POST", "PATCH", "DELETE"] | None = None
    path: str | None = None
    """A path, with ``*`` for anything: ``/v1/end-users/*``."""
    nth: Annotated[int, Field(ge=1)] | None = None
    """Only the n-th request that matches, counted from when the rule was made."""
    times: Annotated[int, Field(ge=1)] | None = None
    """Only so many of the requests that match."""
    latency: Latency | None = None
    code: str | None = None
    """An error of the API instead of an answer, by its code."""
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    """The status of that error, or of the answer; 204 and 304 come without a body."""
    retry_after: HeaderText | None = None
    """The text of the header ``Retry-After``, of that error or of the answer."""
    content_type: HeaderText | None = None
    """What the answer calls itself."""
    truncate: Annotated[int, Field(ge=0)] | None = None
    """How many bytes of the answer's body are sent; its length is right for them, its JSON is not."""
    redirect: HeaderText | None = None
    """An address to redirect to instead of an answer."""
    gzip_bomb: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Mebibytes of zeros, compressed, instead of an answer."""
    drop: bool = False
    """Close the connection after the answer's headers: the request has run, and its answer does not arrive."""

    @model_validator(mode="after")
    def _check(self) -> Rule:
        if self.code is not None and self.code not in KINDS:
            raise ValueError(f"code is one of {', '.join(KINDS)}")
        if not self._does():
            raise ValueError("a rule says what happens: latency, code, status, truncate, drop, ...")
        return self

    def _does(self) -> set[str]:
        """The fields that do something to a request."""
        return self.model_dump(exclude_defaults=True).keys() - _WHICH

    def is_only_late(self) -> bool:
        """Whether the answer comes as it is."""
        return self._does() == {"latency"}

    def is_like(self, method: str, path: str) -> bool:
        """Return whether the rule is for a request with this ``method`` and ``path``."""
        return (self.method or method) == method and fnmatchcase(path, self.path or "*")


@dataclass
class Active:
    """A rule that is switched on."""

    id: str
    rule: Rule
    seen: int = 0
    """How many requests it spoke of."""
    used: int = 0
    """How many it was applied to."""

    @property
    def is_spent(self) -> bool:
        """Whether it can apply no more."""
        is_late = self.rule.nth is not None and self.seen >= self.rule.nth
        return is_late or (self.rule.times is not None and self.used >= self.rule.times)

    def take(self, method: str, path: str) -> bool:
        """Whether it applies to this request, which is counted."""
        if not self.rule.is_like(method, path):
            return False
        self.seen += 1
        if self.rule.nth is not None and self.seen != self.rule.nth:
            return False
        if self.rule.times is not None and self.used >= self.rule.times:
            return False
        self.used += 1
        return True

    def shown(self) -> dict[str, Any]:
        """As the admin API shows it."""
        return {"id": self.id, "seen": self.seen, "used": self.used, **self.rule.model_dump(exclude_none=True)}


@dataclass
class Rules:
    """The rules that are switched on, in order; the first that applies is the one that counts."""

    chance: random.Random = field(default_factory=lambda: random.Random(0))
    active: list[Active] = field(default_factory=list[Active])
    _made: int = 0

    def add(self, rule: Rule) -> Active:
        """Switch a rule on. Where there are too many, one that is spent makes room.

        Raises:
            ConfigurationError: There are too many, and each of them may still apply.
        """
        if len(self.active) >= _MOST:
            spent = next((one for one in self.active if one.is_spent), None)
            if spent is None:
                raise ConfigurationError(f"the sandbox holds {_MOST} rules already; remove some of them first")
            self.active.remove(spent)
        self._made += 1
        made = Active(f"rule_{self._made}", rule)
        self.active.append(made)
        return made

    def remove(self, identifier: str | None = None) -> int:
        """Switch one off, or all; gives how many."""
        before = len(self.active)
        self.active = [one for one in self.active if identifier is not None and one.id != identifier]
        return before - len(self.active)

    def for_request(self, method: str, path: str) -> Rule | None:
        """The rule that applies to a request, if any."""
        return first(one.rule for one in self.active if one.take(method, path))


def first(rules: Iterable[Rule]) -> Rule | None:
    """The first of them; the others are not asked, and so do not count the request."""
    return next(iter(rules), None)
