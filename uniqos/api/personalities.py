"""``client.personalities``: create, version and review personalities."""

from __future__ import annotations

from typing import Any, Final, Literal

from .._base.model import Model, OpenRequest, RequestModel
from .._wire.operation import Operation


class PersonalityQuery(OpenRequest):
    """Query of ``personalities.list`` (keys: undocumented, so any are sent)."""


class Personality(Model, source="docs"):
    """A personality. It never changes and evolves by new versions (source: docs and official SDK)."""

    id: str
    """e.g. ``pers_...``."""
    name: str | None = None
    default_mode: Literal["stateless", "stateful"] | str | None = None
    """Mode of a turn that gives no ``mode``."""
    source: Literal["guided_prompt"] | str | None = None
    source_ref: str | None = None
    big_five_facets: Any = None
    """Facets of the Big Five domains; names and ranges are undocumented."""


class PersonalityPage(Model, source="official SDK"):
    """Answer of ``personalities.list`` (source: official SDK; ``next_cursor`` is presumed, as for interactions)."""

    data: list[Personality]
    next_cursor: str | None = None
    """Cursor of the next page; None on the last page."""


class PersonalityCreate(RequestModel, source="official SDK"):
    """Body of ``personalities.create``; pass further keys in a mapping (source: official SDK, incomplete)."""

    name: str | None = None
    """The name that people see."""
    source: Literal["guided_prompt"] | str | None = None
    """``guided_prompt`` if the personality comes from a guided proposal."""
    source_ref: str | None = None
    """Description that the proposal was made from."""


class PersonalityNewVersion(OpenRequest):
    """Body of ``personalities.new_version``: the changes; other fields are inherited (fields: undocumented)."""


class PersonalityVersion(Model):
    """Answer of ``personalities.new_version`` (fields: undocumented)."""


class PersonalityVersions(Model, source="official SDK"):
    """All versions of a personality, newest first (source: official SDK)."""

    data: list[Personality]


class GuidedPrompt(OpenRequest):
    """Body of ``personalities.from_guided_prompt`` (keys: undocumented, so any are sent).

    It holds a description in words, and ``refine`` to improve an earlier proposal.
    """


class GuidedProposal(Model):
    """A proposal for ``personalities.create``, which stores it (fields: undocumented)."""


class CatalogClone(RequestModel, source="official SDK"):
    """Body of ``personalities.from_catalog`` (source: official SDK)."""

    slug: str
    """The catalog entry to copy."""
    name: str | None = None
    """The name of the copy."""


class ClonedPersonality(Model):
    """Answer of ``personalities.from_catalog``: the copy (fields: undocumented)."""


class DryRun(OpenRequest):
    """Body of ``personalities.dry_run``, like a turn's (keys: undocumented)."""


class DryRunResult(Model):
    """Answer of ``personalities.dry_run`` (fields: undocumented)."""


class ArchivedPersonality(Model):
    """Answer of ``personalities.archive`` (fields: undocumented)."""


class ReviewSubmission(Model, source="official SDK"):
    """Answer of ``personalities.submit_for_review`` (source: official SDK)."""

    status: Literal["pending_review"] | str
    """Other words than ``pending_review`` are undocumented."""


class ReviewStatus(Model):
    """Answer of ``personalities.review_status`` (fields: undocumented)."""


class Appeal(OpenRequest):
    """Body of ``personalities.appeal`` (keys: undocumented)."""


class AppealResult(Model):
    """Answer of ``personalities.appeal`` (fields: undocumented)."""


_ONE = "/v1/personalities/{personality_id}"

LIST: Final = Operation("GET", "/v1/personalities", PersonalityPage, query=PersonalityQuery)
CREATE: Final = Operation("POST", "/v1/personalities", Personality, body=PersonalityCreate, resend="keyed")
GET: Final = Operation("GET", _ONE, Personality)
ARCHIVE: Final = Operation("POST", f"{_ONE}/archive", ArchivedPersonality)
NEW_VERSION: Final = Operation(
    "POST", f"{_ONE}/new-version", PersonalityVersion, body=PersonalityNewVersion, resend="keyed"
)
FROM_GUIDED_PROMPT: Final = Operation(
    "POST", "/v1/personalities/from-guided-prompt", GuidedProposal, body=GuidedPrompt, resend="safe"
)
FROM_CATALOG: Final = Operation(
    "POST", "/v1/personalities/from-catalog", ClonedPersonality, body=CatalogClone, resend="keyed"
)
DRY_RUN: Final = Operation("POST", f"{_ONE}/dry-run", DryRunResult, body=DryRun, resend="safe")
VERSIONS: Final = Operation("GET", f"{_ONE}/versions", PersonalityVersions)
SUBMIT_FOR_REVIEW: Final = Operation("POST", f"{_ONE}/submit-for-review", ReviewSubmission)
REVIEW_STATUS: Final = Operation("GET", f"{_ONE}/review-status", ReviewStatus)
APPEAL: Final = Operation("POST", f"{_ONE}/appeal", AppealResult, body=Appeal)
