"""Operations, webhooks, parameters and media of an OpenAPI document, in one form for all notations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .document import as_list, as_object
from .openapi import Schema
from .schemas import Reader

_METHODS = ("get", "put", "post", "patch", "delete")
MEDIA = {
    "response": re.compile(r"application/(.+\+)?json|\*/\*"),
    "stream": re.compile(r"text/event-stream"),
    "file": re.compile(r"application/pdf"),
}
_STATUSES = ("200", "201", "202", "2XX")
_ERRORS = ("DEFAULT", "4XX", "5XX")
# OpenAPI forbids header parameters of these names.
_NOT_PARAMETERS = frozenset({"accept", "authorization", "content-type"})
_PARAMETER = re.compile("{([^{}]*)}")

Key = tuple[str, str]


@dataclass(slots=True)
class DocumentOperation:
    """An operation or a webhook of a document."""

    label: str
    content: Schema
    positions: dict[str, int]
    """Positions of the path's parameters, by name."""

    @property
    def name(self) -> str:
        """The document's operationId."""
        return str(self.content.get("operationId") or "no operationId")


def operations(reader: Reader) -> dict[Key, DocumentOperation]:
    """Return the operations by method and path, with ``{}`` for each parameter of the path."""
    found: dict[Key, DocumentOperation] = {}
    usual = _prefix(reader, reader.document.get("servers"))
    for path, unresolved in as_object(reader.document.get("paths")).items():
        reader.work.place = path
        item = reader.resolve(unresolved)
        for method in _METHODS:
            if isinstance(item.get(method), dict):
                servers = item[method].get("servers") or item.get("servers")
                prefix = _prefix(reader, servers) if servers else usual
                full = path if path.startswith("/v1/") else prefix + path
                key = (method.upper(), _PARAMETER.sub("{}", full.rstrip("/")))
                found[key] = _document_operation(reader, f"{method.upper()} {full}", item, method)
    return found


def events(reader: Reader) -> dict[Key, DocumentOperation]:
    """Return the webhooks by name."""
    found: dict[Key, DocumentOperation] = {}
    for name, unresolved in as_object(reader.document.get("webhooks")).items():
        reader.work.place = f"WEBHOOK {name}"
        item = reader.resolve(unresolved)
        for method in ("post", *_METHODS):
            if isinstance(item.get(method), dict):
                found["WEBHOOK", name] = _document_operation(reader, f"WEBHOOK {name}", item, method)
                break
    return found


def _document_operation(reader: Reader, label: str, item: Schema, method: str) -> DocumentOperation:
    operation = as_object(item[method])
    parameters = [*as_list(operation.get("parameters")), *as_list(item.get("parameters"))]
    reader.work.spend(1 + len(operation) + len(parameters))
    positions: dict[str, int] = {}
    for number, name in enumerate(_PARAMETER.findall(label)):
        positions.setdefault(name, number)
    return DocumentOperation(label, {**operation, "parameters": parameters}, positions)


def _prefix(reader: Reader, servers: Any) -> str:
    reader.work.spend(len(as_list(servers)))
    urls = [str(as_object(server).get("url", "")).rstrip("/") for server in as_list(servers)]
    return "/v1" if any(url.endswith("/v1") for url in urls) else ""


def parameters(reader: Reader, described: DocumentOperation) -> dict[Key, Schema]:
    """Return the parameters by place and name; parameters of the path by place and position."""
    found: dict[Key, Schema] = {}
    for unresolved in as_list(described.content.get("parameters")):
        reader.work.spend(1)
        parameter = reader.resolve(unresolved)
        place, name = parameter.get("in"), parameter.get("name")
        if not isinstance(name, str):
            continue
        if place in ("query", "cookie"):
            found.setdefault((place, name), parameter)
        elif place == "header" and name.lower() not in _NOT_PARAMETERS:
            found.setdefault((place, name.lower()), parameter)
        elif place == "path" and name in described.positions:
            found.setdefault((place, str(described.positions[name])), {**parameter, "required": True})
    return found


def schema_of(reader: Reader, holder: Schema) -> Any:
    """Return the schema of a parameter or of a medium."""
    return (media(reader, holder, "response") or {}).get("schema") if "content" in holder else holder.get("schema")


def media(reader: Reader, holder: Schema, medium: str) -> Schema | None:
    """Return the description of a medium in a body or an answer; None if it has no such medium."""
    for name, content in as_object(holder.get("content")).items():
        reader.work.spend(1)
        if MEDIA[medium].fullmatch(name.partition(";")[0].strip().lower()):
            return as_object(content)
    return None


def answers(reader: Reader, operation: Schema, medium: str) -> dict[str, Schema]:
    """Return the description of a medium by the status of each success that has it, usual statuses first."""
    responses = _responses(reader, operation)
    statuses = (*_STATUSES, *(one for one in sorted(responses) if one.startswith("2")))
    return dict(_with_medium(reader, responses, medium, statuses))


def error(reader: Reader, operation: Schema) -> Schema | None:
    """Return the description of an error's JSON: that of ``default``, else of the first error that has JSON."""
    responses = _responses(reader, operation)
    statuses = (*_ERRORS, *(one for one in sorted(responses) if one.startswith(("4", "5"))))
    return next((content for _, content in _with_medium(reader, responses, "response", statuses)), None)


def _responses(reader: Reader, operation: Schema) -> Schema:
    responses = as_object(operation.get("responses"))
    reader.work.spend(len(responses))
    return {status.upper(): response for status, response in responses.items()}


def _with_medium(
    reader: Reader, responses: Schema, medium: str, statuses: Iterable[str]
) -> Iterator[tuple[str, Schema]]:
    for status in statuses:
        content = media(reader, reader.resolve(responses.get(status)), medium)
        if content is not None:
            yield status, content
