"""The commands ``uniqos webhooks listen``, ``trigger`` and ``replay``: deliveries on a developer's machine."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from ... import errors
from ..._base.secret import Secret
from ..._network.proxy import SANDBOX_KEY, SANDBOX_TOKEN
from .. import output
from ..completion import ids
from ..exits import ExitCode
from ..shared import BaseUrl, Debug, Profile, Timeout, account, connected, parse_json, read_data
from .delivery import Record, made_again, read_record
from .forwarding import Forwarder
from .listening import Listener, registered
from .polling import poll_deliveries
from .receiver import Receiver
from .triggering import emit, webhooks_for

_SECRET = "UNIQOS_WEBHOOK_SECRET"
_TYPES = ("payment.failed", "quota.threshold_reached")
"""The types of events that are public; the whole list is undocumented."""

AsJson = Annotated[bool, typer.Option("--json", help="Print each delivery as one line of JSON.")]
ForwardTimeout = Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="Time limit of an attempt to forward.")]


def listen(
    forward_to: Annotated[
        str | None, typer.Option(metavar="URL", help="Route of your application, e.g. http://localhost:8000/hooks.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Append each delivery to this file, for replay.")
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(metavar="TYPE", help="Type of event to subscribe to; repeatable.  [default: the public ones]"),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="https address by which the real API reaches --port, e.g. of a tunnel."),
    ] = None,
    poll: Annotated[
        str | None,
        typer.Option(
            metavar="WEBHOOK_ID",
            help="Receive nothing, and show the deliveries that the API lists.",
            autocompletion=ids(None, "webhook_id"),
        ),
    ] = None,
    interval: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="Time between two polls.")] = 5,
    forward_all: Annotated[
        bool, typer.Option("--forward-all", help="Forward deliveries that are not genuine, too.")
    ] = False,
    tolerance: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Oldest age of a delivery; 0 means any.")
    ] = 300,
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="Port; 0 takes a free one.")] = 4011,
    forward_timeout: ForwardTimeout = 30,
    as_json: AsJson = False,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Receive deliveries on this machine until Ctrl-C.

    Each delivery is verified, shown, recorded and forwarded. With a sandbox, an endpoint is registered for the time of
    the command. Without a key the command runs a sandbox of its own.

    The real API only delivers to public https addresses, and this SDK has no tunnel. There are three ways: --public-url
    with a tunnel of yours registers an endpoint. UNIQOS_WEBHOOK_SECRET receives for an endpoint that exists, without
    calling the API. --poll shows what the API lists, of which the public contract promises no field; such deliveries
    carry no signature, so they cannot be verified or forwarded.

    A delivery that is not genuine is answered with 400. Otherwise the sender gets the answer of your application, so
    that it tries again what your application refuses; a repeated id is shown as a duplicate.
    """
    with output.report_errors(debug), ExitStack() as stack:
        secret = Secret(os.environ.get(_SECRET, ""))
        if poll is not None:
            if forward_to or record or public_url:
                raise errors.ConfigurationError("--poll takes no --forward-to, --record or --public-url: see --help")
            connection = stack.enter_context(connected(base_url, timeout, debug, profile=profile))
            poll_deliveries(connection.client, poll, interval)
            return
        forwarder = stack.enter_context(Forwarder(forward_to, forward_timeout)) if forward_to else None
        listener = Listener(
            forwarder=forwarder,
            record=stack.enter_context(Record(record)) if record else None,
            tolerance=tolerance,
            is_for_people=not as_json and sys.stdout is not None and sys.stdout.isatty(),
            forward_all=forward_all,
        )
        receiver = stack.enter_context(Receiver(host, port, listener.take))
        if secret:
            listener.secrets = [secret]
        else:
            connection = stack.enter_context(connected(base_url, timeout, debug, profile=profile))
            client = connection.client
            if not _is_sandbox(client) and public_url is None:
                raise errors.ConfigurationError(
                    f"the API cannot reach {receiver.url}: give --public-url, --poll, or {_SECRET}; see --help",
                    code="not_reachable",
                )
            url = public_url or receiver.url
            listener.secrets = stack.enter_context(registered(client, url, event or list(_TYPES)))
            if connection.is_sandbox:
                token = client._requester.config.token  # The key of each sandbox is public.
                output.note(
                    f"to trigger: UNIQOS_BASE_URL={client.base_url} UNIQOS_API_KEY={token!s} uniqos webhooks "
                    "trigger payment.failed"
                )
        output.note(f"listening on {receiver.url}" + (f", forwarding to {forward_to}" if forward_to else ""))
        listener.wait()


def trigger(
    type: Annotated[str, typer.Argument(metavar="TYPE", help="Type of the event, e.g. payment.failed.")],
    data: Annotated[
        str, typer.Option(metavar="DATA", help="Data of the event, as JSON or YAML, or @FILE, or -.")
    ] = "{}",
    webhook: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Endpoint.  [default: all that subscribe to TYPE]",
            autocompletion=ids(None, "webhook_id"),
        ),
    ] = None,
    bad: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Send a faulty one: stale, duplicate, wrongly_signed, unsigned or cut."),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Longest wait for the first attempt.")] = 5,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Let a running sandbox send an event.

    Each delivery is printed after its first attempt, as one line of JSON.

    The real API has no public operation for this; there, uniqos webhooks redeliver sends a past delivery again.
    """
    with output.report_errors(debug):
        parsed: Any = read_data(data, "--data")
        known = account(base_url, profile)
        if not known.has_credential:
            raise errors.ConfigurationError(
                "no sandbox is named: run uniqos sandbox or uniqos webhooks listen in another shell, and set the "
                "UNIQOS_BASE_URL and UNIQOS_API_KEY that it shows",
                code="no_sandbox",
            )
        with connected(base_url, timeout, debug, profile=profile) as connection:
            client = connection.client
            if not _is_sandbox(client):
                raise errors.ConfigurationError(
                    f"{client.base_url} is asked with a key that is no sandbox's: the API has no public operation that "
                    "triggers an event; uniqos webhooks redeliver sends a past delivery again",
                    code="not_a_sandbox",
                )
            for webhook_id in [webhook] if webhook else webhooks_for(client, type):
                output.write_json(emit(client, webhook_id, type, parsed, bad, wait))


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Record of uniqos webhooks listen --record.")],
    forward_to: Annotated[str, typer.Option(metavar="URL", help="Route of your application.")],
    id: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only the delivery with this id; repeatable.")
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help=f"Give each delivery the present time, and sign it with {_SECRET}."),
    ] = False,
    forward_timeout: ForwardTimeout = 30,
    debug: Debug = False,
) -> None:
    """Forward the deliveries of a record again.

    Each result is printed as one line of JSON. With a delivery that was not accepted the exit code is 3.

    They are sent as they came. Your application refuses them when they are older than its tolerance, 300 seconds by
    default: --fresh makes them new.
    """
    with output.report_errors(debug):
        secret = Secret(os.environ.get(_SECRET, ""))
        if fresh and not secret:
            raise errors.ConfigurationError(f"--fresh signs the deliveries: set {_SECRET}", code="missing_secret")
        chosen = [(found, _id_of(found.body)) for found in read_record(file)]
        chosen = [(found, its_id) for found, its_id in chosen if not id or its_id in id]
        if not chosen:
            raise errors.ConfigurationError(f"{file} holds no such delivery", code="nothing_to_replay")
        failed = 0
        with Forwarder(forward_to, forward_timeout) as forwarder:
            for found, its_id in chosen:
                now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                delivery = made_again(found, secret, now) if fresh else found
                failed += not 200 <= forwarder.send(delivery) < 300
                output.write_json({"id": its_id, "forwarded": delivery.outcome})
        if failed:
            output.note(f"{failed} of {len(chosen)} deliveries were not accepted", "yellow")
            raise typer.Exit(ExitCode.PARTIAL)


def _is_sandbox(client: Any) -> bool:
    return str(client._requester.config.token).startswith((SANDBOX_KEY, SANDBOX_TOKEN))


def _id_of(body: bytes) -> str | None:
    try:
        found = parse_json(body.decode(), "the body")
    except (errors.ConfigurationError, UnicodeDecodeError):
        return None
    return found.get("id") if isinstance(found, dict) else None
