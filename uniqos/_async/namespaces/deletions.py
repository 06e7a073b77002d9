"""``client.deletions``: how far a deletion has come."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from ... import errors
from ..._policy.retry import poll_delay
from ..._wire.options import check_option
from ...api import deletions as ops
from .base import AsyncNamespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p

_SECONDS_FOR_THE_LAST = 1.0


class AsyncDeletions(AsyncNamespace):
    """How far the deletion of an end user, a relationship or a part of either has come."""

    __slots__ = ()

    async def get(self, deletion_id: str, **options: Unpack[p.Options]) -> m.Deletion:
        """How far a deletion has come.

        Args:
            deletion_id: From the receipt.
            **options: The options of every call.

        Returns:
            The deletion; ``status`` is ``pending``, then ``completed``.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; all but the status is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, deletion_id)

    async def wait(
        self, deletion_id: str | m.DeletionReceipt | Mapping[str, Any], *, timeout: float = 600.0
    ) -> m.Deletion:
        """Ask until a deletion is completed: first after half a second, then ever more seldom, at last each minute.

        What is deleted is out of use at once; only that it is physically gone may take up to 24 hours.

        Args:
            deletion_id: From the receipt, or the receipt itself.
            timeout: Seconds to wait at most; 0 is no limit.

        Returns:
            The completed deletion.

        Raises:
            WaitTimeoutError: It is not completed yet; ``details`` holds the last status. Waiting can go on by another
                call.
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: this SDK, over ``deletions.get``.
        """
        check_option("timeout", timeout)
        identifier: Any = deletion_id.get("deletion_id") if isinstance(deletion_id, Mapping) else deletion_id
        requester = self._requester
        end = requester.clock.monotonic() + timeout if timeout else float("inf")
        status: str | None = None
        for asked in count():
            left = end - requester.clock.monotonic()
            # At the very end it is asked once more, which needs some time too.
            deadline = min(max(left, _SECONDS_FOR_THE_LAST), requester.config.deadline or float("inf"))
            options = {"deadline": deadline} if deadline < float("inf") else {}
            try:
                deletion = await requester.call(ops.GET, None, options, identifier)
            except errors.NetworkError as exc:
                if exc.code != "timeout" or requester.clock.monotonic() < end:
                    raise
                raise _not_yet(identifier, status, timeout) from exc
            status = deletion.status
            if status == "completed":
                return deletion
            left = end - requester.clock.monotonic()
            if left <= 0:
                break
            pause = min(left, poll_delay(asked, requester.clock.random()))
            await requester.clock.sleep(pause)
            # A clock that is frozen, as in a test, or set back does not show the time that was slept.
            end = min(end, requester.clock.monotonic() + left - pause)
        raise _not_yet(identifier, status, timeout)


def _not_yet(deletion_id: str, status: str | None, timeout: float) -> errors.WaitTimeoutError:
    return errors.WaitTimeoutError(
        f"the deletion {deletion_id} is not completed after {timeout:g} s; its status is {status!r}",
        details={"deletion_id": deletion_id, "status": status},
    )
