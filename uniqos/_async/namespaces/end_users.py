"""``client.end_users``: the people your product's personalities talk to, by your own ids."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal, overload

from typing_extensions import Unpack

from ..._wire.encode import encode, without_none
from ..._wire.message import JSON
from ..._wire.operation import Body
from ...api import end_users as ops
from ..download import save
from .base import AsyncNamespace
from .pages import AsyncItems

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncEndUsers(AsyncNamespace):
    """The people your product's personalities talk to; a first stateful turn creates them too."""

    __slots__ = ()

    async def list(
        self, query: p.EndUserQueryLike | None = None, **filters: Unpack[p.EndUserQueryArgs]
    ) -> m.EndUserPage:
        """One page of end users.

        Args:
            query: The filters as one object.
            **filters: The same as keywords (limit, cursor), and the options of every call.

        Returns:
            The end users in ``data``, and ``next_cursor`` for the page after it; None on the last.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; query and answer are undocumented.
        """
        return await self._requester.call(ops.LIST, query, filters)

    def iterate(
        self, query: p.EndUserQueryLike | None = None, **filters: Unpack[p.EndUserQueryArgs]
    ) -> AsyncIterator[m.EndUser]:
        """All end users; a page is asked for when the one before it is used up.

        Args:
            query: The filters as one object.
            **filters: As for ``list``; ``limit`` is the size of a page, not of the whole.

        Returns:
            An iterator that asks nothing before its first item; it ends where a cursor repeats itself.

        Raises:
            UniqOSError: As for every call.

        Source: undocumented: that there are pages is presumed, as for interactions.
        """
        return AsyncItems(lambda query, filters: self._requester.call(ops.LIST, query, filters), query, filters)

    @overload
    async def create(self, **fields: Unpack[p.EndUserCreateArgs]) -> m.EndUser: ...
    @overload
    async def create(self, body: p.EndUserCreateLike, **options: Unpack[p.Options]) -> m.EndUser: ...
    async def create(self, body: Body | None = None, **fields: Any) -> m.EndUser:
        """Create an end user; where the id exists already, the end user comes back unchanged, and metadata are ignored.

        Args:
            body: ``user_id``, and ``metadata`` if you like, as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The end user; ``.http.status`` is 201 for a new one and 200 otherwise.

        Raises:
            ConflictError: An end user of that id is being deleted.
            UniqOSError: As for every call.

        Source: docs and official SDK.
        """
        return await self._requester.call(ops.CREATE, body, fields)

    async def get(self, user_id: str, **options: Unpack[p.Options]) -> m.EndUser:
        """One end user, with their relationships.

        Args:
            user_id: Your own id of the end user.
            **options: The options of every call.

        Returns:
            The end user; the fields of the relationships are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs.
        """
        return await self._requester.call(ops.GET, None, options, user_id)

    async def update(
        self, user_id: str, body: p.EndUserUpdateLike | None = None, **fields: Unpack[p.EndUserUpdateArgs]
    ) -> m.EndUser:
        """Change what is stored with an end user.

        Args:
            user_id: Your own id of the end user.
            body: ``metadata`` as one object; it replaces the stored object as a whole, and ``{}`` clears it. Left
                out, it stays.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The end user as stored now.

        Raises:
            NotFoundError: There is none of that id.
            ConflictError: The end user is being deleted.
            UniqOSError: As for every call.

        Source: docs.
        """
        return await self._requester.call(ops.UPDATE, body, fields, user_id)

    async def delete(
        self, user_id: str, body: p.EndUserDeleteLike | None = None, **fields: Unpack[p.EndUserDeleteArgs]
    ) -> m.DeletionReceipt:
        """Delete an end user, or a part of what is known of them. Deleting twice is no error.

        Args:
            user_id: Your own id of the end user.
            body: The choices below as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            A receipt: ``deletions.wait`` tells when the data are erased, within 24 hours.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs and official SDK.
        """
        given = fields if body is not None else without_none(fields)
        return await self._requester.call(ops.DELETE, body, given, user_id)

    async def model(self, user_id: str, **options: Unpack[p.Options]) -> m.PsychologicalModel:
        """What was learned of an end user: traits, communication style, recurring topics, stated preferences.

        Args:
            user_id: Your own id of the end user.
            **options: The options of every call.

        Returns:
            The psychological model; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs; the answer is undocumented.
        """
        return await self._requester.call(ops.MODEL, None, options, user_id)

    @overload
    async def model_readable(
        self, user_id: str, language: Literal["en", "es"] | None = None, **options: Unpack[p.Options]
    ) -> m.ReadableModel: ...
    @overload
    async def model_readable(
        self, user_id: str, language: p.ReadableModelQueryLike, **options: Unpack[p.Options]
    ) -> m.ReadableModel: ...
    async def model_readable(
        self,
        user_id: str,
        language: Literal["en", "es"] | Body | None = None,
        **options: Unpack[p.Options],
    ) -> m.ReadableModel:
        """The psychological model of an end user in words.

        Args:
            user_id: Your own id of the end user.
            language: ``en`` or ``es``; or the query as one object.
            **options: The options of every call.

        Returns:
            The words; their fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs and official SDK; the answer is undocumented.
        """
        query = {"language": language} if language is None or isinstance(language, str) else language
        return await self._requester.call(ops.MODEL_READABLE, query, options, user_id)

    async def export(self, user_id: str, **options: Unpack[p.Options]) -> m.EndUserExport:
        """Everything that is held of an end user; also while they are being deleted.

        Args:
            user_id: Your own id of the end user.
            **options: The options of every call.

        Returns:
            The data; their fields are undocumented. For very large ones see ``save_export``.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs; the answer is undocumented.
        """
        return await self._requester.call(ops.EXPORT, None, options, user_id)

    async def save_export(
        self, user_id: str, path: str | os.PathLike[str], *, max_bytes: int | None = None, **options: Unpack[p.Options]
    ) -> m.SavedFile:
        """Write everything that is held of an end user to a file, piece by piece; no half file is ever there.

        Args:
            user_id: Your own id of the end user.
            path: The file, in a folder that exists; a file of that name is replaced.
            max_bytes: The largest size that is taken, in bytes; None for any.
            **options: The options of every call; ``timeout`` bounds the wait for each piece, ``deadline`` the whole.

        Returns:
            Where it is, its size in bytes and its content type.

        Raises:
            ConfigurationError: ``cannot_write_file``: no file can be there.
            ResponseDecodeError: ``response_too_large``, ``empty_response``, or something else than was asked for.
            NotFoundError: There is none of that id.
            UniqOSError: As for every call; ``cannot_write_file`` where writing fails.

        Source: docs; the answer is undocumented.
        """
        return await save(self._requester, encode(ops.EXPORT, None, options, (user_id,)), path, max_bytes, JSON)
