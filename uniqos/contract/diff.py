"""Comparison of a foreign OpenAPI document with the SDK's contract."""

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

_NOT_IN_SDK = re.compile(r"/v1/(auth|admin)(/|$)")


def diff(document: Mapping[str, Any], ours: Mapping[str, Any] | None = None) -> list[Difference]:
    """Compare the SDK's operations and models with an OpenAPI document.

    Operations: parameters, JSON bodies and successful answers (JSON, event streams, PDF files) are compared. An
    operation matches by method and path, and the path's parameters match by position, whatever their names. If the
    document has several successes, each is compared, and a difference that they share is listed once. ``/v1/auth`` and
    ``/v1/admin`` are not part of the SDK, and are left out. An undocumented model of the SDK has no fields, so all
    fields of the document are new.

    Webhooks: they match by name, and their parameters and bodies are compared. Their differences are listed under
    ``WEBHOOK <name>``. OpenAPI 3.0 has no section ``webhooks``, so a 3.0 document without it lacks no webhook.

    Errors: the JSON of errors is compared under ``ERRORS``, and each difference is listed once, not for each operation.
    An operation's ``default`` counts, else ``4XX``, ``5XX`` or the first error that has JSON.

    An object that the document closes (``additionalProperties: false``) is not a difference: the SDK's models are open
    on purpose.

    Time and memory are bounded for any document. If one operation has more than a thousand differences, those of an
    object that is used in several places are listed at the first place only.

    Args:
        document: OpenAPI 3.0 or 3.1 document, as parsed from JSON.
        ours: Document to compare with; ``export()`` by default.

    Returns:
        The differences in the order of the SDK's operations, then those of webhooks and errors. New operations come
        last.

    Raises:
        ConfigurationError: ``document`` is not an OpenAPI 3 document, is nested more than 200 levels deep, is too large
            (``document_too_large``), or holds a ``$ref`` that leads nowhere. Also where ``export`` raises it.
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
        if not _NOT_IN_SDK.match(key[1]):
            found.append(Difference("new_operation", their[key].label, "", None, their[key].name))
    return found


def _reader(document: Any, work: Work) -> Reader:
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"an OpenAPI document is a JSON object, not {type(document).__name__}")
    reader = Reader(document, work)
    document = reader.document
    if "swagger" in document:
        raise ConfigurationError("this is a Swagger 2.0 document; convert it to OpenAPI 3.0 or 3.1 to compare it")
    if not str(document.get("openapi", "")).startswith("3.") or not isinstance(document.get("paths"), dict):
        raise ConfigurationError('this is not an OpenAPI 3 document: it needs "openapi": "3..." and "paths"')
    return reader


def _errors(ours: Reader, theirs: Reader, shared: Iterable[tuple[Schema, Schema]]) -> Iterator[Difference]:
    """Yield the differences of errors, for the operations that both documents have."""
    pairs = [(mine, error(theirs, b)) for a, b in shared if (mine := error(ours, a)) is not None]
    described = {(id(mine), id(their)): (mine, their) for mine, their in pairs if their is not None}
    # Errors are missing in the document if no operation describes one; a part of the operations may leave them out.
    for mine, their in described.values() or pairs[:1]:
        yield from Comparison(ours, theirs, "ERRORS").error(mine, their)
