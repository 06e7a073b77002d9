"""The namespace ``client.personalities``: personalities, their versions and their review."""

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
    """Personalities, their versions and their review. A change makes a new version."""

    __slots__ = ()

    async def list(self, query: p.PersonalityQueryLike | None = None, **filters: Any) -> m.PersonalityPage:
        """List the personalities of the organization.

        Args:
            query: The query as one object. Its keys are undocumented.
            **filters: The query as keywords, and the options of the call.

        Returns:
            A page with the personalities in ``data``.

        Source: official SDK; the shape of the query is undocumented.
        """
        return await self._requester.call(ops.LIST, query, filters)

    def iterate(self, query: p.PersonalityQueryLike | None = None, **filters: Any) -> AsyncIterator[m.Personality]:
        """Iterate over all personalities.

        Args:
            query: The query as one object.
            **filters: As for ``list``. ``limit`` is the size of one page, and not the total.

        Returns:
            An iterator. It requests each page when it is needed, and stops if a cursor repeats.

        Source: undocumented; pages are presumed, as for interactions.
        """
        return AsyncItems(lambda query, filters: self._requester.call(ops.LIST, query, filters), query, filters)

    async def create(
        self, body: p.PersonalityCreateLike | None = None, **fields: Unpack[p.PersonalityCreateArgs]
    ) -> m.Personality:
        """Create a personality. An idempotency key makes retries safe.

        Args:
            body: The personality as one object. To send undocumented keys, such as the Big Five
                values, pass a mapping.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The new personality.

        Raises:
            ValidationError: The server refused the values.

        Source: official SDK; most of the body is undocumented.
        """
        return await self._requester.call(ops.CREATE, body, fields)

    async def get(self, personality_id: str, **options: Unpack[p.Options]) -> m.Personality:
        """Return one personality.

        Args:
            personality_id: The id of the personality, e.g. ``pers_...``.

        Returns:
            The personality.

        Raises:
            NotFoundError: The personality does not exist.

        Source: official SDK.
        """
        return await self._requester.call(ops.GET, None, options, personality_id)

    async def archive(self, personality_id: str, **options: Unpack[p.Options]) -> m.ArchivedPersonality:
        """Archive a personality. It stays on record, but can no longer answer.

        Args:
            personality_id: The id of the personality.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The personality does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.ARCHIVE, None, options, personality_id)

    async def new_version(
        self, personality_id: str, body: p.PersonalityNewVersionLike | None = None, **fields: Any
    ) -> m.PersonalityVersion:
        """Create a new version of a personality. An idempotency key makes retries safe.

        Args:
            personality_id: The id of the version to start from.
            body: The changed fields as one object. All other fields are inherited.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The new version.

        Raises:
            NotFoundError: The personality does not exist.

        Source: docs; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.NEW_VERSION, body, fields, personality_id)

    async def from_guided_prompt(self, body: p.GuidedPromptLike | None = None, **fields: Any) -> m.GuidedProposal:
        """Propose the body of ``create`` from a description in words.

        This takes 20 to 60 seconds. Nothing is stored or billed.

        Args:
            body: The description as one object, with ``refine`` to improve an earlier proposal. Its keys are
                undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The proposal.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.FROM_GUIDED_PROMPT, body, fields)

    @overload
    async def from_catalog(self, **fields: Unpack[p.CatalogCloneArgs]) -> m.ClonedPersonality: ...
    @overload
    async def from_catalog(self, body: p.CatalogCloneLike, **options: Unpack[p.Options]) -> m.ClonedPersonality: ...
    async def from_catalog(self, body: Body | None = None, **fields: Any) -> m.ClonedPersonality:
        """Copy a personality of the catalog. An idempotency key makes retries safe.

        Args:
            body: ``slug`` and optionally ``name``, as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The copy.

        Raises:
            NotFoundError: The catalog has no entry with this slug.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.FROM_CATALOG, body, fields)

    async def dry_run(self, personality_id: str, body: p.DryRunLike | None = None, **fields: Any) -> m.DryRunResult:
        """Try a turn with the whole pipeline. Nothing is stored or billed.

        This needs a portal JWT (``access_token=``).

        Args:
            personality_id: The id of the personality that answers.
            body: The turn as one object, as for ``respond``. Its exact keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The answer.

        Raises:
            PermissionError: The client has an API key instead of a portal JWT.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.DRY_RUN, body, fields, personality_id)

    async def versions(self, personality_id: str, **options: Unpack[p.Options]) -> m.PersonalityVersions:
        """List all versions of a personality, newest first.

        Args:
            personality_id: The id of any version.

        Returns:
            The versions in ``data``.

        Raises:
            NotFoundError: The personality does not exist.

        Source: official SDK.
        """
        return await self._requester.call(ops.VERSIONS, None, options, personality_id)

    async def submit_for_review(self, personality_id: str, **options: Unpack[p.Options]) -> m.ReviewSubmission:
        """Submit a personality for manual review. It cannot answer until it is approved.

        Args:
            personality_id: The id of the personality.

        Returns:
            The new status.

        Raises:
            NotFoundError: The personality does not exist.

        Source: official SDK.
        """
        return await self._requester.call(ops.SUBMIT_FOR_REVIEW, None, options, personality_id)

    async def review_status(self, personality_id: str, **options: Unpack[p.Options]) -> m.ReviewStatus:
        """Return the state of a personality's review.

        Args:
            personality_id: The id of the personality.

        Returns:
            The review.

        Raises:
            NotFoundError: The personality does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.REVIEW_STATUS, None, options, personality_id)

    async def appeal(self, personality_id: str, body: p.AppealLike | None = None, **fields: Any) -> m.AppealResult:
        """Appeal against the rejection of a personality. This opens a dialogue with the uniqOS team.

        The call is not retried if the API may have executed it.

        Args:
            personality_id: The id of the personality.
            body: The appeal as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The personality does not exist.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return await self._requester.call(ops.APPEAL, body, fields, personality_id)
