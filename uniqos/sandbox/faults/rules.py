"""The rules for faults, which choose requests and change their answers. Plain data, no I/O."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..._wire.decode import problems
from ...errors import ConfigurationError
from ..refusal import KINDS

# The values that a header may have: printable ASCII without a space at either end.
HeaderText = Annotated[str, Field(pattern=r"^([!-~]([ -~]*[!-~])?)?$")]
_MAX_RULES = 1000
_CHOICE = frozenset({"method", "path", "nth", "times"})
"""The fields that choose requests; all others change the answer."""


class Latency(BaseModel):
    """The time that a request waits before anything else happens."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    kind: Literal["fixed", "uniform", "exponential"] = "fixed"
    """The distribution: ``fixed``, ``uniform`` (from 0 to twice ``ms``) or ``exponential``."""
    ms: Annotated[float, Field(ge=0, le=600_000)]
    """The time in milliseconds, at most 600,000; the mean of a uniform or exponential distribution."""

    def seconds(self, chance: random.Random) -> float:
        """Return one time in seconds, drawn from the distribution.

        Args:
            chance: The source of random numbers.
        """
        factor = {"fixed": 1.0, "uniform": 2 * chance.random(), "exponential": chance.expovariate(1)}[self.kind]
        return self.ms * factor / 1000


class Rule(BaseModel):
    """A fault for the requests that match ``method``, ``path`` and ``nth``.

    Without these fields every request matches. At least one field other than these and ``times`` is needed, which
    changes the answer.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    method: Literal["GET", "POST", "PATCH", "DELETE"] | None = None
    """The HTTP method of the requests; every method by default."""
    path: str | None = None
    """The path of the requests, with ``*`` for any text: ``/v1/end-users/*``; every path by default."""
    nth: Annotated[int, Field(ge=1)] | None = None
    """The number of the one matching request that suffers the fault, from 1, counted since the rule was added."""
    times: Annotated[int, Field(ge=1)] | None = None
    """The number of matching requests that suffer the fault; all of them by default."""
    latency: Latency | None = None
    """The time that the requests wait before anything else, as ``Latency(ms=250)`` or ``{"ms": 250}``."""
    code: str | None = None
    """The code of an error that answers instead of the API, such as ``rate_limit_exceeded``."""
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    """The HTTP status of that error, or of the answer, from 200 to 599; 204 and 304 come without a body."""
    retry_after: HeaderText | None = None
    """The header ``Retry-After`` of that error, or of the answer: text in printable ASCII, such as ``"1"``."""
    content_type: HeaderText | None = None
    """The header ``Content-Type`` of the answer, as text in printable ASCII."""
    truncate: Annotated[int, Field(ge=0)] | None = None
    """The number of bytes of the body that are sent. ``Content-Length`` agrees with them, and the JSON is cut."""
    redirect: HeaderText | None = None
    """The URL that a redirect (307) leads to, which answers instead of the API."""
    gzip_bomb: Annotated[int, Field(ge=1, le=1024)] | None = None
    """The size in mebibytes, from 1 to 1024, of compressed zeros that answer instead of the API."""
    drop: bool = False
    """Whether the connection is closed after the headers of the answer: the request has run, its answer is lost."""

    @field_validator("code")
    @classmethod
    def _check_code(cls, code: str | None) -> str | None:
        if code is not None and code not in KINDS:
            raise PydanticCustomError("rule_code", "code must be one of {codes}", {"codes": ", ".join(KINDS)})
        return code

    @model_validator(mode="after")
    def _check_effects(self) -> Rule:
        if not self._effects():
            wanted = ", ".join(name for name in type(self).model_fields if name not in _CHOICE)
            raise PydanticCustomError(
                "rule_effects", "a rule must change the answer: give one of {wanted}", {"wanted": wanted}
            )
        return self

    def _effects(self) -> set[str]:
        """Return the names of the fields that change the answer."""
        return self.model_dump(exclude_defaults=True).keys() - _CHOICE

    def is_only_late(self) -> bool:
        """Return whether the answer only comes later, and is not changed."""
        return self._effects() == {"latency"}

    def matches(self, method: str, path: str) -> bool:
        """Return whether the rule chooses requests with this ``method`` and ``path``."""
        return (self.method or method) == method and fnmatchcase(path, self.path or "*")


def make_rule(fields: Mapping[str, Any]) -> Rule:
    """Return the rule of these fields.

    Raises:
        ConfigurationError: A field does not exist, its value is not valid, or the rule changes no answer.
    """
    try:
        return Rule(**fields)
    except pydantic.ValidationError as exc:
        found = "; ".join(_describe(problem["loc"], problem["type"], problem["msg"]) for problem in problems(exc))
        raise ConfigurationError(f"the rule of a fault is not valid: {found}") from None


def _describe(location: list[Any], kind: str, message: str) -> str:
    if not location:
        return message
    name, known = str(location[0]), Rule.model_fields
    if name not in known:
        return f"it has no field {name!r}; its fields are {', '.join(known)}"
    place = ".".join(map(str, location))
    if kind == "string_pattern_mismatch":
        message = "it must be printable ASCII without a space at either end"
    description = (known[name].description or "").replace("``", "")
    problem = message if message.startswith(f"{name} ") else f"{place}: {message}"
    return f"{problem}. {name} is: {description}"


@dataclass
class ActiveRule:
    """A rule that is switched on, and the number of requests that it has met."""

    id: str
    rule: Rule
    seen: int = 0
    """The number of requests that matched its method and path."""
    used: int = 0
    """The number of requests to which it was applied."""

    @property
    def is_spent(self) -> bool:
        """Whether it cannot apply any more."""
        is_late = self.rule.nth is not None and self.seen >= self.rule.nth
        return is_late or (self.rule.times is not None and self.used >= self.rule.times)

    def take(self, method: str, path: str) -> bool:
        """Count a request, and return whether the rule applies to it."""
        if not self.rule.matches(method, path):
            return False
        self.seen += 1
        if self.rule.nth is not None and self.seen != self.rule.nth:
            return False
        if self.rule.times is not None and self.used >= self.rule.times:
            return False
        self.used += 1
        return True

    def view(self) -> dict[str, Any]:
        """Return the rule as the admin API shows it."""
        return {"id": self.id, "seen": self.seen, "used": self.used, **self.rule.model_dump(exclude_none=True)}


@dataclass
class Rules:
    """The rules that are switched on, in the order in which they were added."""

    chance: random.Random = field(default_factory=lambda: random.Random(0))
    active: list[ActiveRule] = field(default_factory=list[ActiveRule])
    _count: int = 0

    def add(self, rule: Rule) -> ActiveRule:
        """Switch a rule on. When there are too many rules, one that cannot apply any more makes room.

        Raises:
            ConfigurationError: There are too many, and each of them may still apply.
        """
        if len(self.active) >= _MAX_RULES:
            spent = next((one for one in self.active if one.is_spent), None)
            if spent is None:
                raise ConfigurationError(f"the sandbox holds {_MAX_RULES} rules already; remove some of them first")
            self.active.remove(spent)
        self._count += 1
        added = ActiveRule(f"rule_{self._count}", rule)
        self.active.append(added)
        return added

    def remove(self, identifier: str | None = None) -> int:
        """Switch one rule off, or all of them, and return how many were on."""
        before = len(self.active)
        self.active = [one for one in self.active if identifier is not None and one.id != identifier]
        return before - len(self.active)

    def for_request(self, method: str, path: str) -> Rule | None:
        """Return the first rule that applies to a request, if any. The rules after it do not count the request."""
        return next((one.rule for one in self.active if one.take(method, path)), None)
