"""The reference as web pages, made by pdoc from the docstrings: ``python .ci/reference/build.py FOLDER``.

Public classes live in private modules, which pdoc would name. So each page is a module made here. It holds the public
names, and these say in this process that they belong to it. Nothing is written to the package.
"""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cache, reduce
from operator import or_
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pdoc
import pdoc.doc
import pdoc.doc_ast
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typing_extensions import get_overloads

import uniqos
from uniqos import _params as params
from uniqos import (
    batch,
    contract,
    errors,
    fastapi,
    integrations,
    mcp,
    middleware,
    models,
    pytest_plugin,
    relay,
    sandbox,
    telemetry,
    testing,
    webhooks,
)
from uniqos._async.namespaces.base import namespace as async_namespace
from uniqos._sync.namespaces.base import namespace
from uniqos._wire import options
from uniqos.batch import dask
from uniqos.integrations import langchain, langgraph, openai_agents, pydantic_ai

HERE = Path(__file__).parent
FRAMEWORKS = (langchain, langgraph, openai_agents, pydantic_ai)
CLIENT_PAGE = """
The namespaces of a client: `client.personalities` and the others, with a method for each operation of the API.

These pages show the methods of `uniqos.UniqOS`. Those of `uniqos.AsyncUniqOS` have the same names and arguments, and
are awaited; their iterators are asynchronous.

- A default of ``...`` means that the field is not sent unless you give it.
- Instead of keywords, most methods take the same values as one object, ``body`` or ``query``: a model of
  `uniqos.models`, a pydantic model of yours, or a mapping.
- Nearly every method takes the `Options` of a call as further keywords, which are those of `SharedOptions` too.
- Each docstring ends with the source of the operation's shape: the docs, the official SDK, or ``undocumented``.
"""
NAMESPACE_PAGE = "A namespace of `uniqos.UniqOS` and `uniqos.AsyncUniqOS`; see `client`."
PRIVATE = re.compile(r"uniqos(?:\.|/|</span><span class=\"o\">\.</span><span class=\"n\">)(?:_[a-z]|api\b)\w*")
UNSET: Any = type("Unset", (), {"__repr__": lambda self: "..."})()
_sources: dict[Any, str] = {}
"""The source of each page, and of each class on one: pdoc would look for it by ``__module__``."""
_public: set[Any] = set()


@cache
def defined_in(module: ModuleType) -> dict[str, str]:
    """Return the source of each top-level name of a module that is defined there, not imported."""
    text, found = inspect.getsource(module), {}
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        for target in targets:
            name = getattr(target, "name", getattr(target, "id", None))
            if isinstance(name, str):
                found[name] = ast.get_source_segment(text, node) or ""
    return found


def home(name: str, value: Any) -> ModuleType:
    """Return the module that defines a public name, whatever its ``__module__`` says."""
    loaded = [module for key, module in sorted(sys.modules.items()) if re.match(r"uniqos\b", key)]
    for module in loaded:
        if vars(module).get(name) is value and name in defined_in(module):
            return module
    raise LookupError(f"no module of uniqos defines {name}")


class Page:
    """A module made of public names, wherever they are defined."""

    def __init__(self, name: str, text: str | None, members: Mapping[str, Any]) -> None:
        self.module = ModuleType(name, inspect.cleandoc(text or ""))
        self.members = members
        homes = {key: home(key, value) for key, value in members.items()}
        named = [item for module in homes.values() for item in vars(module).items() if not item[0].startswith("__")]
        # What the annotations name. A class goes before a module of the same name, such as datetime.
        vars(self.module).update(sorted(named, key=lambda item: not inspect.ismodule(item[1])))
        vars(self.module).update(members, __all__=[*members])
        _sources[self.module] = "\n\n".join(dict.fromkeys(inspect.getsource(module) for module in homes.values()))
        classes = {key: value for key, value in members.items() if isinstance(value, type)}
        _sources.update({value: defined_in(homes[key])[key] for key, value in classes.items()})
        _public.update(classes.values())

    def adopt(self) -> None:
        """Let the classes and functions of the page say that they belong to it."""
        sys.modules[self.module.__name__] = self.module
        for value in self.members.values():
            if isinstance(value, type):
                inherit_from_private_bases(value)
                if hasattr(value, "_fields"):  # a NamedTuple, whose constructor says that it has a module of its own
                    value.__new__.__module__ = self.module.__name__
                for name, member in list(vars(value).items()):
                    if isinstance(member, (namespace, async_namespace)):
                        setattr(value, name, as_property(member))
                    elif inspect.isfunction(member) and not name.startswith("_"):
                        member.__signature__ = written_out(member)  # type: ignore[attr-defined]
                    elif name == "__init__" and "Requester" in str(inspect.signature(member)):
                        member.__signature__ = inspect.Signature()  # a client makes it, nobody else
            if isinstance(value, type) or inspect.isfunction(value):
                value.__module__ = self.module.__name__


def inherit_from_private_bases(cls: type) -> None:
    """Give a class the documented members of its private bases, which have no page."""
    shown = {base for parent in cls.__mro__[1:] if parent in _public for base in parent.__mro__}
    for base in cls.__mro__[1:]:
        if base.__module__.startswith("uniqos") and base not in shown:
            for name, value in vars(base).items():
                if not name.startswith("_") and name not in vars(cls) and value.__doc__:
                    setattr(cls, name, value)


def as_property(member: Any) -> property:
    """Return a namespace as a property, which pdoc shows with its type."""

    def get(self): ...  # type: ignore[no-untyped-def]

    if isinstance(member, namespace):
        get.__annotations__["return"] = member.func(None)
    get.__doc__ = member.__doc__
    return property(get)


def written_out(function: Any) -> inspect.Signature:
    """Return a signature with the fields of a request in the place of ``**fields``."""
    signature = inspect.signature(function)
    arguments = [p.replace(annotation=one_object(p.annotation)) for p in signature.parameters.values()]
    for form in (*get_overloads(function), function):
        own = inspect.signature(form).parameters.values()
        match = re.search(r"Unpack\[p\.(\w+)\]", str(own))
        if match is None:
            continue
        request = getattr(params, match[1])
        # An overload may name required fields as parameters, which the implementation takes among its ``**fields``.
        hints = get_type_hints(form)
        named = [
            p.replace(annotation=hints[p.name])
            for p in own
            if p.kind is inspect.Parameter.KEYWORD_ONLY and p.name not in signature.parameters
        ]
        listed = {*params.Options.__annotations__, *signature.parameters}
        fields = {k: v for k, v in get_type_hints(request).items() if k not in listed}
        keywords = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=hint,
                default=inspect.Parameter.empty if name in request.__required_keys__ else UNSET,
            )
            for name, hint in fields.items()
        ]
        options = inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD, annotation=params.Options)
        first = [a for a in arguments[:-1] if a.kind is not inspect.Parameter.KEYWORD_ONLY]
        others = [a for a in arguments[:-1] if a.kind is inspect.Parameter.KEYWORD_ONLY]
        arguments = [*first, *named, *others, *keywords, options]
        break
    return signature.replace(parameters=arguments)


def one_object(annotation: Any) -> Any:
    """Write out what a method takes as one object."""
    if annotation in ("Body", "Body | None"):
        return Mapping[str, Any] | BaseModel | None
    if isinstance(annotation, str) and (match := re.match(r"p\.(\w+)Like", annotation)):
        taken = getattr(models, match[1]) | Mapping[str, Any] | BaseModel
        return taken | None if annotation.endswith("None") else taken
    return annotation


def namespaces(owner: type, path: str) -> Iterator[tuple[str, type]]:
    """Yield the page and the class of each namespace, with those inside it."""
    for name, value in sorted(vars(owner).items()):
        if isinstance(value, namespace):
            kind = value.func(None)
            yield f"{path}.{name}", kind
            yield from namespaces(kind, f"{path}.{name}")


def exported(module: ModuleType, *without: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names that a module exports, without modules and without those that have another page."""
    found = {name: getattr(module, name) for name in module.__all__ if not name.startswith("__")}
    elsewhere = {name for names in without for name in names}
    return {k: v for k, v in found.items() if k not in elsewhere and not inspect.ismodule(v)}


def pages() -> list[Page]:
    """Return all pages; each public name stands on one of them."""
    raised = {k: v for k, v in vars(errors).items() if isinstance(v, type) and issubclass(v, errors.UniqOSError)}
    delivered = exported(webhooks)
    own = exported(uniqos, raised, delivered)
    found = namespaces(uniqos.UniqOS, "client")
    return [
        Page("uniqos", uniqos.__doc__, own),
        Page("client", CLIENT_PAGE, {"Options": params.Options, "SharedOptions": options.SharedOptions}),
        *[Page(name, f"{kind.__doc__}\n\n{NAMESPACE_PAGE}", {kind.__name__: kind}) for name, kind in found],
        Page("uniqos.batch", batch.__doc__, exported(batch)),
        Page("uniqos.batch.dask", dask.__doc__, exported(dask)),
        Page("uniqos.contract", contract.__doc__, exported(contract)),
        Page("uniqos.errors", errors.__doc__, {k: v for k, v in raised.items() if v.__name__ == k}),
        Page("uniqos.fastapi", fastapi.__doc__, exported(fastapi)),
        Page("uniqos.integrations", integrations.__doc__, {}),
        *[Page(module.__name__, module.__doc__, exported(module)) for module in FRAMEWORKS],
        Page("uniqos.mcp", mcp.__doc__, exported(mcp)),
        Page("uniqos.middleware", middleware.__doc__, exported(middleware, own)),
        Page("uniqos.models", models.__doc__, exported(models, own, delivered)),
        Page("uniqos.pytest_plugin", pytest_plugin.__doc__, {}),
        Page("uniqos.relay", relay.__doc__, exported(relay)),
        Page("uniqos.sandbox", sandbox.__doc__, exported(sandbox)),
        Page("uniqos.telemetry", telemetry.__doc__, exported(telemetry, own)),
        Page("uniqos.testing", testing.__doc__, exported(testing)),
        Page("uniqos.webhooks", webhooks.__doc__, delivered),
    ]


def bases_on(modules: Mapping[str, Any], cls: type) -> list[tuple[str, str, str]]:
    """Return the bases of a class that have a page, as pdoc wants them: module, name, and the text to show."""
    return [(base.__module__, base.__name__, base.__name__) for base in cls.__bases__ if base.__module__ in modules]


def without_undefined(value: Any) -> Any:
    """Return the default of a field; a required field has none."""
    return inspect.Parameter.empty if value is PydanticUndefined else value


def without_metadata(annotation: Any) -> Any:
    """Return a type without the validators and constraints of ``Annotated``, whose text holds memory addresses."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return without_metadata(arguments[0])
    if origin in (Literal, None) or not arguments:
        return annotation
    plain = tuple(map(without_metadata, arguments))
    if plain == arguments or any(isinstance(argument, list) for argument in arguments):
        return annotation
    return reduce(or_, plain) if origin in (Union, UnionType) else origin[plain]


def build(folder: Path) -> list[str]:
    """Write the pages and return what is wrong with them."""
    made = pages()
    for page in made:
        page.adopt()
    BaseModel.__module__ = "pydantic"
    read = pdoc.doc_ast._get_source.__wrapped__
    pdoc.doc_ast._get_source = cache(lambda obj: _sources.get(obj) or read(obj))
    footer = f"uniqos {uniqos.__version__}"
    names = vars(pdoc.doc)
    write = names["formatannotation"]
    names["formatannotation"] = lambda annotation: write(without_metadata(annotation))
    default = pdoc._pydantic.default_value
    pdoc._pydantic.default_value = lambda *of: without_undefined(default(*of))
    pdoc.render.configure(docformat="google", show_source=False, template_directory=HERE, footer_text=footer)
    modules = {page.module.__name__: pdoc.doc.Module(page.module) for page in made}
    pdoc.doc.Class.bases = property(lambda cls: bases_on(modules, cls.obj))  # type: ignore[assignment]
    shutil.rmtree(folder, ignore_errors=True)
    problems = []
    for name, module in modules.items():
        file = folder / f"{name.replace('.', '/')}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pdoc.render.html_module(module, modules), "utf-8")
    (folder / "index.html").write_text(pdoc.render.html_index(modules), "utf-8")
    (folder / "search.js").write_text(pdoc.render.search_index(modules), "utf-8")
    for file in sorted(folder.rglob("*.*")):
        leaks = sorted({match[0] for match in PRIVATE.finditer(file.read_text("utf-8"))})
        problems += [f"{file.relative_to(folder)}: a private module is named: {leak}" for leak in leaks]
    return problems


if __name__ == "__main__":
    with warnings.catch_warnings(record=True) as caught:
        problems = build(Path(sys.argv[1]))
    problems += sorted({str(warning.message).splitlines()[0] for warning in caught})
    print("\n".join(problems) or f"the reference is in {sys.argv[1]}")
    sys.exit(bool(problems))
