# Generated from _async/namespaces/sessions.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.sessions``: the logins of the calling person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ...api import sessions as ops
from .base import Namespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class Sessions(Namespace):
    """The logins of the calling person. They need a portal access token."""

    __slots__ = ()

    def list(self, **options: Unpack[p.Options]) -> m.SessionList:
        """List the active sessions, one for each login.

        Returns:
            The sessions in ``data``.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.LIST, None, options)

    def revoke(self, session_id: str, **options: Unpack[p.Options]) -> m.RevokedSession:
        """End one session.

        Args:
            session_id: The id of the session.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The session does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.REVOKE, None, options, session_id)

    def revoke_all(self, **options: Unpack[p.Options]) -> m.RevokedSessions:
        """End all sessions, including the current one.

        Returns:
            How many sessions ended.

        Source: official SDK.
        """
        return self._requester.call(ops.REVOKE_ALL, None, options)
