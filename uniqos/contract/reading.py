"""What an OpenAPI document says of its operations and events, whichever way it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .document import listed, mapped
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
# OpenAPI says these are no parameters.
_NO_PARAMETERS = frozenset({"accept", "authorization", "content-type"})
_PLACE = re.compile("{([^{}]*)}")

Key = tuple[str, str]


@dataclass(slots=True)
class Described:
    """An operation, or an event, of a document."""

    label: str
    content: Schema
    places: dict[str, int]
    """The names of the path's parameters, and where in the path they are."""

    @property
    def name(self) -> str:
        """What the document calls it."""
        return str(self.content.get("operationId") or "no operationId")


def operations(reader: Reader) -> dict[Key, Described]:
    """The operations by method and path, the path's parameters without their names."""
    found: dict[Key, Described] = {}
    usual = _prefix(reader, reader.document.get("servers"))
    for path, unresolved in mapped(reader.document.get("paths")).items():
        reader.work.place = path
        item = reader.resolve(unresolved)
        for method in _METHODS:
            if isinstance(item.get(method), dict):
                servers = item[method].get("servers") or item.get("servers")
                prefix = _prefix(reader, servers) if servers else usual
                full = path if path.startswith("/v1/") else prefix + path
                key = (method.upper(), _PLACE.sub("{}", full.rstrip("/")))
                found[key] = _described(reader, f"{method.upper()} {full}", item, method)
    return found


def events(reader: Reader) -> dict[Key, Described]:
    """The deliveries by name."""
    found: dict[Key, Described] = {}
    for name, unresolved in mapped(reader.document.get("webhooks")).items():
        reader.work.place = f"WEBHOOK {name}"
        item = reader.resolve(unresolved)
        for method in ("post", *_METHODS):
            if isinstance(item.get(method), dict):
                found["WEBHOOK", name] = _described(reader, f"WEBHOOK {name}", item, method)
                break
    return found


def _described(reader: Reader, label: str, item: Schema, method: str) -> Described:
    operation = mapped(item[method])
    parameters = [*listed(operation.get("parameters")), *listed(item.get("parameters"))]
    reader.work.spend(1 + len(operation) + len(parameters))
    places: dict[str, int] = {}
    for number, name in enumerate(_PLACE.findall(label)):
        places.setdefault(name, number)
    return Described(label, {**operation, "parameters": parameters}, places)


def _prefix(reader: Reader, servers: Any) -> str:
    reader.work.spend(len(listed(servers)))
    urls = [str(mapped(server).get("url", "")).rstrip("/") for server in listed(servers)]
    return "/v1" if any(url.endswith("/v1") for url in urls) else ""


def parameters(reader: Reader, described: Described) -> dict[Key, Schema]:
    """The parameters by place and name, those of the path by their position."""
    found: dict[Key, Schema] = {}
    for unresolved in listed(described.content.get("parameters")):
        reader.work.spend(1)
        parameter = reader.resolve(unresolved)
        place, name = parameter.get("in"), parameter.get("name")
        if not isinstance(name, str):
            continue
        if place in ("query", "cookie"):
            found.setdefault((place, name), parameter)
        elif place == "header" and name.lower() not in _NO_PARAMETERS:
            found.setdefault((place, name.lower()), parameter)
        elif place == "path" and name in described.places:
            found.setdefault((place, str(described.places[name])), {**parameter, "required": True})
    return found


def schema_of(reader: Reader, holder: Schema) -> Any:
    """The schema of a parameter or of a medium."""
    return (media(reader, holder, "response") or {}).get("schema") if "content" in holder else holder.get("schema")


def media(reader: Reader, holder: Schema, medium: str) -> Schema | None:
    """What a body or an answer says of a medium."""
    for name, content in mapped(holder.get("content")).items():
        reader.work.spend(1)
        if MEDIA[medium].fullmatch(name.partition(";")[0].strip().lower()):
            return mapped(content)
    return None


def answers(reader: Reader, operation: Schema, medium: str) -> dict[str, Schema]:
    """What each success that has the medium says of it, the usual ones first."""
    responses = _responses(reader, operation)
    statuses = (*_STATUSES, *(one for one in sorted(responses) if one.startswith("2")))
    return dict(_having(reader, responses, medium, statuses))


def error(reader: Reader, operation: Schema) -> Schema | None:
    """What is said of the JSON of an error: of any, else of the first that has some."""
    responses = _responses(reader, operation)
    statuses = (*_ERRORS, *(one for one in sorted(responses) if one.startswith(("4", "5"))))
    return next((content for _, content in _having(reader, responses, "response", statuses)), None)


def _responses(reader: Reader, operation: Schema) -> Schema:
    responses = mapped(operation.get("responses"))
    reader.work.spend(len(responses))
    return {status.upper(): response for status, response in responses.items()}


def _having(reader: Reader, responses: Schema, medium: str, statuses: Iterable[str]) -> Iterator[tuple[str, Schema]]:
    for status in statuses:
        content = media(reader, reader.resolve(responses.get(status)), medium)
        if content is not None:
            yield status, content
