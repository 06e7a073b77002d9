"""Export of the operation table and its models as an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, get_args

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import CoreSchema

from .._base.field_docs import field_docs
from .._base.fields import models_in
from .._base.model import Model
from .._base.response import build_model
from .._policy.config import DEFAULT_BASE_URL
from .._sync.client import UniqOS
from .._version import __version__
from .._wire.file import File
from .._wire.operation import Operation
from ..api import operations, source_of
from ..api.engine import ModulatorPack, RespondResult
from ..api.envelope import ErrorEnvelope
from ..api.stream_events import RespondStreamEvent
from ..errors import ConfigurationError
from ..webhooks import WebhookEvent

UNDOCUMENTED = "x-uniqos-undocumented"
_SCHEMAS = "#/components/schemas/"
_SHAPES = frozenset({"type", "$ref", "anyOf", "const", "enum"})
_DESCRIPTION = (
    "The uniqOS API, written from what is publicly known of it; the vendor has not published a document of this kind. "
    f"Every shape that is not public carries `{UNDOCUMENTED}: true`: it may hold any further fields."
)

Schema = dict[str, Any]


def export() -> dict[str, Any]:
    """Describe every operation that the SDK has.

    Returns:
        An OpenAPI 3.1 document: the same operations and models give the same document, key for key.

    Raises:
        ConfigurationError: Python runs with ``-OO``, which removes the docstrings that the descriptions come from.

    Source: the operation table; each schema's ``x-uniqos-source`` says where its shape is known from.
    """
    if export.__doc__ is None:
        raise ConfigurationError(
            "the document is written from docstrings, which python -OO and PYTHONOPTIMIZE=2 remove; run Python without "
            "them",
            code="no_docstrings",
        )
    table = operations()
    events: tuple[type[Model], ...] = get_args(RespondStreamEvent.__value__)
    queries = [op.query for op in table.values() if op.query is not None]
    named: list[type[Model]] = [op.body for op in table.values() if op.body is not None]
    named += [op.returns for op in table.values() if op.returns is not File]
    named += [ModulatorPack, *events, WebhookEvent, ErrorEnvelope, *queries]
    models: dict[type[Model], None] = {}
    for model in named:
        _collect(model, models)
    schemas = _schemas(models)
    parameters = {query: _query_parameters(query, schemas.pop(query.__name__)) for query in dict.fromkeys(queries)}
    schemas["RespondStreamEvent"] = _any_of(*events)
    # This client makes no call. Its methods' docstrings become the summaries.
    client = UniqOS("uniq_test_docstrings", base_url=DEFAULT_BASE_URL)
    paths: dict[str, dict[str, Any]] = {}
    for name, op in table.items():
        described = _operation(name, op, parameters, attrgetter(name)(client))
        paths.setdefault(op.path, {})[op.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "uniqOS API", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": DEFAULT_BASE_URL}],
        "security": [{"bearer": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(name.partition(".")[0] for name in table)],
        "paths": paths,
        "webhooks": {"event": {"post": _delivery()}},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {"Error": {"description": "The API said no.", "content": _content(_ref(ErrorEnvelope))}},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, `uniq_live_...` or `uniq_test_...`, or a portal access token.",
                }
            },
        },
    }


class _Generator(GenerateJsonSchema):
    """Schema generator without titles that repeat a field's name, and without the default None of an optional field."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            inner: CoreSchema = schema["schema"]
            return self.generate_inner(inner)
        return super().default_schema(schema)


def _collect(model: type[Model], found: dict[type[Model], None]) -> None:
    """Add a model, and the models of its fields."""
    if model not in found:
        found[model] = None
        for field in model.model_fields.values():
            for inner in models_in(field.annotation, Model):
                _collect(inner, found)


def _schemas(models: Mapping[type[Model], None]) -> dict[str, Schema]:
    """Return the schema of each model by name, with the model's source and its fields' docstrings."""
    refs, generated = models_json_schema(
        [(build_model(model), "validation") for model in models],
        ref_template=f"{_SCHEMAS}{{model}}",
        schema_generator=_Generator,
    )
    schemas: dict[str, Schema] = generated["$defs"]
    for model in models:
        schema = schemas[refs[model, "validation"]["$ref"].removeprefix(_SCHEMAS)]
        docs = field_docs(model)
        schema["description"] = _markdown(schema["description"])
        for name, field in model.model_fields.items():
            if name in docs:
                schema["properties"][field.serialization_alias or name]["description"] = _markdown(docs[name])
        _mark_undocumented(schema)
        schema["x-uniqos-source"] = source_of(model)
        if source_of(model) == "undocumented":
            schema[UNDOCUMENTED] = True
    return schemas


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def _mark_undocumented(schema: Schema) -> None:
    """Mark a schema that allows any value, and such schemas inside it."""
    if not _SHAPES & schema.keys() or (schema.get("type") == "object" and not schema.get("properties")):
        schema[UNDOCUMENTED] = True
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for one in inner:
        _mark_undocumented(one)


def _query_parameters(query: type[Model], schema: Schema) -> list[Schema]:
    parameters: list[Schema] = []
    for name, field in schema.get("properties", {}).items():
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ())}
        if "description" in field:
            parameter["description"] = field.pop("description")
        if UNDOCUMENTED in schema:
            parameter[UNDOCUMENTED] = True
        # A query cannot hold null: a parameter that is None is not sent.
        options = [one for one in field.get("anyOf", (field,)) if one.get("type") != "null"]
        parameters.append({**parameter, "schema": options[0] if len(options) == 1 else {"anyOf": options}})
    return parameters


def _operation(name: str, op: Operation[Any], queries: Mapping[Any, list[Schema]], method: Any) -> Schema:
    parameters: list[Schema] = [
        {"name": param, "in": "path", "required": True, "schema": {"type": "string"}} for param in op.params
    ]
    parameters += queries.get(op.query, [])
    if op.resend in ("keyed", "billed"):
        parameters.append({
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same for all attempts of one call, so that it takes effect once.",
            "schema": {"type": "string"},
        })  # fmt: skip
    described: Schema = {
        "operationId": name,
        "tags": [name.partition(".")[0]],
        "summary": _markdown(method.__doc__.partition("\n")[0]),
        "parameters": parameters,
    }
    if op.query is not None and not op.query.model_fields:
        described["x-uniqos-undocumented-query"] = True
    if op.body is not None:
        needed = op.method != "DELETE" and any(field.is_required() for field in op.body.model_fields.values())
        described["requestBody"] = {"required": needed, "content": _content(_ref(op.body))}
    described["responses"] = {
        "2XX": {"description": "Success.", "content": _answer(op)},
        "default": {"$ref": "#/components/responses/Error"},
    }
    return described


def _answer(op: Operation[Any]) -> Schema:
    if op.returns is File:
        pdf = {"type": "string", "format": "binary", "contentMediaType": "application/pdf"}
        return {"application/pdf": {"schema": pdf}}
    if op.returns is RespondResult:
        stream = {"text/event-stream": {"schema": {"$ref": f"{_SCHEMAS}RespondStreamEvent"}}}
        return {**_content(_any_of(RespondResult, ModulatorPack)), **stream}
    return _content(_ref(op.returns))


def _delivery() -> Schema:
    signature = {
        "name": "x-uniqos-signature",
        "in": "header",
        "required": True,
        "description": "`sha256=` and the HMAC of the raw body under the endpoint's secret, in hexadecimal digits.",
        "schema": {"type": "string"},
    }
    return {
        "operationId": "webhooks.event",
        "tags": ["webhooks"],
        "summary": "Delivery of an event to an endpoint of yours",
        "security": [],
        "parameters": [signature],
        "requestBody": {"required": True, "content": _content(_ref(WebhookEvent))},
        "responses": {"2XX": {"description": "Received."}},
    }


def _ref(model: type[Model]) -> Schema:
    return {"$ref": f"{_SCHEMAS}{model.__name__}"}


def _any_of(*models: type[Model]) -> Schema:
    return {"anyOf": [_ref(model) for model in models]}


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
