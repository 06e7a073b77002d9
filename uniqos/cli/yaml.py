"""YAML 1.2 as JSON values: ``no`` and ``2026-01-01`` are text, and a key that is given twice is refused."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import uniqos

from .._extras import missing_extra

# The values of YAML 1.2 that JSON has. PyYAML has those of 1.1, in which "no" is false, "1:30" is 90, and a date is no
# text.
_CORE = {
    "null": (r"~|null|Null|NULL|", "~nN\0"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+", "-+0123456789"),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
}


def parse_yaml(text: str, name: str) -> Any:
    """Parse a text that the user gave, and that the error calls ``name``.

    Raises:
        ConfigurationError: The text is not YAML, or holds a value that JSON does not have.
        MissingExtraError: PyYAML is not installed.
    """
    yaml = _package()
    try:
        return yaml.load(text, Loader=_loader())
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        # The text that PyYAML quotes may be secret; its position is not.
        mark = getattr(exc, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = getattr(exc, "problem", None) or "it cannot be read"
        raise uniqos.ConfigurationError(f"{name} is neither JSON nor YAML: {reason}{where}") from None


def yaml_text(value: Any, *, unicode: bool) -> str:
    """Return a JSON value as YAML, with its keys in their order."""
    text: str = _package().safe_dump(value, allow_unicode=unicode, sort_keys=False, width=100)
    return text.removesuffix("...\n")


def _package() -> Any:
    try:
        import yaml
    except ImportError:
        raise missing_extra("YAML needs PyYAML", "cli") from None
    return yaml


@cache
def _loader() -> Any:
    yaml = _package()

    class Loader(yaml.SafeLoader):  # type: ignore[name-defined, misc]
        """A loader of JSON values. Aliases are refused: a few lines of them can stand for gigabytes."""

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (the name is PyYAML's)

        def compose_node(self, parent: Any, index: Any) -> Any:
            """Read one node, and refuse an alias."""
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark
                raise yaml.composer.ComposerError(None, None, "aliases are not allowed", mark)
            return super().compose_node(parent, index)

    def mapping(loader: Any, node: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in found:
                problem = "a key is given twice" if isinstance(key, str) else "a key is not text: put it in quotes"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            found[key] = loader.construct_object(value_node, deep=True)
        return found

    for name, (pattern, first) in _CORE.items():
        chars = [None if char == "\0" else char for char in first]
        if name == "null":
            chars.append("")
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$"), chars)
    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))
    Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))
    return Loader
