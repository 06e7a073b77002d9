"""Models as in ``uniqos/api``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from .._model import Model, RequestModel
from .._operation import Operation

Color = Literal["red", "green"]


class Answer(Model):
    """What comes back is no parameter."""

    text: str


class OnlyBase(RequestModel):
    """Shared by others; no operation takes it."""

    from_: AwareDatetime | None = Field(default=None, validation_alias="from", serialization_alias="from")
    """Earliest instant."""


class Query(OnlyBase):
    """A query with a key that is a Python word."""

    limit: Annotated[int, Field(ge=1)] | None = None


class Part(RequestModel):
    """Inside another."""

    name: Annotated[str, StringConstraints(max_length=500)]
    """At most 500 characters."""
    color: Color | str | None = None
    day: date = Field(description="Required too.")


class Body(RequestModel):
    """A body."""

    selectors: ClassVar[tuple[str, ...]] = ("stream",)

    parts: Sequence[Part]
    """Several
    lines.
    """
    before: list[Answer] | None = None
    stream: bool | None = None

    def method(self) -> None:
        """No field."""


class Special(Body):
    """A body of its own, and of the same selectors."""

    extra: Any = None


class Open(RequestModel):
    """Undocumented."""


POST: Final = Operation("POST", "/v1/body", Answer, body=Body)
LIST: Final = Operation("GET", "/v1/body", Answer, query=Query)
