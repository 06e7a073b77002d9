"""The command ``uniqos doctor``: what works on the way to the API, what does not, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

import uniqos

from ... import errors
from ..._policy.config import DEFAULT_BASE_URL
from .. import output
from ..exits import ExitCode
from ..shared import Account, BaseUrl, Debug, Profile, account
from . import calls, machine, network
from .finding import Finding


def doctor(
    requests: Annotated[
        int, typer.Option(min=0, max=100, metavar="N", help="Requests that measure the latency; 0 sends no key.")
    ] = 10,
    step_timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="Time limit of each step.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    profile: Profile = None,
    base_url: BaseUrl = None,
    debug: Debug = False,
) -> None:
    """Check everything between this machine and the API, and say what to do.

    One finding a line, as it comes. No line holds a secret. Requests are GET /v1/me, which costs nothing. The exit
    code is 1 if a check failed.
    """
    with output.report_errors(debug):
        found: list[Finding] = []
        for finding in _examine(base_url, profile, requests, step_timeout):
            found.append(finding)
            if not as_json:
                output.write(_line(finding))
        failed = [finding.check for finding in found if finding.status == "failure"]
        if as_json:
            output.write_json({"ok": not failed, "findings": [finding.to_dict() for finding in found]})
    if failed:
        raise typer.Exit(ExitCode.FAILURE)


def _examine(base_url: str | None, profile: str | None, requests: int, timeout: float) -> Iterator[Finding]:
    """Yield the findings as they are made."""
    yield machine.versions()
    yield machine.extras()
    yield machine.event_loop()
    yield machine.environment()
    try:
        known = account(base_url, profile)
    except errors.ConfigurationError as exc:
        yield Finding("profile", "failure", exc.message, "see uniqos profiles")
        known = Account(base_url=base_url)
    key = machine.credential(known)
    yield key
    client, url = _client(known, timeout)
    if isinstance(url, Finding):
        yield url
        return
    yield machine.base_url(url)
    yield machine.certificates()
    shown, proxy = machine.proxy(url, known.api_key or known.access_token or "")
    yield shown
    reached = network.reach(url, proxy, timeout)
    yield from reached
    if client is None or any(finding.status == "failure" for finding in reached) or requests == 0:
        yield Finding("access", "skipped", "no request was sent with the key")
        return
    with client:
        yield from calls.ask(client, requests)


def _client(known: Account, timeout: float) -> tuple[uniqos.UniqOS | None, str | Finding]:
    """Return a client, or None without a usable key; and the base URL, or the finding that it cannot be used."""
    # A key of the right form, which is sent nowhere, so that the URL is checked by the rules of every client.
    try:
        with uniqos.UniqOS("uniq_test_00000000", base_url=known.base_url, log_level="silent") as other:
            url = other.base_url
    except errors.ConfigurationError as exc:
        advice = f"correct or unset UNIQOS_BASE_URL; it is {DEFAULT_BASE_URL} by default"
        return None, Finding("base url", "failure", exc.message, advice)
    if not known.has_credential:
        return None, url
    try:
        options = {**known.client_options, "base_url": url}
        client = uniqos.UniqOS(**options, timeout=timeout, max_retries=0, log_level="silent")
    except errors.ConfigurationError:  # The finding of the key, or of the unencrypted address, says it.
        return None, url
    return client, url


def _line(finding: Finding) -> str:
    status = finding.status.upper() if finding.status in ("warning", "failure") else finding.status
    advice = f" -> {finding.advice}" if finding.advice else ""
    return f"{status:<8} {finding.check}: {finding.text}{advice}\n"
