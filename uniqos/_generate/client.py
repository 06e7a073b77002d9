"""The methods of the client that take options: their signatures, docstrings and bodies, made from ``ClientOptions``."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

BEGIN = "    # generated from ClientOptions: begin\n"
END = "    # generated from ClientOptions: end\n"
_EITHER = {
    "httpx.Client | httpx.AsyncClient": "httpx.AsyncClient",
    "KeySource | AsyncKeySource": "AsyncKeySource",
    "middlewares.Middleware | middlewares.AsyncMiddleware": "middlewares.AsyncMiddleware",
}
"""The type that the asynchronous client takes, by that of both clients."""

_METHODS = '''\
    def __init__(self, {first}, *, {others}) -> None:
        """Check the settings. Connections are opened by the first call.

        Args:
{all_docs}

        Raises:
            ConfigurationError: ``missing_api_key``, ``invalid_api_key_format``, or another setting is wrong.
        """
        # First, so that no traceback with local variables shows these.
        api_key = hide_key(api_key)
        access_token, base_url, proxy = map(hide, (access_token, base_url, proxy))
        headers = hide_headers(headers)
        self._set_up({all_values})

    def with_options(self, *, {changeable}) -> Self:
        """Return a client with other settings over the same connections; closing it leaves them open.

        None leaves a setting as it is.

        Args:
{changeable_docs}

        Returns:
            The other client.

        Raises:
            ConfigurationError: A setting is wrong.
        """
        headers = hide_headers(headers)
        return self._with(change(self._requester.config, {changeable_values}))
'''


class _Option(NamedTuple):
    name: str
    type: str
    doc: str

    @property
    def parameter(self) -> str:
        return f"{self.name}: {self.type} = None"

    @property
    def documented(self) -> str:
        return textwrap.fill(
            f"{self.name}: {self.doc}",
            width=120,
            initial_indent=" " * 12,
            subsequent_indent=" " * 16,
            break_long_words=False,
            break_on_hyphens=False,
        )


def with_options_of(client: str, *sources: str) -> str:
    """Return the text of the client's module with its generated methods.

    Args:
        client: Text of ``_async/client.py``.
        sources: Texts of the modules that declare ``ClientOptions`` and its bases.

    Raises:
        ValueError: The two lines that the methods stand between are not there, or an option has no docstring.
    """
    before, begin, rest = client.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the lines {BEGIN.strip()!r} and {END.strip()!r} are missing")
    classes = {
        node.name: node for source in sources for node in ast.parse(source).body if isinstance(node, ast.ClassDef)
    }
    every = list(_options(classes, "ClientOptions"))
    changeable = list(_options(classes, "ChangeableOptions"))
    methods = _METHODS.format(
        first=every[0].parameter,
        others=_parameters(every[1:]),
        all_docs=_docs(every),
        all_values=_values(every),
        changeable=_parameters(changeable),
        changeable_docs=_docs(changeable),
        changeable_values=_values(changeable),
    )
    return before + begin + methods + "\n" + end + after


def _options(classes: dict[str, ast.ClassDef], name: str) -> Iterator[_Option]:
    """Yield the options of a TypedDict, those of its bases first."""
    node = classes[name]
    for base in node.bases:
        if ast.unparse(base) in classes:
            yield from _options(classes, ast.unparse(base))
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign):
            option = ast.unparse(statement.target)
            if not isinstance(following, ast.Expr) or not isinstance(following.value, ast.Constant):
                raise ValueError(f"the option {option} of {name} has no docstring")
            kind = ast.unparse(statement.annotation)
            for both, own in _EITHER.items():
                kind = kind.replace(both, own)
            yield _Option(option, kind, " ".join(str(following.value.value).split()))


def _parameters(options: list[_Option]) -> str:
    return ", ".join(option.parameter for option in options) + ","


def _docs(options: list[_Option]) -> str:
    return "\n".join(option.documented for option in options)


def _values(options: list[_Option]) -> str:
    return ", ".join(f"{option.name}={option.name}" for option in options)
