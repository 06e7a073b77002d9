"""An endpoint as data, and the pure half of a call: ``encode`` before the request, ``decode`` after the response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from .._base.model import Model, RequestModel
from .options import CallSettings

R = TypeVar("R", bound=Model)
S = TypeVar("S", bound=Model)
Method = Literal["GET", "POST", "PATCH", "DELETE"]
AnyMethod = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
"""The methods that ``client.request`` takes: an endpoint that is not declared may have another one."""
Resend = Literal["safe", "keyed", "billed", "once", "limited"]
Body = BaseModel | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation(Generic[R]):
    """One endpoint: where it is, what goes in, what comes out, and what sending it twice may cost.

    ``resend``: ``"safe"`` has no second effect; ``"keyed"`` carries an Idempotency-Key; ``"billed"`` carries one too
    and is not sent again after a timeout, when the turn may still be running; ``"once"`` may have a second effect and
    is only sent again when the first request surely never ran; ``"limited"`` is like it, and a 429 of it speaks of a
    limit of its own, such as once an hour, which no short wait will lift.
    """

    method: Method
    path: str
    returns: type[R]
    body: type[RequestModel] | None = None
    query: type[RequestModel] | None = None
    resend: Resend = "once"
    reserved: frozenset[str] = frozenset()
    """Values that the last parameter cannot have, since that path is another operation's."""
    params: tuple[str, ...] = field(init=False)
    """Names of the path's parameters, in order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", tuple(part.partition("}")[0] for part in self.path.split("{")[1:]))
        if self.method != "POST":
            object.__setattr__(self, "resend", "safe")

    @property
    def label(self) -> str:
        """The endpoint in words, for messages."""
        return f"{self.method} {self.path}"

    def returning(self, model: type[S]) -> Operation[S]:
        """The same endpoint where the request asks for another answer."""
        return replace(self, returns=model)  # type: ignore[arg-type, return-value]


@dataclass(slots=True)
class Request(CallSettings):
    """One call, ready to be sent any number of times."""

    method: str
    path: str
    label: str
    content: bytes | None
    headers: list[tuple[bytes, bytes]]
    resend: Resend
    idempotency_key: str | None = None
