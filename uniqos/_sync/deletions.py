# Generated from _async/deletions.py by python -m uniqos._generate. Do not edit.
"""``client.deletions``: how far a deletion has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from .. import errors
from .._operation import check_option
from .._retry import poll_delay
from ..api import deletions as ops
from .namespace import Namespace

if TYPE_CHECKING:
    from .. import _params as p
    from .. import models as m


class Deletions(Namespace):
    """How far the deletion of an end user, a relationship or a part of either has come."""

    __slots__ = ()

    def get(self, deletion_id: str, **options: Unpack[p.Options]) -> m.Deletion:
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
        return self._requester.call(ops.GET, None, options, deletion_id)

    def wait(self, deletion_id: str | m.DeletionReceipt, *, timeout: float = 600.0) -> m.Deletion:
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
        deletion_id = deletion_id if isinstance(deletion_id, str) else deletion_id.deletion_id
        clock = self._requester.clock
        end = clock.monotonic() + timeout if timeout else float("inf")
        asked = 0
        while True:
            left = end - clock.monotonic()
            deletion = self._requester.call(
                ops.GET, None, {"deadline": left if timeout and left > 0 else None}, deletion_id
            )
            if deletion.status == "completed":
                return deletion
            seconds = poll_delay(asked, clock.random())
            if clock.monotonic() + seconds >= end:
                raise errors.WaitTimeoutError(
                    f"the deletion {deletion_id} is {deletion.status} after {timeout:g} s; wait again, or ask later",
                    details={"deletion_id": deletion_id, "status": deletion.status},
                )
            clock.sleep(seconds)
            asked += 1
