"""What an OpenAPI document says of its operations and events, whichever way it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .openapi import Schema
from .schemas import Reader, listed, mapped

_METHODS = ("get", "put", "post", "patch", "delete")
MEDIA = {
    "response": re.compile(r"application/(.+\+)?json|\*/\*"),
    "stream": re.compile(r"text/event-stream"),
    "file": re.compile(r"application/pdf"),
}
_STATUSES = ("200", "201", "202", "2XX")
_ERRORS = ("DEFAULT", "4XX", "5XX")
# OpenAPI says these are no parameters.
_NO_PARAMETERS = frozenset({"accept", "authorization", "content-type"})

Key = tuple[str, str]


@dataclass(slots=True)
class Described:
    """An operation, or an event, of a document."""

    label: str
    content: Schema
    places: list[str]
    """The names of the path's parameters."""

    @property
    def name(self) -> str:
        """What the document calls it."""
        return str(self.content.get("operationId") or "no operationId")


def operations(reader: Reader) -> dict[Key, Described]:
    """The operations by method and path, the path's parameters without their names."""
    found: dict[Key, Described] = {}
    for path, unresolved in mapped(reader.document.get("paths")).items():
        item = reader.resolve(unresolved)
        for method in _METHODS:
            if isinstance(item.get(method), Mapping):
                servers = mapped(item[method]).get("servers") or item.get("servers") or reader.document.get("servers")
                full = path if path.startswith("/v1/") else _prefix(servers) + path
                key = (method.upper(), re.sub("{[^}]*}", "{}", full.rstrip("/")))
                found[key] = _described(f"{method.upper()} {full}", item, method)
    return found


def events(reader: Reader) -> dict[Key, Described]:
    """The deliveries by name."""
    found: dict[Key, Described] = {}
    for name, unresolved in mapped(reader.document.get("webhooks")).items():
        item = reader.resolve(unresolved)
        for method in ("post", *_METHODS):
            if isinstance(item.get(method), Mapping):
                found["WEBHOOK", name] = _described(f"WEBHOOK {name}", item, method)
                break
    return found


def _described(label: str, item: Schema, method: str) -> Described:
    operation = mapped(item[method])
    parameters = [*listed(operation.get("parameters")), *listed(item.get("parameters"))]
    return Described(label, {**operation, "parameters": parameters}, re.findall("{([^}]*)}", label))


def _prefix(servers: Any) -> str:
    urls = [str(mapped(server).get("url", "")).rstrip("/") for server in listed(servers)]
    return "/v1" if any(url.endswith("/v1") for url in urls) else ""


def parameters(reader: Reader, described: Described) -> dict[Key, Schema]:
    """The parameters by place and name, those of the path by their position."""
    found: dict[Key, Schema] = {}
    for unresolved in listed(described.content.get("parameters")):
        parameter = reader.resolve(unresolved)
        place, name = parameter.get("in"), parameter.get("name")
        if not isinstance(name, str):
            continue
        if place in ("query", "cookie"):
            found.setdefault((place, name), parameter)
        elif place == "header" and name.lower() not in _NO_PARAMETERS:
            found.setdefault((place, name.lower()), parameter)
        elif place == "path" and name in described.places:
            found.setdefault((place, str(described.places.index(name))), {**parameter, "required": True})
    return found


def schema_of(holder: Schema) -> Any:
    """The schema of a parameter or of a medium."""
    return (media(holder, "response") or {}).get("schema") if "content" in holder else holder.get("schema")


def media(holder: Schema, medium: str) -> Schema | None:
    """What a body or an answer says of a medium."""
    for name, content in mapped(holder.get("content")).items():
        if MEDIA[medium].fullmatch(name.partition(";")[0].strip().lower()):
            return mapped(content)
    return None


def answers(reader: Reader, operation: Schema, medium: str) -> dict[str, Schema]:
    """What each success that has the medium says of it, the usual ones first."""
    responses = _responses(operation)
    return _having(reader, responses, medium, (*_STATUSES, *(one for one in sorted(responses) if one.startswith("2"))))


def error(reader: Reader, operation: Schema) -> Schema | None:
    """What is said of the JSON of an error: of any, else of the first that has some."""
    responses = _responses(operation)
    statuses = (*_ERRORS, *(one for one in sorted(responses) if one.startswith(("4", "5"))))
    return next(iter(_having(reader, responses, "response", statuses).values()), None)


def _responses(operation: Schema) -> Schema:
    return {str(status).upper(): response for status, response in mapped(operation.get("responses")).items()}


def _having(reader: Reader, responses: Schema, medium: str, statuses: Iterable[str]) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for status in statuses:
        content = media(reader.resolve(responses.get(status)), medium)
        if content is not None:
            found[status] = content
    return found
