"""``client.personalities``: create, version and review personalities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, overload

from typing_extensions import Unpack

from ..._wire.operation import Body
from ...api import personalities as ops
from .base import AsyncNamespace
from .pages import AsyncItems

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncPersonalities(AsyncNamespace):
    """Create, version and review personalities. One never changes; it evolves by new versions."""

    __slots__ = ()

    async def list(self, query: p.PersonalityQueryLike | None = None, **filters: Any) -> m.PersonalityPage:
        """The organization's personalities.

        Args:
            query: The query as one object; else as keywords. Its keys are undocumented.
            **filters: The query as keywords, and the options of every call.

        Returns:
            A page with the personalities in ``data``.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the query is undocumented.
        """
        return await self._requester.call(ops.LIST, query, filters)

    def iterate(self, query: p.PersonalityQueryLike | None = None, **filters: Any) -> AsyncIterator[m.Personality]:
        """All personalities; a page is asked for when the one before it is used up.

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

    async def create(
        self, body: p.PersonalityCreateLike | None = None, **fields: Unpack[p.PersonalityCreateArgs]
    ) -> m.Personality:
        """Create a personality. An Idempotency-Key makes it safe to repeat.

        Args:
            body: The personality as one object. Keys that are not public, such as the Big Five values, go in a
                mapping here.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The new personality.

        Raises:
            ValidationError: The server refused the values.
            UniqOSError: As for every call.

        Source: official SDK; most of the body is undocumented.
        """
        return await self._requester.call(ops.CREATE, body, fields)

    async def get(self, personality_id: str, **options: Unpack[p.Options]) -> m.Personality:
        """One personality.

        Args:
            personality_id: Its id, e.g. ``pers_...``.
            **options: The options of every call.

        Returns:
            The personality.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.GET, None, options, personality_id)

    async def archive(self, personality_id: str, **options: Unpack[p.Options]) -> m.ArchivedPersonality:
        """Archive a personality: it stays on record and can no longer be invoked.

        Args:
            personality_id: Its id.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.ARCHIVE, None, options, personality_id)

    async def new_version(
        self, personality_id: str, body: p.PersonalityNewVersionLike | None = None, **fields: Any
    ) -> m.PersonalityVersion:
        """Make a new version of a personality. An Idempotency-Key makes it safe to repeat.

        Args:
            personality_id: Id of the version to start from.
            body: What changes, as one object; all else is inherited.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The new version; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs; both shapes are undocumented.
        """
        return await self._requester.call(ops.NEW_VERSION, body, fields, personality_id)

    async def from_guided_prompt(self, body: p.GuidedPromptLike | None = None, **fields: Any) -> m.GuidedProposal:
        """Turn a description in words into a proposal for ``create``; takes 20 to 60 seconds, stores and bills nothing.

        Args:
            body: The description, and ``refine`` to improve an earlier proposal. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The proposal; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.FROM_GUIDED_PROMPT, body, fields)

    @overload
    async def from_catalog(self, **fields: Unpack[p.CatalogCloneArgs]) -> m.ClonedPersonality: ...
    @overload
    async def from_catalog(self, body: p.CatalogCloneLike, **options: Unpack[p.Options]) -> m.ClonedPersonality: ...
    async def from_catalog(self, body: Body | None = None, **fields: Any) -> m.ClonedPersonality:
        """Copy a personality of the catalog. An Idempotency-Key makes it safe to repeat.

        Args:
            body: ``slug``, and ``name`` if you like, as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The copy; its fields are undocumented.

        Raises:
            NotFoundError: The catalog has no such slug.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.FROM_CATALOG, body, fields)

    async def dry_run(self, personality_id: str, body: p.DryRunLike | None = None, **fields: Any) -> m.DryRunResult:
        """Try a turn: the whole pipeline, nothing stored, nothing billed. Needs a portal JWT (``access_token=``).

        Args:
            personality_id: Id of the personality that answers.
            body: The turn, as for ``respond``; its exact keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The answer; its fields are undocumented.

        Raises:
            PermissionError: Called with an API key.
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.DRY_RUN, body, fields, personality_id)

    async def versions(self, personality_id: str, **options: Unpack[p.Options]) -> m.PersonalityVersions:
        """All versions of a personality, newest first.

        Args:
            personality_id: Id of any of them.
            **options: The options of every call.

        Returns:
            The lineage in ``data``.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.VERSIONS, None, options, personality_id)

    async def submit_for_review(self, personality_id: str, **options: Unpack[p.Options]) -> m.ReviewSubmission:
        """Submit a personality for manual review; it cannot be invoked until it is approved.

        Args:
            personality_id: Its id.
            **options: The options of every call.

        Returns:
            The new status.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.SUBMIT_FOR_REVIEW, None, options, personality_id)

    async def review_status(self, personality_id: str, **options: Unpack[p.Options]) -> m.ReviewStatus:
        """How far the review of a personality has come.

        Args:
            personality_id: Its id.
            **options: The options of every call.

        Returns:
            The review; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.REVIEW_STATUS, None, options, personality_id)

    async def appeal(self, personality_id: str, body: p.AppealLike | None = None, **fields: Any) -> m.AppealResult:
        """Appeal against the rejection of a personality; opens a dialogue with the uniqOS team.

        Args:
            personality_id: Its id.
            body: The appeal; its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call. It is never sent twice where the first may have arrived.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.APPEAL, body, fields, personality_id)
