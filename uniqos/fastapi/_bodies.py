"""The bodies that a service takes from browsers: narrow models of a turn, completed by the service."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import Callable, Collection
from functools import cache
from inspect import Parameter, Signature
from typing import Annotated, Any, ClassVar, Literal

import pydantic
from fastapi import Body
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends

from .. import errors
from .._base.docstrings import field_descriptions
from .._base.response import build_model
from .._wire.decode import describe, problems
from ..api.engine import RespondRequest

BROWSER_FIELDS = ("personality_id", "message", "mode")
"""The fields of a turn that a browser may set by default."""
_ROUTE_FIELDS = ("stream", "return_format")
"""The fields that choose the type of the answer. The route decides them."""
_EXAMPLES: dict[str, Any] = {
    "personality_id": "pers_...",
    "message": "Hello!",
    "mode": "stateless",
    "user_id": "user_1",
}


class TurnBody(pydantic.BaseModel):
    """One message to a personality."""

    model_config: ClassVar[pydantic.ConfigDict] = pydantic.ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{name: _EXAMPLES[name] for name in BROWSER_FIELDS}]},
    )

    personality_id: str = pydantic.Field(description="Id of the personality that answers, e.g. `pers_...`.")
    message: str = pydantic.Field(description="Text of the user.")
    mode: Literal["stateless", "stateful"] | None = pydantic.Field(
        None,
        description="`stateful` uses relational memory. By default the personality's `default_mode`.",
    )


def turn_body(
    fields: Collection[str] = BROWSER_FIELDS, /, *, example: dict[str, Any] | None = None, **server: Any
) -> Callable[..., RespondRequest]:
    """A dependency that makes a turn of the body and of values of the service.

    ``Annotated[RespondRequest, Depends(turn_body(user_id=Depends(current_user)))]``

    A body that holds any other field is refused with 422. So a browser cannot set the ``user_id``, which would give it
    another person's memory.

    Args:
        fields: The fields of a turn that the body may hold. Fields that the service sets are not among them.
        example: An example of the body for the OpenAPI document. Swagger fills it in.
        **server: The fields that the service sets: values, or ``Depends(...)`` of a function that returns one. A value
            of None leaves the field out.

    Returns:
        The dependency, which gives the turn.

    Raises:
        ConfigurationError: A field is unknown, is decided by the route, or is required and given by neither side.
    """
    names = tuple(name for name in dict.fromkeys(fields) if name not in server)
    _check_fields(names, server)
    model = _body_model(names) if example is None else _make_model(names, example)
    dependencies = {name: value for name, value in server.items() if isinstance(value, Depends)}

    def turn(body: pydantic.BaseModel, **given: Any) -> RespondRequest:
        own = {name: value for name, value in {**server, **given}.items() if value is not None}
        try:
            return build_model(RespondRequest).model_validate({**body.model_dump(exclude_unset=True), **own})
        except pydantic.ValidationError as exc:
            found = problems(exc)
            if any(problem["loc"][:1] == [name] for problem in found for name in own):
                raise errors.ConfigurationError(f"turn_body(): {describe(found)}") from None
            raise RequestValidationError(
                [{**problem, "loc": ("body", *problem["loc"]), "input": None} for problem in found]
            ) from None

    parameters = [Parameter("body", Parameter.KEYWORD_ONLY, annotation=Annotated[model, Body()])]
    parameters += [
        Parameter(name, Parameter.KEYWORD_ONLY, annotation=Annotated[Any, depends])
        for name, depends in dependencies.items()
    ]
    turn.__signature__ = Signature(parameters, return_annotation=RespondRequest)  # type: ignore[attr-defined]
    return turn


def _check_fields(names: Collection[str], server: Collection[str]) -> None:
    known = [name for name in RespondRequest.model_fields if name not in _ROUTE_FIELDS]
    for name in (*names, *server):
        if name in _ROUTE_FIELDS:
            raise errors.ConfigurationError(f"turn_body(): the route decides {name}; leave it out")
        if name not in known:
            raise errors.ConfigurationError(f"turn_body(): a turn has no field {name!r}; use {', '.join(known)}")
    for name in ("personality_id", "message"):
        if name not in names and name not in server:
            raise errors.ConfigurationError(
                f"turn_body(): a turn needs {name}; name it among the fields, or give it as {name}=..."
            )


@cache
def _body_model(names: tuple[str, ...]) -> type[pydantic.BaseModel]:
    """Return the model of a body. The same fields give the same model, and so one name in the OpenAPI document."""
    if set(names) == set(BROWSER_FIELDS):
        return TurnBody
    return _make_model(names, {name: _EXAMPLES[name] for name in names if name in _EXAMPLES})


def _make_model(names: tuple[str, ...], example: dict[str, Any]) -> type[pydantic.BaseModel]:
    docs = field_descriptions(RespondRequest)
    made: dict[str, Any] = {}
    for name in names:
        field = RespondRequest.model_fields[name]
        default = ... if field.is_required() else None
        made[name] = (field.annotation, pydantic.Field(default, description=docs.get(name)))
    config = pydantic.ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})
    title = "".join(part.capitalize() for name in names for part in name.split("_"))
    return pydantic.create_model(
        f"TurnBodyOf{title}", __config__=config, __doc__="One message to a personality.", __module__=__name__, **made
    )
