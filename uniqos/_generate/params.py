"""The text of ``_params.py``: the request models as TypedDicts."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from .header import HEADER


class _Field(NamedTuple):
    name: str
    key: str
    type: str
    doc: str


class _Plain(ast.NodeTransformer):
    """Rewrites an annotation for a TypedDict: without constraints, and with aliases written out."""

    def __init__(self, types: Mapping[str, ast.expr]) -> None:
        self.types = types

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        name = ast.unparse(node.value)
        if name == "Annotated" and isinstance(node.slice, ast.Tuple):
            return self.visit(node.slice.elts[0])
        return node if name == "Literal" else self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        # The "datetime | str" of an instant may stand beside another "str".
        members = ast.unparse(self.generic_visit(node)).split(" | ")
        return _expression(" | ".join(dict.fromkeys(members)))

    def visit_Name(self, node: ast.Name) -> Any:
        return self.visit(deepcopy(self.types[node.id])) if node.id in self.types else node


class _Api:
    """The classes of ``api/``, and the meaning of its names in an annotation."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.classes: dict[str, ast.ClassDef] = {}
        self.imports: set[str] = set()
        self.types: dict[str, ast.expr] = {"AwareDatetime": _expression("datetime | str")}
        operands: set[str] = set()
        for name, source in sorted(sources.items()):
            for node in ast.walk(ast.parse(source, name)):
                if isinstance(node, ast.ClassDef):
                    self.classes[node.name] = node
                elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    self.types[node.targets[0].id] = node.value
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    self.imports.add(ast.unparse(node))
                elif isinstance(node, ast.keyword) and node.arg in ("body", "query"):
                    operands.add(ast.unparse(node.value))
        bases = {base for name in self.classes for base in self._bases(name)}
        requests = [name for name in self.classes if {"RequestModel", "OpenRequest"} & {*self._ancestors(name)}]
        # A class that is only a base, such as InteractionFilter, is not part of any signature.
        self.requests = [name for name in requests if name in operands or name not in bases]
        for name in self.classes:
            known = name in self.requests
            self.types[name] = _expression(f"{name}Like" if known else f"models.{name} | Mapping[str, Any]")

    def _bases(self, name: str) -> list[str]:
        return [ast.unparse(base) for base in self.classes[name].bases]

    def _ancestors(self, name: str) -> list[str]:
        """Return the class and its bases, the furthest first."""
        further = self._bases(name) if name in self.classes else []
        return [*(found for base in further for found in self._ancestors(base)), name]

    def fields(self, name: str) -> tuple[list[_Field], set[str]]:
        """Return the fields of a model, those of its bases first, and the names of its selectors."""
        found: dict[str, _Field] = {}
        selectors: set[str] = set()
        for node in (self.classes[ancestor] for ancestor in self._ancestors(name) if ancestor in self.classes):
            for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
                if not isinstance(statement, ast.AnnAssign):
                    continue
                field = ast.unparse(statement.target)
                if field == "selectors" and statement.value:
                    selectors = set(ast.literal_eval(statement.value))
                elif not ast.unparse(statement.annotation).startswith("ClassVar"):
                    found[field] = self._field(field, statement, following)
        return list(found.values()), selectors

    def _field(self, name: str, node: ast.AnnAssign, following: ast.stmt | None) -> _Field:
        settings = [call for call in ast.walk(node) if isinstance(call, ast.Call) and ast.unparse(call.func) == "Field"]
        keywords = {item.arg: item.value for call in settings for item in call.keywords}
        default = any(call.args and ast.unparse(call.args[0]) != "..." for call in settings)
        default = default or bool({"default", "default_factory"} & keywords.keys())
        default = default or (node.value is not None and node.value not in settings)
        text = ast.unparse(_Plain(self.types).visit(deepcopy(node.annotation)))
        doc = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            doc = f'\n    """{following.value.value!s}"""'
        key = ast.literal_eval(keywords["serialization_alias"]) if "serialization_alias" in keywords else name
        return _Field(name, key, text if default else f"{_REQUIRED}{text}]", doc)


_REQUIRED = "Required["
_PARAMS_DOC = '''"""The request models for type checkers: as mappings, and as keywords.

``XLike`` is the type of a body or query of the model ``X``. Of a model of this package only the fields that were set
are sent. A model of yours, such as a subclass, is sent as its serializer gives it: with defaults, without unset Nones.
"""
'''
_PARAMS_IMPORTS = """
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from pydantic import BaseModel
from typing_extensions import Required, TypedDict
from . import models
from ._wire.options import Options as Options
"""


def params(sources: Mapping[str, str]) -> str:
    """Write ``_params.py``.

    Args:
        sources: File name to text of the modules of ``api/``.

    Returns:
        The text of ``_params.py`` before ruff.
    """
    api = _Api(sources)
    out = [HEADER.format("api/"), _PARAMS_DOC]
    # Ruff removes unused imports.
    out += ["from __future__ import annotations", *sorted(api.imports), _PARAMS_IMPORTS]
    for name in api.requests:
        fields, selectors = api.fields(name)
        rows = {field.name: f"    {field.name}: {field.type}{field.doc}" for field in fields}
        same = not selectors
        if any(field.key != field.name for field in fields):  # a key such as "from" cannot be written in a class
            same = False
            keys = ", ".join(f"{field.key!r}: {field.type}" for field in fields)
            out.append(f"{name}Dict = TypedDict({name + 'Dict'!r}, {{{keys}}}, total=False)")
        elif fields:
            inherited = f"{name}Fields" if selectors else "TypedDict"
            named = {
                field for field in rows if field in selectors or rows[field].partition(": ")[2].startswith(_REQUIRED)
            }
            if selectors:
                out.append(f"class {name}Fields(TypedDict, total=False):")
                out.append(f'    """The optional fields of ``{name}`` that do not choose the type of the answer."""\n')
                out += [row for field, row in rows.items() if field not in named]
            out += [f"class {name}Dict({inherited}, total=False):", f'    """``{name}`` as a mapping."""\n']
            out += [row for field, row in rows.items() if not selectors or field in named]
        if fields:
            if not same and not selectors:
                out.append(f"class {name}Fields(TypedDict, total=False):")
                out.append(f'    """The fields of ``{name}`` as keywords."""\n')
                out += rows.values()
            # The type checkers show the fields of the last base first: those of the body before the options.
            out.append(f"class {name}Args(Options, {name}{'Dict' if same else 'Fields'}, total=False):")
            out.append(f'    """``{name}`` as keywords, and the options of a call."""\n')
        kinds = [f"models.{name}", *[f"{name}Dict"][: len(fields)], "BaseModel", "Mapping[str, Any]"]
        out.append(f"{name}Like: TypeAlias = {' | '.join(kinds)}")
    return "\n".join(out) + "\n"


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
