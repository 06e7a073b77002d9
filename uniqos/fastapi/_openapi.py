"""The parts of a service's OpenAPI document that FastAPI cannot find by itself."""

from functools import reduce
from operator import or_
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from .. import models
from .._base.model import Model
from .._base.response import build_model
from ..api.envelope import ErrorEnvelope
from ..api.stream_events import EVENT_MODELS

_REASONS = {
    400: "A guardrail refused the turn, or the request is invalid.",
    404: "There is no such object.",
    409: "The object is in a state that forbids this.",
    429: "Too many requests. `Retry-After` says when to come back.",
    500: "The service failed.",
    502: "A service behind this one failed.",
    503: "The service is not available.",
    504: "The answer took too long.",
}

TURN_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": reason,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
    }
    for status, reason in _REASONS.items()
}
"""For ``responses=`` of a route that calls the API: the answers of `install_error_handlers`."""
# FastAPI describes a "model" under the media type of the route, which is not JSON if the route streams. One response
# names the model all the same, so that the document has its schema.
TURN_ERRORS[500]["model"] = ErrorEnvelope


def close_schemas(app: FastAPI) -> None:
    """Describe the SDK's models without unknown fields in the application's OpenAPI document.

    The models keep fields that this version does not know, and so their schemas allow any. A client that is generated
    from such a schema, in TypeScript for example, accepts a misspelt field. It also reads a word of an open enum as any
    text. This changes the document alone: answers still have every field that the API sent.

    Args:
        app: The application.
    """
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            if hasattr(models, name) and schema.get("properties"):
                schema.pop("additionalProperties", None)
                for field in schema["properties"].values():
                    _close_enum(field)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _close_enum(schema: dict[str, Any]) -> None:
    """Drop the alternative of any text beside the words of an enum."""
    choices = schema.get("anyOf", [])
    if any("enum" in choice or "const" in choice for choice in choices):
        schema["anyOf"] = [choice for choice in choices if choice != {"type": "string"}]


def inline_schema(model: type[Model]) -> dict[str, Any]:
    """Return the JSON schema of a model that refers to no other model."""
    return build_model(model).model_json_schema()


class _AsText:
    """Describes a stream as text in the OpenAPI document, and the models of its events among the document's schemas.

    FastAPI would describe the whole stream as one event, beside the ``type: string`` of its media type.
    """

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        handler(core)
        return {"type": "string"}


def _event_schema(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "title": name,
        "properties": {
            "event": {"type": "string", "const": name},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": f"#/components/schemas/{EVENT_MODELS[name].__name__}"},
            },
        },
        "required": ["event", "data"],
    }


TURN_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Annotated[reduce(or_, EVENT_MODELS.values()), _AsText()],
        "description": "The events of the turn, by their names.",
        "content": {"text/event-stream": {"itemSchema": {"oneOf": [_event_schema(name) for name in EVENT_MODELS]}}},
    }
}
"""The events of a turn in the OpenAPI document, for ``responses=`` of a route that sends them by name.

`TurnResponse` and `sse` send names. FastAPI sends events without names if a route yields them themselves.
"""
