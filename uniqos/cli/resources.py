"""The commands of the API's operations, which the operation table, the models and the clients' docstrings describe."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

import uniqos

from .._base.model import OpenRequest
from .._wire.file import File, PartialFile
from .._wire.operation import Operation
from ..api import NAMESPACES, operations, source_of
from . import output
from .calls import is_stream, method_of, perform, print_stream
from .completion import ids
from .flags import Flag, flags_of, pairs, plain_text, source_line
from .groups import LazyGroup, built
from .printing import printer
from .shared import (
    BaseUrl,
    Connection,
    Debug,
    DryRun,
    Format,
    FormatOption,
    IdempotencyKey,
    Profile,
    QueryOption,
    Raw,
    Timeout,
    Yes,
    agree,
    connected,
    read_data,
)


def lines(words: tuple[str, ...]) -> dict[str, str]:
    """Return the help line of each command in a group of resources, by its name."""
    namespace = _namespace(words)
    groups = {
        _word(inner.split(".")[len(words)]): _first_line(_namespace_class(inner)) or f"Operations of {inner}."
        for inner in NAMESPACES
        if inner.startswith(f"{namespace}.")
    }
    named = {_word(name): _summary(op, name) for name, op in _operations(namespace).items()}
    helpers = {_word(name): _first_line(method) for name, method in _helpers(namespace).items()}
    return {**named, **helpers, **groups}


def command(words: tuple[str, ...], kind: type[LazyGroup]) -> Any:
    """Build the command or group of some words; None if no operation is called so.

    Args:
        words: The words after the name of the program.
        kind: The class of a group, which finds the commands in it.
    """
    namespace = _namespace(words)
    if any(f"{other}.".startswith(f"{namespace}.") for other in NAMESPACES):
        return _group(words, namespace, kind)
    inner, _, name = namespace.rpartition(".")
    op = _operations(inner).get(name)
    if op is not None:
        return built(_operation_command(op, name), words[-1])
    helper = _helpers(inner).get(name)
    return None if helper is None else built(_helper_command(f"{inner}.{name}", helper), words[-1])


def _group(words: tuple[str, ...], namespace: str, kind: type[LazyGroup]) -> Any:
    """Build the group of a namespace, without its commands."""
    documented = _namespace_class(namespace)
    doc = inspect.getdoc(documented) if documented else None
    text = plain_text(doc.partition("\n\n")[0]) if doc else f"Operations of {namespace}."
    group = type("ResourceGroup", (kind,), {"words": words})
    app = typer.Typer(cls=group, add_completion=False, no_args_is_help=True, rich_markup_mode=None)
    app.callback(help=text)(lambda: None)
    return built(app, words[-1])


def _operation_command(op: Operation[Any], name: str) -> Callable[..., None]:
    """Return the function of an operation's command, whose signature has an option for each field."""
    fields = flags_of(op.body or op.query)
    is_list = op.method == "GET" and "next_cursor" in op.returns.model_fields
    is_file = op.returns is File

    def run(**given: Any) -> None:
        # A dry run shows no secret, and the token of an invitation is one.
        values = ["TOKEN" if param == "token" and given["dry_run"] else given[param] for param in op.params]
        form: Format = given.get("format_", Format.auto)
        with output.report_errors(given["debug"], as_json=form.has_json_errors) as running:
            out = None if is_file else printer(form, given["query_"], raw=given["raw"], pages=given.get("all_", False))
            arguments = _arguments(op, fields, given)
            key = given.get("idempotency_key")
            with _target(given.get("output_"), is_file) as part:
                with _connected(given, form, given["timeout"]) as connection:
                    client = connection.client
                    if _is_serious(op) and not connection.is_sandbox and not given["dry_run"]:
                        agree(client, _effect(op, values), given["yes"])
                    if op.resend in ("keyed", "billed"):
                        key = new_key() if key is None else key  # An empty key is refused, and not replaced.
                        if not connection.is_sandbox:  # A sandbox that ends with the command forgets the key.
                            running.idempotency_key = key
                    options = {} if key is None else {"idempotency_key": key}
                    if is_stream(op, arguments):
                        print_stream(client, arguments or {}, options)
                        return
                    if given.get("all_"):
                        _write_pages(client, op, values, arguments or {}, out, running)
                        return
                    answer = perform(client, op, values, arguments, options)
                if isinstance(answer, File):
                    _save(answer, part)
                    return
                _write_answer(answer, out)

    run.__doc__ = _help(op, name)
    return _signed(run, [*_path_parameters(op), *map(_field_parameter, fields), *_further(op, is_list, is_file)])


def _arguments(op: Operation[Any], fields: list[Flag], given: dict[str, Any]) -> dict[str, Any] | None:
    """Return body or query: ``--data``, then ``--set``, then the option of each field."""
    if op.body is None and op.query is None:
        return None
    data = given.get("data")
    found = {} if data is None else read_data(data, "--data")
    if not isinstance(found, dict):
        raise uniqos.ConfigurationError(f"--data must be an object, not {type(found).__name__}")
    found = {**found, **pairs(given.get("set_"))}
    for field in fields:
        value = given[_parameter(field)]
        if value is not None and value != []:
            found[field.key] = field.value(value)
    return found


def _write_pages(
    client: uniqos.UniqOS,
    op: Operation[Any],
    values: list[str],
    query: dict[str, Any],
    out: Any,
    running: output.Run,
) -> None:
    """Write all pages from a cursor on. A failure after the first page names the cursor to go on from."""
    used: set[str] = set()
    while True:
        answer = perform(client, op, values, query, {})
        _note_problems(answer)
        out.answer(answer.to_dict())
        cursor = answer.get("next_cursor")
        if not isinstance(cursor, str) or not cursor or cursor in used:
            break
        used.add(cursor)
        query = {**query, "cursor": cursor}
        running.how_to_go_on = f"what is printed is complete up to here; go on with --cursor {cursor}"
    out.finish()


def _write_answer(answer: Any, out: Any) -> None:
    _note_problems(answer)
    out.answer(answer.to_dict())
    out.finish()


def _note_problems(answer: Any) -> None:
    for problem in answer.http.problems if answer.http else ():
        where = ".".join(map(str, problem["loc"]))
        output.note(f"the answer breaks the contract: {where}: {problem['msg']}", "yellow")


def _target(path: Path | None, is_file: bool) -> Any:
    """Return the file that an answer is saved to, which is opened before the call; or nothing."""
    if path is not None:
        return PartialFile(path)
    if is_file and sys.stdout is not None and sys.stdout.isatty():
        raise uniqos.ConfigurationError("the answer is a file: give --output FILE")
    return nullcontext()


def _save(file: File, part: PartialFile | None) -> None:
    if part is None:
        output.write_bytes(file.content)
        return
    part.begin()
    part.write(file.content)
    output.note(f"saved {part.finish()} ({len(file.content)} bytes)")


def _helper_command(name: str, method: Any) -> Callable[..., None]:
    """Return the function of a client's method that is no operation, such as ``save_export``."""
    hints = get_type_hints(method)
    signature = inspect.signature(method)
    own = [
        parameter
        for parameter in list(signature.parameters.values())[1:]
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    docs = _argument_docs(method)

    def run(**given: Any) -> None:
        form: Format = given["format_"]
        with output.report_errors(given["debug"], as_json=form.has_json_errors):
            out = printer(form, given["query_"], raw=given["raw"])
            values = [given[one.name] for one in own if one.kind is not one.KEYWORD_ONLY]
            options = {one.name: given[one.name] for one in own if one.kind is one.KEYWORD_ONLY}
            kept = {key: value for key, value in options.items() if value is not None}
            with _connected(given, form) as connection:
                answer = attrgetter(name)(connection.client)(*values, **kept)
            if hasattr(answer, "to_dict"):
                out.answer(answer.model_dump(mode="json"))
                out.finish()

    run.__doc__ = _method_help(method)
    parameters = [_helper_parameter(one, hints, docs) for one in own]
    return _signed(run, [*parameters, *_printing(), *_connection(timeout=False)])


def _helper_parameter(parameter: inspect.Parameter, hints: dict[str, Any], docs: dict[str, str]) -> inspect.Parameter:
    text = docs.get(parameter.name, "")
    if parameter.kind is not parameter.KEYWORD_ONLY:
        metavar = "FILE" if parameter.name == "path" else parameter.name.upper()
        return _argument(parameter.name, metavar, text, None)
    kind = next(
        kind
        for kind in (int, float, str)
        if kind in (hints[parameter.name], *getattr(hints[parameter.name], "__args__", ()))
    )
    option = typer.Option("--" + _word(parameter.name), metavar="NUMBER" if kind is not str else "TEXT", help=text)
    return inspect.Parameter(
        parameter.name, parameter.KEYWORD_ONLY, default=parameter.default, annotation=Annotated[kind | None, option]
    )


def _signed(run: Callable[..., None], parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """Give a function the signature that its command is built from."""
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _path_parameters(op: Operation[Any]) -> list[inspect.Parameter]:
    method = method_of(uniqos.UniqOS, op)
    docs = _argument_docs(method) if method else {}
    return [_argument(param, param.upper(), docs.get(param, ""), ids(op, param)) for param in op.params]


def _argument(name: str, metavar: str, text: str, complete: Any) -> inspect.Parameter:
    found = typer.Argument(metavar=metavar, help=text, show_default=False, autocompletion=complete)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, found])


def _parameter(field: Flag) -> str:
    """Return the parameter of a field, which no other option of a command may have."""
    return f"field_{field.attribute}"


def _field_parameter(field: Flag) -> inspect.Parameter:
    names = [f"{field.option}/--no-{field.option[2:]}"] if field.type is bool and not field.is_json else [field.option]
    option = typer.Option(
        *names,
        metavar=field.metavar,
        help=field.help,
        show_default=False,
        autocompletion=(lambda incomplete: [word for word in field.choices if word.startswith(incomplete)])
        if field.choices
        else ids(None, field.key),
    )
    kind: Any = list[str] | None if field.is_list else field.type | None
    return inspect.Parameter(
        _parameter(field), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


def _further(op: Operation[Any], is_list: bool, is_file: bool) -> Iterator[inspect.Parameter]:
    """Yield the options that an operation has beside its fields."""
    if op.body or op.query:
        what = "Body" if op.body else "Query"
        data = typer.Option(metavar="DATA", help=f"{what} as JSON or YAML: @FILE, - for standard input, or the text.")
        yield _option("data", Annotated[str | None, data])
        more = typer.Option("--set", metavar="KEY=VALUE", help="Further field; the value is JSON or text. Repeatable.")
        yield _option("set_", Annotated[list[str] | None, more])
    if is_list:
        every = typer.Option("--all", help="Fetch all pages; elsewhere than on a terminal, one JSON object a line.")
        yield _option("all_", Annotated[bool, every], False)
    if op.resend in ("keyed", "billed"):
        yield _option("idempotency_key", IdempotencyKey)
    if is_file:
        target = typer.Option("--output", metavar="FILE", help="Write to this file.  [default: standard output]")
        yield _option("output_", Annotated[Path | None, target])
    if op.method != "GET":  # Calls that do not ask take it, too, so that a script can give it to all.
        yield _option("yes", Yes, False)
    if not is_file:
        yield from _printing()
    yield from _connection()


def _printing() -> Iterator[inspect.Parameter]:
    yield _option("format_", FormatOption, Format.auto)
    yield _option("query_", QueryOption)
    yield _option("raw", Raw, False)


def _connection(*, timeout: bool = True) -> Iterator[inspect.Parameter]:
    yield _option("dry_run", DryRun, False)
    yield _option("profile", Profile)
    yield _option("base_url", BaseUrl)
    if timeout:
        yield _option("timeout", Timeout)
    yield _option("debug", Debug, False)


def _connected(given: dict[str, Any], form: Format, timeout: float | None = None) -> AbstractContextManager[Connection]:
    """Return the client that the options of ``_connection`` ask for. A helper's own ``timeout`` is another one."""
    return connected(
        given["base_url"],
        timeout,
        given["debug"],
        profile=given["profile"],
        dry_run=given["dry_run"],
        silent=form.has_json_errors,
    )


def _option(name: str, annotation: Any, default: Any = None) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _is_serious(op: Operation[Any]) -> bool:
    """Return whether a call deletes something, costs money, or has an effect that a second call would have again."""
    return op.method == "DELETE" or op.resend in ("billed", "once", "limited") or _is_payment(op)


def _is_payment(op: Operation[Any]) -> bool:
    return op.method != "GET" and op.path.startswith("/v1/billing/")


def _effect(op: Operation[Any], values: list[str]) -> str:
    """Return what a call does, as the question to agree to it says."""
    label = f"{op.method} {op.path.format(**dict(zip(op.params, values, strict=True)))}"
    if op.resend == "billed":
        return f"{label} costs a turn"
    if _is_payment(op):
        return f"{label} changes what is paid"
    return f"{label} deletes data or ends an access" if op.method == "DELETE" else f"{label} takes effect at once"


def new_key() -> str:
    """Return a new idempotency key."""
    from uuid import uuid4

    return str(uuid4())


def _help(op: Operation[Any], name: str) -> str:
    """Return the help of an operation: what it does, its request, and the sources of both shapes."""
    method = method_of(uniqos.UniqOS, op)
    request = op.body or op.query
    parts = [_method_help(method) if method else _summary(op, name), f"Calls {op.label}."]
    if request is not None:
        parts[-1] += " " + source_line(source_of(request), issubclass(request, OpenRequest))
    if op.resend in ("keyed", "billed"):
        parts.append(
            "An error after which the call may have taken effect names its idempotency key: run the command again with "
            "--idempotency-key KEY."
        )
    if _is_serious(op):
        parts.append("Asks before it is sent; without a terminal, --yes is needed.")
    return "\n\n".join(parts)


def _method_help(method: Any) -> str:
    """Return a method's docstring up to its arguments, and its line of sources."""
    text = inspect.getdoc(method) or ""
    head = re.split(r"\n\n(?=Args:|Returns:|Raises:|Yields:|Source:|Example)", text)[0]
    source = re.search(r"^Source: .*(?:\n\S.*)*", text, re.MULTILINE)
    paragraphs = [plain_text(part) for part in head.split("\n\n") if "```" not in part]
    if source:
        paragraphs.append(plain_text(source[0]))
    return "\n\n".join(paragraphs)


def _argument_docs(method: Any) -> dict[str, str]:
    """Return the description of each argument in a method's docstring."""
    text = inspect.getdoc(method) or ""
    section = re.search(r"^Args:\n((?:    .*\n?|\n)*)", text, re.MULTILINE)
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section[1] if section else "", re.MULTILINE)
    return {name: plain_text(words) for name, words in found}


def _summary(op: Operation[Any], name: str) -> str:
    method = method_of(uniqos.UniqOS, op)
    return _first_line(method) if method else f"{op.label}."


def _first_line(documented: Any) -> str:
    """Return the first sentence of a docstring."""
    text = plain_text((inspect.getdoc(documented) or "").partition("\n\n")[0])
    return re.split(r"(?<=\.) ", text)[0]


def _namespace(words: tuple[str, ...]) -> str:
    return ".".join(words).replace("-", "_")


def _word(name: str) -> str:
    return name.replace("_", "-")


def _operations(namespace: str) -> dict[str, Operation[Any]]:
    """Return the operations of a namespace itself, by their names in it."""
    found = ((*name.rpartition("."), op) for name, op in operations().items())
    return {name: op for inner, _, name, op in found if inner == namespace}


def _namespace_class(namespace: str) -> Any:
    try:
        return attrgetter(namespace)(uniqos.UniqOS)
    except AttributeError:
        return None


def _helpers(namespace: str) -> dict[str, Any]:
    """Return the methods of a namespace that are no operations; ``--all`` stands for ``iterate``."""
    kind = _namespace_class(namespace)
    known = {*_operations(namespace), "iterate"}
    own = vars(kind) if kind else {}
    return {
        name: value
        for name, value in own.items()
        if inspect.isfunction(value) and not name.startswith("_") and name not in known
    }
