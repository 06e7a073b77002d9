# Generated from _async/namespaces/me.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.me``: the person or key that is calling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from typing_extensions import Unpack

from ..._wire.operation import Body
from ...api import me as ops
from .base import Namespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class Me(Namespace):
    """The person or key that is calling."""

    __slots__ = ()

    def get(self, **options: Unpack[p.Options]) -> m.Me:
        """Return the person or key that is calling.

        Returns:
            The profile.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.GET, None, options)

    def update(self, body: p.MeUpdateLike | None = None, **fields: Any) -> m.Me:
        """Change your profile.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The profile.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.UPDATE, body, fields)

    @overload
    def switch_organization(self, organization_id: str, **options: Unpack[p.Options]) -> m.SwitchedOrganization: ...
    @overload
    def switch_organization(
        self, organization_id: p.SwitchOrganizationLike, **options: Unpack[p.Options]
    ) -> m.SwitchedOrganization: ...
    def switch_organization(self, organization_id: str | Body, **options: Unpack[p.Options]) -> m.SwitchedOrganization:
        """Make another organization the active one. This needs a portal access token.

        The call is not retried if the API may have executed it.

        Args:
            organization_id: The id of the organization; or the body as one object.

        Returns:
            An answer that holds a new access token, which later calls must use.

        Raises:
            NotFoundError: You are not a member of the organization.

        Source: official SDK; the shape of the answer is undocumented.
        """
        body = {"organization_id": organization_id} if isinstance(organization_id, str) else organization_id
        return self._requester.call(ops.SWITCH_ORGANIZATION, body, options)
