"""The options of a command that a request model describes, and the body or query that they make."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import uniqos

from .._base.field_docs import field_docs
from .._base.fields import json_fields
from .._base.model import RequestModel, Source
from ..api import source_of

_WORDS = (str, int, float, bool)


@dataclass(frozen=True)
class Flag:
    """One option of a command, which sets one field of a body or query.

    Attributes:
        attribute: The name of the field in Python.
        key: The name of the field in JSON.
        type: The type of the value on the command line: ``str``, ``int``, ``float`` or ``bool``.
        is_list: Whether the option may be repeated.
        is_json: Whether the value is written as JSON.
        choices: The values that the contract names; others may be allowed.
        help: The description of the field, and the source that it is known from.
    """

    attribute: str
    key: str
    type: type
    is_list: bool
    is_json: bool
    choices: tuple[str, ...]
    help: str

    @property
    def option(self) -> str:
        """The option's name: ``--group-by``."""
        return "--" + self.key.replace("_", "-")

    @property
    def metavar(self) -> str | None:
        """The word for the value in help."""
        if self.is_json:
            return "JSON"
        if self.type is bool:
            return None
        return {int: "NUMBER", float: "NUMBER"}.get(self.type, "ID" if self.key.endswith("_id") else "TEXT")

    def value(self, given: Any) -> Any:
        """Return the value of the field from the value on the command line."""
        if not self.is_json:
            return given
        from .shared import read_data

        return read_data(given, self.option)


def flags_of(model: type[RequestModel] | None) -> list[Flag]:
    """Return an option for each declared field of a body or query."""
    if model is None:
        return []
    docs = field_docs(model)
    return [_flag(model, docs, attribute, key, info) for attribute, key, info in json_fields(model)]


def _flag(model: type[RequestModel], docs: Mapping[str, str], attribute: str, key: str, info: Any) -> Flag:
    kind, is_list, is_json, choices = _kind(info.annotation)
    words = [plain_text(docs.get(attribute, ""))]
    if choices:
        words.append(f"Values: {', '.join(choices)}.")
    if info.is_required():
        words.append("Required, here or in --data.")
    source = source_of(model)
    if not re.search("undocumented", words[0], re.IGNORECASE):
        words.append(f"({source})")
    return Flag(attribute, key, kind, is_list, is_json, choices, " ".join(filter(None, words)))


def _kind(annotation: Any) -> tuple[type, bool, bool, tuple[str, ...]]:
    """Return the type on the command line of a field's annotation, whether it is a list or JSON, and its words."""
    members = _members(annotation)
    literals = tuple(str(word) for member in members if get_origin(member) is Literal for word in get_args(member))
    plain = [member for member in members if member in _WORDS]
    lists = [member for member in members if get_origin(member) is list]
    if literals or str in plain:
        return str, False, False, literals
    for kind in (bool, int, float):
        if kind in plain:
            return kind, False, False, ()
    if lists and _kind(get_args(lists[0])[0])[:3] == (str, False, False):
        return str, True, False, _kind(get_args(lists[0])[0])[3]
    return str, False, True, ()


def _members(annotation: Any) -> list[Any]:
    """Return the types of a union, without None and without what is annotated to them."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in _members(part)]
    return [] if annotation is types.NoneType else [annotation]


def plain_text(text: str) -> str:
    """Return a docstring's text without its marks, and without the keywords of Python, such as ``(access_token=)``."""
    return " ".join(re.sub(r" \(\w+=\)", "", re.sub(r"``([^`]*)``", r"\1", text)).split())


def pairs(given: list[str] | None) -> dict[str, Any]:
    """Return the fields that ``--set KEY=VALUE`` gives, whose values are JSON or else text.

    Raises:
        ConfigurationError: A pair has no ``=``, or a key is given twice.
    """
    fields: dict[str, Any] = {}
    for pair in given or ():
        key, mark, text = pair.partition("=")
        if not key or not mark or key in fields:
            raise uniqos.ConfigurationError(f"--set {pair} is not usable: give KEY=VALUE, each key once")
        try:
            from pydantic_core import from_json

            fields[key] = from_json(text, allow_inf_nan=False)
        except ValueError:
            fields[key] = text
    return fields


def source_line(source: Source, is_open: bool) -> str:
    """Return the words that name the source of a request's shape."""
    if is_open:
        return "The request's fields are undocumented: give any with --set or --data."
    return {
        "docs": "The request's fields are documented.",
        "official SDK": "The request's fields are those of the official SDK.",
        "undocumented": "The request's fields are undocumented.",
    }[source]
