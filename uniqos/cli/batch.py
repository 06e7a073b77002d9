"""The command ``uniqos batch``: one operation over many rows, of which none is paid twice."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from typer.core import TyperGroup

import uniqos

from . import output
from .batch_display import Display, Progress
from .completion import PersonalityId
from .exits import ExitCode
from .groups import Command, write_commands
from .shared import BaseUrl, Debug, Profile, Timeout, connected

if TYPE_CHECKING:
    from ..batch import AsyncBatch, BatchOptions, Report

_HINTS = {
    "ledger_mismatch": "rows, --concurrency and --max-turns may change between two runs, the rest may not",
    "not_found": "check the personality's id, in --personality or UNIQOS_PERSONALITY",
}
_AGAIN = "The same command goes on, and no turn is paid twice"
_MOST_PROBLEMS = 20
_TICK_SECONDS = 0.25


class Unknown(str, Enum):
    """Treatment of records whose answer was lost."""

    resend = "resend"
    hold = "hold"


class InputFormat(str, Enum):
    """Format of the input."""

    jsonl = "jsonl"
    csv = "csv"
    tsv = "tsv"
    parquet = "parquet"
    arrow = "arrow"


class _Operations(TyperGroup):
    """A group in which ``respond`` and every other operation stand for ``run`` with that operation."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command of the first word, and the words that are left for it."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["run", *args]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands into the help."""
        write_commands(
            formatter, {name: (found.help or "").partition("\n")[0] for name, found in self.commands.items()}
        )


batch: typer.Typer = typer.Typer(
    cls=_Operations, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)


@dataclass(frozen=True)
class _Job:
    """All that a run needs to know, which ``retry`` reads again from a file beside the ledger."""

    operation: str
    source: str
    output: str | None
    rejects: str | None
    id: str
    columns: dict[str, str]
    fixed: dict[str, object]
    ledger: str
    format: Literal["jsonl", "csv", "tsv", "parquet", "arrow"] | None
    concurrency: int
    max_turns: int | None
    unknown: str
    key_hours: float
    dask: str | None
    csv_nulls: list[str] | None = None
    delimiter: str | None = None
    retry_failed: bool = False

    @property
    def title(self) -> str:
        """What the display is headed by."""
        return f"{self.operation}: {self.source} -> {self.output or 'standard output'}"

    def options(self, personality: str | None) -> BatchOptions:
        """Return the options of the batch.

        Args:
            personality: The personality of turns, unless the job or a column names one.
        """
        fixed = dict(self.fixed)
        if personality is not None and self.operation == "respond" and "personality_id" not in self.columns:
            fixed.setdefault("personality_id", personality)
        options: BatchOptions = {
            "id": self.id,
            "ledger": self.ledger,
            "map": self.columns,
            "fixed": fixed,
            "concurrency": self.concurrency,
            "max_turns": self.max_turns,
            "unknown": "hold" if self.unknown == "hold" else "resend",
            "key_window": timedelta(hours=self.key_hours),
            "retry_failed": self.retry_failed,
        }
        if self.format is not None:
            options["format"] = self.format
        if self.csv_nulls is not None:
            options["csv_nulls"] = self.csv_nulls
        if self.delimiter is not None:
            options["delimiter"] = self.delimiter
        return options

    def save(self) -> None:
        """Keep the job beside its ledger, readable by its owner alone: fixed values may be the words of people."""
        path = _job_file(self.ledger)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(replace(self, retry_failed=False)), file, indent=2)


@batch.callback()
def top() -> None:
    """Run one operation over the rows of a file, and pay for no row twice.

    \b
    Examples:
      uniqos batch respond tickets.csv -o out.jsonl --id ticket --map message=text
      uniqos batch infer-state - -o out.parquet --id review < reviews.jsonl
      uniqos batch status out.jsonl
      uniqos batch retry out.jsonl

    Operations: respond, infer-state, recall-memory, and others that are read-only or carry an idempotency key, such as
    end-users.create. Their options are those of "uniqos batch run --help": "batch respond ..." is short for
    "batch run respond ...".

    \b
    Exit codes:
      0    all rows are done
      3    all rows are settled; some were rejected, failed or are unknown
      4    incomplete: the same command goes on
      130  Ctrl-C ended it: the first one lets the calls under way end, the
           second aborts
    """  # noqa: D301 (\b makes click keep the line breaks of its paragraph)


@batch.command(cls=Command)
def run(
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="respond, infer-state, end-users.create ...")],
    source: Annotated[str, typer.Argument(metavar="IN", help="JSONL, CSV or Parquet file; - reads standard input.")],
    out: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File of the answers: .jsonl or .parquet. Rejected rows and failed records "
            "go to a file beside it, those of answers.jsonl to answers.rejects.jsonl.",
        ),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option("--id", metavar="COL", help="Column of the id of each record. No two rows may share one."),
    ] = None,
    row_numbers: Annotated[
        bool,
        typer.Option("--row-numbers", help="Take the number of a row as its id. A row that moves is then sent again."),
    ] = False,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COL",
            help="Column that fills a field, e.g. message=text. By default a column "
            "fills the field of its own name. Repeatable.",
        ),
    ] = None,
    fixed: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Value of a field for all rows, e.g. mode=stateless. Repeatable.",
        ),
    ] = None,
    personality: PersonalityId = None,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="File that keeps the state of each record.  [default: OUT.ledger]"),
    ] = None,
    rejects: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Rejected rows and failures.  [default: x.rejects.jsonl for x.jsonl]"),
    ] = None,
    format: Annotated[
        InputFormat | None, typer.Option("--format", help="Format of the input.  [default: by its ending]")
    ] = None,
    csv_nulls: Annotated[
        list[str] | None,
        typer.Option("--csv-null", metavar="TEXT", help="Cell of CSV that is null. Repeatable.  [default: empty]"),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(metavar="CHAR", help="Character between cells of CSV; \\t is a tab.  [default: comma]")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, metavar="N", help="Calls under way at once.")] = 64,
    max_turns: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Turns that may be billed for this ledger, in all runs.")
    ] = None,
    unknown: Annotated[
        Unknown,
        typer.Option(
            help="Treatment of records whose answer was lost: send them again with their own key, or hold them for you."
        ),
    ] = Unknown.resend,
    key_hours: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="HOURS",
            help="Time after its first request in which a record whose answer was lost may be "
            "sent again. How long the API honours a key is not public.",
        ),
    ] = 24.0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Send failed records again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all rows and count the turns; send nothing.")
    ] = False,
    as_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print each result as a line of JSON, in the order in which they come.")
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Scheduler of a Dask cluster that is to run the batch, e.g. tcp://host:8786."
        ),
    ] = None,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Send each row of IN once.

    The answers are written to OUT in the order of the input.

    A run that is interrupted, killed or stopped goes on when the same command is run again. OUT appears when it is
    whole. Without a key or profile a local sandbox answers.
    """
    with output.report_errors(debug, _HINTS):
        if (id is None) == (not row_numbers):
            raise _usage("give --id COL, the column of the record's id, or --row-numbers")
        if out is None and not (dry_run or (as_jsonl and ledger)):
            raise _usage("give -o OUT, the file of the answers; with --jsonl, --ledger FILE is enough")
        if as_jsonl and dask:
            raise _usage("--jsonl prints what this process runs; leave it out with --dask")
        job = _Job(
            operation=operation.replace("-", "_"),
            source=source,
            output=out,
            rejects=rejects,
            id="#" if id is None else id,
            columns=_pairs("--map", columns),
            fixed={name: _value(text) for name, text in _pairs("--set", fixed).items()},
            ledger=ledger or f"{out}.ledger{'s' if dask else ''}",
            format=cast('Literal["jsonl", "csv", "tsv", "parquet", "arrow"] | None', format and format.value),
            concurrency=concurrency,
            max_turns=max_turns,
            unknown=unknown.value,
            key_hours=key_hours,
            dask=dask,
            csv_nulls=csv_nulls or None,
            delimiter="\t" if delimiter == "\\t" else delimiter,
            retry_failed=retry_failed,
        )
        with connected(base_url, timeout, debug, profile=profile) as connection:
            client = _without_retries_in_the_log(connection.client, debug)
            chosen = personality or connection.default_personality
            code = _check(job, client, chosen, as_jsonl) if dry_run else _run(job, client, chosen, as_jsonl)
        raise typer.Exit(code)


@batch.command(cls=Command)
def status(
    where: Annotated[str, typer.Argument(metavar="OUT", help="Output or ledger of a run; the run may be going on.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: Debug = False,
) -> None:
    """Print how many records are done, rejected, failed and unknown. It ends with the exit code of the run."""
    with output.report_errors(debug):
        report = _report_of(_ledger_of(where))
        if as_json:
            output.write_json(asdict(report))
        else:
            names = ("rows", "done", "rejected", "failed", "unknown", "in_flight", "turns")
            output.write("".join(f"{name.replace('_', ' '):10}{getattr(report, name):>12,}\n" for name in names))
            output.write(f"{'complete':10}{'yes' if report.is_complete else 'no':>12}\n")
        raise typer.Exit(_exit_code(report))


@batch.command(cls=Command)
def retry(
    where: Annotated[str, typer.Argument(metavar="OUT", help="Output or ledger of a run.")],
    personality: PersonalityId = None,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Run a command again as it was given, and send the failed records once more."""
    with output.report_errors(debug, _HINTS):
        path = _job_file(_ledger_of(where))
        try:
            job = _Job(**json.loads(Path(path).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise _usage(
                f"{path} does not tell how {where} was made; run its command again with --retry-failed"
            ) from None
        if job.source == "-":
            raise _usage(
                "the rows came from standard input; run the command again with --retry-failed and the same rows"
            )
        with connected(base_url, timeout, debug, profile=profile) as connection:
            client = _without_retries_in_the_log(connection.client, debug)
            chosen = personality or connection.default_personality
            code = _run(replace(job, retry_failed=True), client, chosen, False)
        raise typer.Exit(code)


def _without_retries_in_the_log(client: uniqos.UniqOS, debug: bool) -> uniqos.UniqOS:
    """Return a client that does not log each retry, since the display counts them."""
    return client if debug else client.with_options(log_level="error")


# The run


def _run(job: _Job, client: uniqos.UniqOS, personality: str | None, as_jsonl: bool) -> ExitCode:
    """Run a job with its display; return the exit code."""
    options = job.options(personality)
    progress = Progress()
    with ExitStack() as stack:
        display = Display(job.title, progress)
        report = (
            _run_on_dask(job, client, options, progress, display, stack)
            if job.dask
            else asyncio.run(_run_here(job, client, options, progress, display, as_jsonl))
        )
    _conclude(job, report)
    return _exit_code(report)


async def _run_here(
    job: _Job,
    client: uniqos.UniqOS,
    options: BatchOptions,
    progress: Progress,
    display: Display,
    as_jsonl: bool,
) -> Report:
    from ..batch import AsyncBatch
    from ..batch._emotions import emotion_of
    from ..batch._files import Files
    from ..batch._loop_thread import asynchronous
    from ..batch._records import line_of, to_line

    async with asynchronous(client) as sender:
        running: AsyncBatch[Any] = AsyncBatch(sender, job.operation, job.source, **options)
        job.save()
        with ExitStack() as stack:
            if job.output is not None:
                kept = (job.source, job.ledger)
                running._files = stack.enter_context(Files(job.output, job.rejects, running.answer_model, kept))
            with display:
                ticking = asyncio.create_task(_tick(running, progress, display))
                try:
                    async with running:
                        async for result in running:
                            emotion = emotion_of(result)
                            if emotion is not None:
                                progress.emotions[emotion] += 1
                            if as_jsonl:
                                output.write_bytes(to_line(line_of(result)))
                finally:
                    ticking.cancel()
                    progress.note(running.report, _fraction(running))
        return running.report


async def _tick(running: AsyncBatch[Any], progress: Progress, display: Display) -> None:
    """Show the progress also while no call ends."""
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        progress.note(running.report, _fraction(running))
        display.tick()


def _run_on_dask(
    job: _Job,
    client: uniqos.UniqOS,
    options: BatchOptions,
    progress: Progress,
    display: Display,
    stack: ExitStack,
) -> Report:
    from ..batch.dask import DaskBatch, connect

    def note(report: Report) -> None:
        progress.emotions = running.emotions
        progress.note(report)
        display.tick()

    assert job.dask is not None
    assert job.output is not None
    dask = stack.enter_context(connect(job.dask))
    options["on_progress"] = note
    running = DaskBatch(client, job.operation, job.source, dask=dask, **options)
    job.save()
    stack.enter_context(display)
    return running.write(job.output, job.rejects)


def _conclude(job: _Job, report: Report) -> None:
    """Say what a person should know or do at the end."""
    if report.columns_left_out:
        names = ", ".join(map(repr, report.columns_left_out))
        output.note(f"columns that were not sent: {names}; --map FIELD=COL sends one")
    if not report.is_complete:
        output.note(f"incomplete: {report.reason or 'not all rows were read'}. {_AGAIN}", "yellow")
        return
    if report.rejected or report.failed or report.unknown:
        where = job.rejects or (_rejects_beside(job.output) if job.output else "the lines above")
        output.note(f"rejected rows and failed records, with reasons: {where}", "yellow")
        if report.failed:
            output.note(f"uniqos batch retry {job.output or job.ledger} sends the failed records again")


def _exit_code(report: Report) -> ExitCode:
    if report.stopped == "interrupted":
        return ExitCode.INTERRUPTED
    if not report.is_complete:
        return ExitCode.INCOMPLETE
    return ExitCode.PARTIAL if report.rejected or report.failed or report.unknown else ExitCode.OK


def _fraction(running: AsyncBatch[Any]) -> float | None:
    rows = running._rows
    return None if rows is None else rows.fraction


# The check


def _check(job: _Job, client: uniqos.UniqOS, personality: str | None, as_jsonl: bool) -> ExitCode:
    """Check all rows without sending any; print the problems and the number of turns."""
    from ..batch import Batch, Problem
    from ..batch._calls import Call
    from ..batch._ledger import Ledger
    from ..batch._rows import open_rows

    options = job.options(personality)
    checked: Batch[Any] = Batch(client, job.operation, job.source, **options)
    calls = checked._calls
    known = Ledger(job.ledger, {}, None, read_only=True) if os.path.isfile(job.ledger) else None
    ids: set[str] = set()
    rows = done = rejected = 0
    source = open_rows(
        job.source,
        format=job.format,
        columns=calls.wanted_columns,
        json_columns=calls.json_columns,
        csv_nulls=checked._settings.csv_nulls,
        delimiter=job.delimiter,
    )
    for row in source:
        rows += 1
        problems = checked.check(row)
        id = calls.find_id(row.number, row.values)
        shown = id if isinstance(id, str) else None
        if shown is not None and shown in ids:
            problems = (*problems, Problem(job.id, "duplicate_id", "an earlier row has the same id"))
        if shown is not None:
            ids.add(shown)
        if problems:
            rejected += 1
            line = {"id": shown, "row": row.number, "problems": [asdict(problem) for problem in problems]}
            if as_jsonl:
                output.write_json(line)
            elif rejected <= _MOST_PROBLEMS:
                for problem in problems:
                    path = f"{problem.path}: " if problem.path else ""  # A row as a whole has no path.
                    output.write(f"row {row.number} ({shown or 'no id'}): {path}{problem.reason}\n")
        elif known is not None and shown is not None:
            call = calls.prepare(shown, row.values, known.run)
            digest = call.digest if isinstance(call, Call) else None
            done += any(entry.state == "done" and entry.digest == digest for entry in known.find(shown))
    if known is not None:
        known.close()
    if rejected > _MOST_PROBLEMS and not as_jsonl:
        output.write(f"... and {rejected - _MOST_PROBLEMS:,} more rows; --jsonl prints all\n")
    unit = "turns" if calls.is_billed else "calls"
    already = f"; the ledger has the answers of {done:,} more" if done else ""
    output.note(
        f"{rows:,} rows: {rows - rejected - done:,} {unit} to send, {rejected:,} rejected{already}. Nothing was sent."
    )
    return ExitCode.PARTIAL if rejected else ExitCode.OK


# Arguments and files


def _usage(message: str) -> uniqos.ConfigurationError:
    return uniqos.ConfigurationError(message, code="wrong_usage")


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """Return the arguments of a repeatable option as a dict."""
    pairs: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise _usage(f"{option} takes NAME=VALUE, e.g. --map message=text")
        if name in pairs:
            raise _usage(f"{option} names {name} twice")
        pairs[name] = value
    return pairs


def _value(text: str) -> object:
    """Return the value of ``--set``: JSON if it is an object, a list or in quotes, else the text itself."""
    if not text.startswith(("{", "[", '"')):
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def _job_file(ledger: str) -> str:
    return f"{ledger.rstrip('/')}.json"


def _ledger_of(where: str) -> str:
    """Return the ledger, or folder of ledgers, of an output or of itself."""
    for path in (f"{where}.ledger", f"{where}.ledgers", where):
        if os.path.exists(path):
            return path
    raise _usage(f"there is no ledger {where}.ledger; give the output or the ledger of a run")


def _report_of(ledger: str) -> Report:
    from ..batch import read_report

    if not os.path.isdir(ledger):
        return read_report(ledger)
    from ..batch._partitions import report_of

    return report_of(ledger)


def _rejects_beside(out: str) -> str:
    path = Path(out)
    return str(path.with_name(f"{path.name.removesuffix(path.suffix)}.rejects.jsonl"))
