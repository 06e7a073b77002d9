"""The type of the operation table: an endpoint as data, and one request to it."""

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
_BY_METHOD: Any = None


@dataclass(frozen=True, slots=True)
class Operation(Generic[R]):
    """One endpoint of the API.

    Attributes:
        method: HTTP method.
        path: Path with its parameters in braces: ``/v1/deletions/{deletion_id}``.
        returns: Model of the answer.
        body: Model of the request's body, if it has one.
        query: Model of the request's query, if it has one.
        resend: Effect of a second request, which decides when a failed call is sent again. ``"safe"`` has no second
            effect. ``"keyed"`` carries an Idempotency-Key. ``"billed"`` carries one too, and is not sent again after a
            timeout, since the turn may still run. ``"once"`` may have a second effect: it is sent again only if the
            first request surely never ran. ``"limited"`` is like ``"once"``, and its 429 is a limit such as once an
            hour, which no short wait lifts. A POST is ``"once"`` by default; other methods are always ``"safe"``.
        reserved: Values that the last parameter cannot have, since those paths belong to other operations.
        params: Names of the path's parameters, in order.

    Raises:
        ValueError: ``resend`` is given for another method than POST.
    """

    method: Method
    path: str
    returns: type[R]
    body: type[RequestModel] | None = None
    query: type[RequestModel] | None = None
    resend: Resend = _BY_METHOD
    reserved: frozenset[str] = frozenset()
    params: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", tuple(part.partition("}")[0] for part in self.path.split("{")[1:]))
        if self.resend is _BY_METHOD:
            object.__setattr__(self, "resend", "once" if self.method == "POST" else "safe")
        elif self.method != "POST" and self.resend != "safe":
            raise ValueError(
                f"{self.label}: resend={self.resend!r} is for POST alone; leave it out, since a {self.method} has no "
                "second effect and is always sent again"
            )

    @property
    def label(self) -> str:
        """Method and path, for messages: ``GET /v1/deletions/{deletion_id}``."""
        return f"{self.method} {self.path}"

    def returning(self, model: type[S]) -> Operation[S]:
        """Return the same endpoint with another model of the answer, which a field of the request asks for."""
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
