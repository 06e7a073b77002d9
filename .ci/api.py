"""The public API beside that of the last release, as griffe reads both from the source.

``python .ci/api.py`` compares the source with ``.ci/api.json`` and fails if a caller's code could break.
``python .ci/api.py --write`` makes the file anew: at each release, and to accept a break that is meant.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parent.parent
FILE = Path(__file__).with_name("api.json")
MODULES = ("contract", "errors", "fastapi", "models", "relay", "sandbox", "testing", "webhooks")
_UNION = re.compile(r"TypeAliasType\('(\w+)', ([\w| ]+)\)")
ACCEPT = """
If the break is meant, tell it under "Changed" in CHANGELOG.md, raise the major version with the next release, and run
    python .ci/api.py --write
"""


class Api:
    """The public names of a source tree, each with what a caller relies on: a signature, a type, or its kind."""

    def __init__(self, source: Path) -> None:
        self.package: Any = griffe.load(
            "uniqos", search_paths=[source], resolve_aliases=True, allow_inspection=False, try_relative_path=False
        )
        self.names: dict[str, str] = {}
        modules = (self.package, *(self.package[name] for name in MODULES))
        exported = [(f"{module.path}.{name}", member) for module in modules for name, member in self._exported(module)]
        self._public = {member.path for _, member in exported}
        for path, member in exported:
            self._add(path, member)

    def _exported(self, module: Any) -> Iterator[tuple[str, Any]]:
        listed = None if module.name == "models" else module.exports  # it names its models for type checkers alone
        for name, member in module.members.items():
            if member.kind is griffe.Kind.MODULE and name in member.members:
                member = member[name]  # a function that has the name of its module
            if listed is not None:
                is_public = name in {str(export) for export in listed}
            else:
                is_public = member.kind is griffe.Kind.CLASS or name == "RespondStreamEvent"
                is_public = is_public and member.is_alias is (module.name == "models")
            if is_public and member.kind is not griffe.Kind.MODULE and not name.startswith("_"):
                yield name, member.final_target if member.is_alias else member

    def _add(self, path: str, member: Any) -> None:
        if member.kind is griffe.Kind.CLASS:
            self.names[path] = "class"
            for name, inner in self._members(member):
                self._add(f"{path}.{name}", inner)
        elif member.kind is griffe.Kind.FUNCTION:
            space = self._namespace(member)
            if space is not None:
                self._add(path, space)
            else:
                self.names[path] = self._signature(member)
        else:
            self.names[path] = str(member.annotation or member.value)

    def _members(self, member: Any) -> Iterator[tuple[str, Any]]:
        for name, inner in sorted(member.all_members.items()):
            inner = inner.final_target if inner.is_alias else inner
            owner = inner.parent.path
            if owner != member.path and (owner in self._public or not owner.startswith("uniqos.")):
                continue  # it is listed with the base, or is not ours
            is_public = not name.startswith("_") or (name == "__init__" and owner == member.path)
            if is_public and inner.kind in (griffe.Kind.FUNCTION, griffe.Kind.ATTRIBUTE):
                yield name, inner

    def _namespace(self, member: Any) -> Any:
        """Return the class of a namespace of the client, such as ``client.personalities``."""
        decorators = {str(decorator.value) for decorator in member.decorators}
        match = re.fullmatch(r"type\[(\w+)\]", str(member.returns))
        if "namespace" not in decorators or match is None:
            return None
        tree = "_async" if match[1].startswith("Async") else "_sync"
        for module in self.package[tree]["namespaces"].members.values():
            if module.kind is griffe.Kind.MODULE and match[1] in module.members:
                found = module[match[1]]
                return found.final_target if found.is_alias else found
        raise LookupError(f"no namespace {match[1]}")

    def _signature(self, member: Any) -> str:
        """Write a signature, with the fields of a request in the place of ``**fields``."""
        named = [one for one in member.parameters if not one.name.startswith("_")]
        by_position = [one for one in named if one.kind is griffe.ParameterKind.positional_only]
        by_either = [one for one in named if one.kind is griffe.ParameterKind.positional_or_keyword]
        rest = [f"*{one.name}" for one in named if one.kind is griffe.ParameterKind.var_positional]
        keywords = {one.name: one.required for one in named if one.kind is griffe.ParameterKind.keyword_only}
        is_open = any(one.kind is griffe.ParameterKind.var_keyword for one in named)
        request = self._request(member) if is_open else None
        if request is not None:
            given = {one.name for one in by_position + by_either}
            keywords.update({name: required for name, required in request.items() if name not in given})
        parts = [
            *(_part(one.name, one.required) for one in by_position),
            *(["/"] if by_position else []),
            *(_part(one.name, one.required) for one in by_either),
            *(rest or (["*"] if keywords else [])),
            *(_part(name, required) for name, required in sorted(keywords.items())),
            *(["**others"] if is_open and request is None else []),
        ]
        return f"({', '.join(parts)}) -> {member.returns or 'None'}"

    def _request(self, member: Any) -> dict[str, bool] | None:
        """Return the fields that ``**fields: Unpack[...]`` stands for, as the first overload or the method has it."""
        for form in (*(member.overloads or ()), member):
            for parameter in form.parameters:
                match = re.fullmatch(r"Unpack\[(?:\w+\.)*(\w+)\]", str(parameter.annotation))
                if match is not None:
                    return {**self._named(form, member), **self._typed_dict(match[1])}
        return None

    def _named(self, form: Any, member: Any) -> dict[str, bool]:
        """Return the keywords that an overload names and the method takes among its ``**fields``."""
        own = {parameter.name for parameter in member.parameters}
        keywords = [one for one in form.parameters if one.kind is griffe.ParameterKind.keyword_only]
        return {one.name: one.default is None for one in keywords if one.name not in own}

    def _typed_dict(self, name: str) -> dict[str, bool]:
        """Return the keys of a TypedDict, and whether each is required."""
        for module in (self.package["_params"], *self._modules(self.package)):
            if name in module.members:
                found = module[name]
                found = found.final_target if found.is_alias else found
                return {
                    key: str(value.annotation).startswith("Required[")
                    for key, value in found.all_members.items()
                    if value.kind is griffe.Kind.ATTRIBUTE
                }
        raise LookupError(f"no TypedDict {name}")

    def _modules(self, package: Any) -> Iterator[Any]:
        for member in package.members.values():
            if not member.is_alias and member.kind is griffe.Kind.MODULE:
                yield member
                yield from self._modules(member)


def _part(name: str, required: bool) -> str:
    return name if required else f"{name}=..."


def breaks(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    """Yield what could break a caller's code, in words."""
    gone: set[str] = set()
    for path, before in old.items():
        after = new.get(path)
        if after is None:
            if path.rpartition(".")[0] not in gone:
                yield f"{path} is gone"
            gone.add(path)
        elif not before.startswith("(") or not after.startswith("("):
            if before != after and not _is_grown_union(before, after):
                yield f"{path} was {before!r} and is {after!r}"
        else:
            yield from (f"{path}: {problem}" for problem in _broken_signature(before, after))


def _is_grown_union(before: str, after: str) -> bool:
    """Return whether a union has all its members, and more: a new event breaks nobody, since unknown ones may come."""
    old, new = _UNION.fullmatch(before), _UNION.fullmatch(after)
    return old is not None and new is not None and set(old[2].split(" | ")) <= set(new[2].split(" | "))


def _broken_signature(before: str, after: str) -> Iterator[str]:
    old, new = _parameters(before), _parameters(after)
    positions = [[name for name, (kind, _) in side.items() if kind != "keyword"] for side in (old, new)]
    for name, (kind, required) in old.items():
        if name not in new:
            if "**others" not in after:
                yield f"the parameter {name} is gone"
            continue
        if required is False and new[name][1]:
            yield f"the parameter {name} is required now"
        if kind != new[name][0] and new[name][0] != "either":
            yield f"the parameter {name} is {new[name][0]}-only now"
    yield from (f"a new parameter {name} is required" for name in new if name not in old and new[name][1])
    if positions[1][: len(positions[0])] != positions[0] and set(positions[0]) <= set(positions[1]):
        yield "the positional parameters have another order"
    results = [side.rpartition(" -> ")[2] for side in (before, after)]
    if results[0] != results[1]:
        yield f"it returned {results[0]} and returns {results[1]}"


def _parameters(signature: str) -> dict[str, tuple[str, bool]]:
    """Return the kind of each parameter and whether it is required."""
    function = ast.parse(f"def _{signature.rpartition(' -> ')[0]}: ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    places = [*((one, "positional") for one in given.posonlyargs), *((one, "either") for one in given.args)]
    first_default = len(places) - len(given.defaults)
    found = {one.arg: (kind, index < first_default) for index, (one, kind) in enumerate(places)}
    keywords = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return {**found, **{one.arg: ("keyword", default is None) for one, default in keywords}}


def main(argv: list[str]) -> int:
    """Compare, or write the file anew."""
    new = dict(sorted(Api(ROOT).names.items()))
    if argv == ["--write"]:
        FILE.write_text(json.dumps(new, indent=0) + "\n", "utf-8", newline="\n")
        print(f"{FILE.name}: {len(new)} public names")
        return 0
    old: dict[str, str] = json.loads(FILE.read_text("utf-8"))
    found = list(breaks(old, new))
    if found:
        print("\n".join([*found, ACCEPT]))
        return 1
    print(f"{len(new)} public names, {len(new.keys() - old.keys())} more than at the last release; none is broken")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
