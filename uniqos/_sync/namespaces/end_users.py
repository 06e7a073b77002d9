# Generated from _async/namespaces/end_users.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.end_users``: the people that talk to your personalities."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, overload

from typing_extensions import Unpack

from ..._wire.encode import encode, without_none
from ..._wire.message import JSON
from ..._wire.operation import Body
from ...api import end_users as ops
from ..download import save
from .base import Namespace
from .pages import Items

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class EndUsers(Namespace):
    """The people that talk to your personalities. The first stateful turn creates an end user too."""

    __slots__ = ()

    def list(self, query: p.EndUserQueryLike | None = None, **filters: Unpack[p.EndUserQueryArgs]) -> m.EndUserPage:
        """List one page of end users.

        Args:
            query: The query as one object.
            **filters: The query as keywords (limit, cursor), and the options of the call.

        Returns:
            The end users in ``data``, and ``next_cursor`` for the next page; None on the last.

        Source: official SDK; the shapes of query and answer are undocumented.
        """
        return self._requester.call(ops.LIST, query, filters)

    def iterate(
        self, query: p.EndUserQueryLike | None = None, **filters: Unpack[p.EndUserQueryArgs]
    ) -> Iterator[m.EndUser]:
        """Iterate over all end users.

        Args:
            query: The query as one object.
            **filters: As for ``list``. ``limit`` is the size of one page, and not the total.

        Returns:
            An iterator. It requests each page when it is needed, and stops if a cursor repeats.

        Source: undocumented; pages are presumed, as for interactions.
        """
        return Items(lambda query, filters: self._requester.call(ops.LIST, query, filters), query, filters)

    @overload
    def create(self, **fields: Unpack[p.EndUserCreateArgs]) -> m.EndUser: ...
    @overload
    def create(self, body: p.EndUserCreateLike, **options: Unpack[p.Options]) -> m.EndUser: ...
    def create(self, body: Body | None = None, **fields: Any) -> m.EndUser:
        """Create an end user. An existing end user is returned unchanged, and ``metadata`` is ignored.

        Args:
            body: ``user_id`` and optionally ``metadata``, as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The end user; ``.http.status`` is 201 for a new one and 200 otherwise.

        Raises:
            ConflictError: The end user is being deleted.

        Source: docs and official SDK.
        """
        return self._requester.call(ops.CREATE, body, fields)

    def get(self, user_id: str, **options: Unpack[p.Options]) -> m.EndUser:
        """Return one end user, with their relationships.

        Args:
            user_id: Your own id for the end user.

        Returns:
            The end user; the fields of the relationships are undocumented.

        Raises:
            NotFoundError: The end user does not exist.

        Source: docs.
        """
        return self._requester.call(ops.GET, None, options, user_id)

    def update(
        self, user_id: str, body: p.EndUserUpdateLike | None = None, **fields: Unpack[p.EndUserUpdateArgs]
    ) -> m.EndUser:
        """Change the metadata of an end user.

        Args:
            user_id: Your own id for the end user.
            body: ``metadata`` as one object. It replaces all stored metadata, and ``{}`` clears them. Without
                it, they stay.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The end user as stored now.

        Raises:
            NotFoundError: The end user does not exist.
            ConflictError: The end user is being deleted.

        Source: docs.
        """
        return self._requester.call(ops.UPDATE, body, fields, user_id)

    def delete(
        self, user_id: str, body: p.EndUserDeleteLike | None = None, **fields: Unpack[p.EndUserDeleteArgs]
    ) -> m.DeletionReceipt:
        """Delete an end user, or a part of their data. Deleting twice is no error.

        Args:
            user_id: Your own id for the end user.
            body: ``cascade`` (the part to delete) and ``reason``, both optional, as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            A receipt. ``deletions.wait`` waits for the erasure, which takes up to 24 hours.

        Raises:
            NotFoundError: The end user does not exist.

        Source: docs and official SDK.
        """
        keywords = fields if body is not None else without_none(fields)
        return self._requester.call(ops.DELETE, body, keywords, user_id)

    def model(self, user_id: str, **options: Unpack[p.Options]) -> m.PsychologicalModel:
        """Return the psychological model of an end user.

        The model describes traits, communication style, recurring topics and stated preferences.

        Args:
            user_id: Your own id for the end user.

        Returns:
            The psychological model.

        Raises:
            NotFoundError: The end user does not exist.

        Source: docs; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.MODEL, None, options, user_id)

    @overload
    def model_readable(
        self, user_id: str, language: Literal["en", "es"] | None = None, **options: Unpack[p.Options]
    ) -> m.ReadableModel: ...
    @overload
    def model_readable(
        self, user_id: str, language: p.ReadableModelQueryLike, **options: Unpack[p.Options]
    ) -> m.ReadableModel: ...
    def model_readable(
        self,
        user_id: str,
        language: Literal["en", "es"] | Body | None = None,
        **options: Unpack[p.Options],
    ) -> m.ReadableModel:
        """Return the psychological model of an end user as text.

        Args:
            user_id: Your own id for the end user.
            language: The language, ``en`` or ``es``; or the query as one object.

        Returns:
            The psychological model as text.

        Raises:
            NotFoundError: The end user does not exist.

        Source: docs and official SDK; the shape of the answer is undocumented.
        """
        query = {"language": language} if language is None or isinstance(language, str) else language
        return self._requester.call(ops.MODEL_READABLE, query, options, user_id)

    def export(self, user_id: str, **options: Unpack[p.Options]) -> m.EndUserExport:
        """Export all data of an end user, also while they are being deleted.

        Args:
            user_id: Your own id for the end user.

        Returns:
            The data. For very large exports see ``save_export``.

        Raises:
            NotFoundError: The end user does not exist.

        Source: docs; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.EXPORT, None, options, user_id)

    def save_export(
        self, user_id: str, path: str | os.PathLike[str], *, max_bytes: int | None = None, **options: Unpack[p.Options]
    ) -> m.SavedFile:
        """Export all data of an end user to a file, which appears once it is complete.

        Args:
            user_id: Your own id for the end user.
            path: The file. Its folder must exist; an existing file is replaced.
            max_bytes: The largest accepted size in bytes; None for no limit.
            **options: The options of the call. ``timeout`` limits the wait for each chunk, ``deadline`` the whole
                download.

        Returns:
            The path, the size in bytes and the content type.

        Raises:
            ConfigurationError: ``cannot_write_file``: the path cannot be a file.
            ResponseDecodeError: The response is larger than ``max_bytes`` (``response_too_large``), empty
                (``empty_response``), or of an unexpected content type.
            NotFoundError: The end user does not exist.
            UniqOSError: ``cannot_write_file``: writing failed, e.g. because the disk is full.

        Source: docs; the shape of the answer is undocumented.
        """
        return save(self._requester, encode(ops.EXPORT, None, options, (user_id,)), path, max_bytes, JSON)
