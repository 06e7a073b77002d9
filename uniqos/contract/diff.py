"""How an OpenAPI document of somebody else's differs from what the SDK knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import ConfigurationError
from .comparison import Comparison, Difference
from .openapi import Schema, export
from .reading import error, events, operations
from .schemas import Reader
from .work import Work

_NOT_OURS = re.compile(r"/v1/(auth|admin)(/|$)")


def diff(document: Mapping[str, Any], ours: Mapping[str, Any] | None = None) -> list[Difference]:
    """Compare the SDK's operations and models with an OpenAPI document.

    Compared are parameters, JSON bodies, and successful answers: JSON, event streams and PDF files. Where theirs has
    several successes, each is compared, and what they have in common is told once. Operations match by method and
    path, whatever the path's parameters are called: those match by position. ``/v1/auth`` and ``/v1/admin`` are no
    part of the SDK, and not reported. What is undocumented on our side has no fields, so all of theirs are new.

    The deliveries under ``webhooks`` match by name, their parameters and bodies are compared, under
    ``WEBHOOK <name>``; a 3.0 document, which has no such section, does not lack them. The JSON of errors (of each
    operation's ``default``, else ``4XX``, ``5XX`` or the first error that has some) is compared under ``ERRORS``, each
    difference told once, not for each operation.

    No difference is an object that theirs closes (``additionalProperties: false``): ours are open on purpose.

    Any document ends in bounded time and memory. Where one operation has more than a thousand differences, those of an
    object that is used in several places are told at the first place only.

    Args:
        document: OpenAPI 3.0 or 3.1, as parsed from JSON. YAML is not read: convert it first.
        ours: What to compare with; ``export()`` by default.

    Returns:
        The differences in the order of our operations; then those of deliveries and errors, new operations last.

    Raises:
        ConfigurationError: That is no OpenAPI 3 document, or a ``$ref`` of it leads nowhere; it is nested more than
            200 levels deep, or too large (``document_too_large``); or what ``export`` raises.
    """
    work = Work()
    a, b = _reader(export() if ours is None else ours, work), _reader(document, work)
    mine, their = operations(a), operations(b)
    shared = [(mine[key].content, their[key].content) for key in mine if key in their]
    if "webhooks" in b.document or not str(b.document["openapi"]).startswith("3.0"):
        mine |= events(a)
        their |= events(b)
    found: list[Difference] = []
    for key, described in mine.items():
        if key in their:
            comparison = Comparison(a, b, described.label)
            compare = comparison.event if key[0] == "WEBHOOK" else comparison.operation
            found += compare(described, their[key])
        else:
            found.append(Difference("missing_operation", described.label, "", described.name, None))
    found += dict.fromkeys(_errors(a, b, shared))
    for key in sorted(their.keys() - mine.keys()):
        if not _NOT_OURS.match(key[1]):
            found.append(Difference("new_operation", their[key].label, "", None, their[key].name))
    return found


def _reader(document: Any, work: Work) -> Reader:
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"an OpenAPI document is a JSON object, not {type(document).__name__}")
    reader = Reader(document, work)
    document = reader.document
    if "swagger" in document:
        raise ConfigurationError("this is a Swagger 2.0 document; only OpenAPI 3.0 and 3.1 can be compared")
    if not str(document.get("openapi", "")).startswith("3.") or not isinstance(document.get("paths"), dict):
        raise ConfigurationError('this is no OpenAPI 3 document: it needs "openapi": "3..." and "paths"')
    return reader


def _errors(ours: Reader, theirs: Reader, shared: Iterable[tuple[Schema, Schema]]) -> Iterator[Difference]:
    """How the errors of the operations that both have differ."""
    pairs = [(mine, error(theirs, b)) for a, b in shared if (mine := error(ours, a)) is not None]
    said = {(id(mine), id(their)): (mine, their) for mine, their in pairs if their is not None}
    # Theirs lacks them where no operation says anything of them; that some do not is nothing to tell.
    for mine, their in said.values() or pairs[:1]:
        yield from Comparison(ours, theirs, "ERRORS").error(mine, their)
