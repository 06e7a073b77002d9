"""The treatment of each delivery while ``uniqos webhooks listen`` runs."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import uniqos

from ... import errors
from ..._base.safe import safe_text
from ..._base.secret import Secret
from .. import output
from ..outline import outline
from .delivery import Delivery, Record
from .forwarding import Forwarder

_MAX_IDS = 10_000
"""The number of ids that are remembered to recognise duplicates."""


class Listener:
    """The verification, display, recording and forwarding of deliveries, which may come at the same time.

    Args:
        forwarder: The way to an application; None forwards nothing.
        record: The file of the record; None records nothing.
        tolerance: Seconds that a delivery may be old; 0 is no limit.
        is_for_people: Whether deliveries are shown for a person, instead of as JSON.
        forward_all: Whether deliveries that are not genuine are forwarded too.
    """

    def __init__(
        self,
        *,
        forwarder: Forwarder | None,
        record: Record | None,
        tolerance: float,
        is_for_people: bool,
        forward_all: bool,
    ) -> None:
        self.secrets: Sequence[Secret] = ()
        self._forwarder = forwarder
        self._record = record
        self._tolerance = tolerance
        self._is_for_people = is_for_people
        self._forward_all = forward_all
        self._lock = threading.Lock()
        self._times_seen: OrderedDict[str, int] = OrderedDict()
        self._failure: BaseException | None = None
        self._is_over = threading.Event()

    def take(self, delivery: Delivery) -> int:
        """Treat a delivery, and return the status for its sender."""
        if not self.secrets:
            return 503  # The endpoint is being registered; the sender tries again.
        delivery.verify(self.secrets, self._tolerance)
        with self._lock:
            delivery.repetition = self._count(delivery)
        status = 204 if delivery.event is not None else 400
        if self._forwarder is not None and (delivery.event is not None or self._forward_all):
            status = self._forwarder.send(delivery)
        try:
            with self._lock:  # Two deliveries at once must not mix their lines.
                if self._record is not None:
                    self._record.add(delivery)
                self._show(delivery, status)
        except BaseException as exc:  # Shown and recorded in this thread, and reported in the main one.
            self._failure = exc
            self._is_over.set()
        return status

    def wait(self) -> None:
        """Wait until the command is ended.

        Raises:
            BaseException: The failure of writing a delivery.
        """
        while not self._is_over.wait(1):  # A wait without a limit cannot be interrupted on Windows.
            pass
        if self._failure is not None:
            raise self._failure

    def _count(self, delivery: Delivery) -> int:
        """Count a genuine delivery, and return how often its id came before."""
        if delivery.event is None:
            return 0
        seen = self._times_seen.pop(delivery.event.id, 0)
        self._times_seen[delivery.event.id] = seen + 1
        if len(self._times_seen) > _MAX_IDS:
            self._times_seen.popitem(last=False)
        return seen

    def _show(self, delivery: Delivery, status: int) -> None:
        if not self._is_for_people:
            output.write_json(delivery.summary())
            return
        event = delivery.event
        parts = [delivery.received_at[11:19]]
        if event is None:
            parts += [f"REFUSED: {(delivery.reason or '').replace('_', ' ')}"]
        else:
            parts += [safe_text(event.type, 100), safe_text(event.id, 100), "verified"]
            parts += [f"DUPLICATE, came {delivery.repetition} time(s) before"] if delivery.repetition else []
        parts += [_forwarded(delivery) or f"answered {status}"]
        lines = ["  ".join(parts)]
        if event is not None and not delivery.repetition:
            lines += outline(event.to_dict().get("data"), "    ")
        output.write("\n".join(lines) + "\n")


def _forwarded(delivery: Delivery) -> str:
    outcome = delivery.outcome
    if outcome is None:
        return ""
    tries = "" if outcome["attempts"] == 1 else f", {outcome['attempts']} attempts"
    result = outcome["status"] if outcome["error"] is None else safe_text(outcome["error"], 200)
    return f"-> {result} in {outcome['ms']} ms{tries}"


@contextmanager
def registered(client: uniqos.UniqOS, url: str, types: list[str]) -> Generator[list[Secret], None, None]:
    """Register an endpoint for the time of a ``with`` block, and disable it at the end.

    Yields:
        The secret of the endpoint.

    Raises:
        UniqOSError: The API refused it.
    """
    hook = client.webhooks.create(url=url, subscriptions=types)
    output.note(f"registered the endpoint {hook.id} for {', '.join(types)}")
    try:
        yield [Secret(hook.secret)]
    finally:
        try:
            client.webhooks.disable(hook.id)
        except errors.UniqOSError as exc:
            output.note(f"the endpoint {hook.id} could not be disabled, and stays registered: {exc.message}", "yellow")
