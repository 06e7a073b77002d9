"""The types of most calls; ``async_calls.py`` has the others. Never run; the synchronous twin is made from it.

Each call is written with its whole path, so that a search finds which operations have none.
"""

# pyright: strict
# pyright: reportUnnecessaryIsInstance=false, reportUnusedImport=false

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from typing_extensions import NotRequired, TypedDict, assert_type

from uniqos import AsyncUniqOS, DriftReport, HttpInfo, NetworkError, WaitTimeoutError, models


class Foreign(BaseModel):
    user_id: str


class Person(TypedDict):
    user_id: str
    metadata: NotRequired[dict[str, str]]


class Choice(TypedDict, total=False):
    cascade: Literal["all", "memory_only"]
    reason: str


class Filter(TypedDict, total=False):
    limit: int
    cursor: str | None


class Target(TypedDict):
    organization_id: str


class Confirmation(TypedDict):
    confirm_name: str


class Role(TypedDict):
    role: Literal["admin", "developer"]


class Anything(TypedDict):
    anything: int


def tell(report: DriftReport) -> None:
    """What a user does with a report."""


class Teller:
    def __call__(self, report: DriftReport) -> None: ...


async def drift(client: AsyncUniqOS, log: Callable[[object], None]) -> None:
    found: list[DriftReport] = []
    assert_type(AsyncUniqOS("uniq_test_abcd1234", on_drift=tell), AsyncUniqOS)
    assert_type(AsyncUniqOS(on_drift=found.append, timeout=3), AsyncUniqOS)
    assert_type(AsyncUniqOS(on_drift=None), AsyncUniqOS)
    assert_type(client.with_options(on_drift=log), AsyncUniqOS)
    assert_type(client.with_options(on_drift=Teller(), max_retries=0), AsyncUniqOS)
    assert_type(client.with_options(on_drift=None), AsyncUniqOS)


async def catalog(client: AsyncUniqOS) -> None:
    assert_type(await client.catalog.list(), models.CatalogList)
    assert_type(await client.catalog.list(timeout=3, headers={"X": "y"}), models.CatalogList)
    assert_type((await client.catalog.list()).data, list[models.CatalogEntry] | None)
    assert_type(await client.catalog.get("s"), models.CatalogEntry)
    assert_type(await client.catalog.get(slug="s", max_retries=0), models.CatalogEntry)
    assert_type((await client.catalog.get("s"))["name"], Any)
    assert_type((await client.catalog.get("s")).http, HttpInfo | None)


async def vocabularies(client: AsyncUniqOS) -> None:
    assert_type(await client.vocabularies.topics.current(), models.TopicVocabulary)
    assert_type(await client.vocabularies.topics.current(timeout=3), models.TopicVocabulary)
    assert_type(await client.vocabularies.topics.version("v2"), models.TopicVocabulary)
    assert_type(await client.vocabularies.topics.version(version="v2", deadline=3), models.TopicVocabulary)
    assert_type(await client.vocabularies.topics.changelog(), models.TopicChangelog)
    assert_type(await client.vocabularies.topics.changelog(max_retries=0), models.TopicChangelog)
    assert_type(await client.vocabularies.emotions.current(), models.EmotionVocabulary)
    assert_type(await client.vocabularies.emotions.current(headers={"X": "y"}), models.EmotionVocabulary)
    assert_type(await client.vocabularies.emotions.version("v2"), models.EmotionVocabulary)
    assert_type(await client.vocabularies.emotions.version(version="v2", timeout=3), models.EmotionVocabulary)
    assert_type(await client.vocabularies.emotions.changelog(), models.EmotionChangelog)
    assert_type(await client.vocabularies.emotions.changelog(on_invalid_response="salvage"), models.EmotionChangelog)


async def end_users(
    client: AsyncUniqOS, body: dict[str, Any], view: Mapping[str, object], foreign: Foreign, person: Person
) -> None:
    assert_type(await client.end_users.create(user_id="u"), models.EndUser)
    assert_type(await client.end_users.create(user_id="u", metadata={"plan": "pro"}, timeout=3), models.EndUser)
    assert_type(await client.end_users.create(user_id="u", metadata=None, idempotency_key="k"), models.EndUser)
    assert_type(await client.end_users.create({"user_id": "u"}), models.EndUser)
    assert_type(await client.end_users.create({"user_id": "u", "metadata": {"a": 1}}, deadline=3), models.EndUser)
    assert_type(await client.end_users.create(models.EndUserCreate(user_id="u", metadata={})), models.EndUser)
    assert_type(await client.end_users.create(foreign, headers={"X": "y"}), models.EndUser)
    assert_type(await client.end_users.create(person), models.EndUser)
    assert_type(await client.end_users.create(view, max_retries=0), models.EndUser)
    assert_type(await client.end_users.create(body=body), models.EndUser)
    assert_type(await client.end_users.get("u"), models.EndUser)
    assert_type(await client.end_users.get(user_id="u", on_invalid_response="salvage"), models.EndUser)
    assert_type(await client.end_users.update("u"), models.EndUser)
    assert_type(await client.end_users.update("u", metadata={"a": 1}, timeout=3), models.EndUser)
    assert_type(await client.end_users.update("u", {"metadata": {}}), models.EndUser)
    assert_type(await client.end_users.update("u", models.EndUserUpdate(metadata={"a": [1]})), models.EndUser)
    assert_type(await client.end_users.update("u", foreign, max_retries=0), models.EndUser)
    assert_type(await client.end_users.update("u", person), models.EndUser)
    assert_type(await client.end_users.update(user_id="u", body=body), models.EndUser)


async def end_user_lists(
    client: AsyncUniqOS, query: dict[str, Any], view: Mapping[str, object], foreign: Foreign, filter: Filter
) -> None:
    assert_type(await client.end_users.list(), models.EndUserPage)
    assert_type(await client.end_users.list(limit=3, cursor="c", timeout=3), models.EndUserPage)
    assert_type(await client.end_users.list(limit=None, cursor=None), models.EndUserPage)
    assert_type(await client.end_users.list({"limit": 3}, deadline=3), models.EndUserPage)
    assert_type(await client.end_users.list(models.EndUserQuery(limit=3)), models.EndUserPage)
    assert_type(await client.end_users.list(foreign), models.EndUserPage)
    assert_type(await client.end_users.list(filter), models.EndUserPage)
    assert_type(await client.end_users.list(view), models.EndUserPage)
    assert_type(await client.end_users.list(query=query), models.EndUserPage)
    assert_type((await client.end_users.list()).data, list[models.EndUser] | None)
    assert_type((await client.end_users.list()).next_cursor, str | None)
    assert_type(client.end_users.iterate(), AsyncIterator[models.EndUser])
    assert_type(client.end_users.iterate(limit=3, timeout=3), AsyncIterator[models.EndUser])
    assert_type(client.end_users.iterate({"cursor": "c"}), AsyncIterator[models.EndUser])
    assert_type(client.end_users.iterate(filter), AsyncIterator[models.EndUser])
    assert_type(client.end_users.iterate(query=models.EndUserQuery(limit=3)), AsyncIterator[models.EndUser])
    async for one in client.end_users.iterate():
        assert_type(one, models.EndUser)
        assert_type(one.user_id, str)
    assert_type([one.user_id async for one in client.end_users.iterate()], list[str])
    assert_type(await anext(client.end_users.iterate()), models.EndUser)


async def end_user_models(client: AsyncUniqOS, query: dict[str, Any], foreign: Foreign) -> None:
    assert_type(await client.end_users.model("u"), models.PsychologicalModel)
    assert_type(await client.end_users.model(user_id="u", timeout=3), models.PsychologicalModel)
    assert_type(await client.end_users.model_readable("u"), models.ReadableModel)
    assert_type(await client.end_users.model_readable("u", "en"), models.ReadableModel)
    assert_type(await client.end_users.model_readable("u", "es", timeout=3), models.ReadableModel)
    assert_type(await client.end_users.model_readable("u", None), models.ReadableModel)
    assert_type(await client.end_users.model_readable(user_id="u", language="es"), models.ReadableModel)
    assert_type(await client.end_users.model_readable("u", {"language": "en"}), models.ReadableModel)
    assert_type(
        await client.end_users.model_readable("u", models.ReadableModelQuery(language="en")), models.ReadableModel
    )
    assert_type(await client.end_users.model_readable("u", foreign, max_retries=0), models.ReadableModel)
    assert_type(await client.end_users.model_readable("u", query), models.ReadableModel)
    assert_type(await client.end_users.export("u"), models.EndUserExport)
    assert_type(await client.end_users.export(user_id="u", deadline=99), models.EndUserExport)


async def deletions(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, choice: Choice) -> None:
    assert_type(await client.end_users.delete("u"), models.DeletionReceipt)
    assert_type(await client.end_users.delete("u", cascade="model_only", reason="r"), models.DeletionReceipt)
    assert_type(await client.end_users.delete("u", cascade=None, reason=None, timeout=3), models.DeletionReceipt)
    assert_type(await client.end_users.delete("u", {"cascade": "memory_only"}), models.DeletionReceipt)
    assert_type(await client.end_users.delete("u", models.EndUserDelete(cascade="all")), models.DeletionReceipt)
    assert_type(await client.end_users.delete("u", foreign), models.DeletionReceipt)
    assert_type(await client.end_users.delete("u", choice, max_retries=0), models.DeletionReceipt)
    assert_type(await client.end_users.delete(user_id="u", body=body), models.DeletionReceipt)
    receipt = await client.end_users.delete("u")
    assert_type(receipt.deletion_id, str)
    assert_type(await client.deletions.get("d"), models.Deletion)
    assert_type(await client.deletions.get(deletion_id=receipt.deletion_id, timeout=3), models.Deletion)
    assert_type(await client.deletions.wait("d"), models.Deletion)
    assert_type(await client.deletions.wait(receipt), models.Deletion)
    assert_type(await client.deletions.wait(receipt, timeout=86400), models.Deletion)
    assert_type(await client.deletions.wait(deletion_id="d", timeout=0.5), models.Deletion)
    assert_type(await client.deletions.wait(await client.relationships.delete("r")), models.Deletion)
    try:
        await client.deletions.wait(receipt)
    except WaitTimeoutError as late:
        assert_type(late.message, str)
        assert_type(late.code, str)
        assert_type(late.details, Any)


async def relationships(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, choice: Choice) -> None:
    assert_type(await client.relationships.list(), models.RelationshipPage)
    assert_type(
        await client.relationships.list(user_id="u", personality_id="p", limit=3, cursor="c", timeout=3),
        models.RelationshipPage,
    )
    assert_type(await client.relationships.list({"user_id": "u"}, deadline=3), models.RelationshipPage)
    assert_type(await client.relationships.list(models.RelationshipQuery(user_id="u")), models.RelationshipPage)
    assert_type(await client.relationships.list(foreign), models.RelationshipPage)
    assert_type(await client.relationships.list(query=body), models.RelationshipPage)
    assert_type((await client.relationships.list()).data, list[models.Relationship] | None)
    assert_type((await client.relationships.list()).next_cursor, str | None)
    assert_type(client.relationships.iterate(user_id="u", limit=3, timeout=3), AsyncIterator[models.Relationship])
    assert_type(client.relationships.iterate({"personality_id": "p"}), AsyncIterator[models.Relationship])
    assert_type(client.relationships.iterate(query=foreign), AsyncIterator[models.Relationship])
    async for one in client.relationships.iterate():
        assert_type(one, models.Relationship)
        assert_type(one["id"], Any)
    assert_type(await client.relationships.get("r"), models.Relationship)
    assert_type(await client.relationships.get(relationship_id="r", headers={"X": "y"}), models.Relationship)
    assert_type(await client.relationships.delete("r"), models.DeletionReceipt)
    assert_type(await client.relationships.delete("r", cascade="memory_only", reason="x"), models.DeletionReceipt)
    assert_type(await client.relationships.delete("r", cascade=None, timeout=3), models.DeletionReceipt)
    assert_type(await client.relationships.delete("r", {"cascade": "all"}), models.DeletionReceipt)
    assert_type(await client.relationships.delete("r", models.RelationshipDelete(reason="x")), models.DeletionReceipt)
    assert_type(await client.relationships.delete("r", foreign), models.DeletionReceipt)
    assert_type(await client.relationships.delete("r", choice, max_retries=0), models.DeletionReceipt)
    assert_type(await client.relationships.delete(relationship_id="r", body=body), models.DeletionReceipt)
    assert_type(await client.relationships.memory.get("r"), models.RelationshipMemory)
    assert_type(await client.relationships.memory.get(relationship_id="r", timeout=3), models.RelationshipMemory)
    assert_type(await client.relationships.memory.regenerate_summary("r"), models.RegeneratedSummary)
    assert_type(
        await client.relationships.memory.regenerate_summary(relationship_id="r", max_retries=0),
        models.RegeneratedSummary,
    )
    assert_type(await client.relationships.memory.delete("r"), models.DeletedMemory)
    assert_type(await client.relationships.memory.delete(relationship_id="r", deadline=3), models.DeletedMemory)


async def iterate_what_was_listed(client: AsyncUniqOS, query: dict[str, Any], foreign: Foreign) -> None:
    assert_type(client.personalities.iterate(), AsyncIterator[models.Personality])
    assert_type(client.personalities.iterate(limit=3, timeout=3), AsyncIterator[models.Personality])
    assert_type(client.personalities.iterate({"limit": 3}, max_retries=0), AsyncIterator[models.Personality])
    assert_type(client.personalities.iterate(foreign), AsyncIterator[models.Personality])
    assert_type(
        client.personalities.iterate(query=models.PersonalityQuery.model_validate(query)),
        AsyncIterator[models.Personality],
    )
    async for one in client.personalities.iterate(query):
        assert_type(one, models.Personality)
        assert_type(one.name, str | None)
    assert_type(client.interactions.iterate(foreign, timeout=3), AsyncIterator[models.Interaction])
    assert_type([turn async for turn in client.interactions.iterate(query)], list[models.Interaction])


async def me(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, target: Target, any_keys: Anything) -> None:
    assert_type(await client.me.get(), models.Me)
    assert_type(await client.me.get(timeout=3), models.Me)
    assert_type(await client.me.update(), models.Me)
    assert_type(await client.me.update(name="n", timeout=3), models.Me)
    assert_type(await client.me.update({"name": "n"}), models.Me)
    assert_type(await client.me.update(models.MeUpdate.model_validate(body)), models.Me)
    assert_type(await client.me.update(foreign, headers={"X": "y"}), models.Me)
    assert_type(await client.me.update(any_keys), models.Me)
    assert_type(await client.me.update(body=body), models.Me)
    assert_type(await client.me.switch_organization("org"), models.SwitchedOrganization)
    assert_type(await client.me.switch_organization(organization_id="org", timeout=3), models.SwitchedOrganization)
    assert_type(await client.me.switch_organization({"organization_id": "org"}), models.SwitchedOrganization)
    assert_type(
        await client.me.switch_organization(models.SwitchOrganization(organization_id="org")),
        models.SwitchedOrganization,
    )
    assert_type(await client.me.switch_organization(foreign, max_retries=0), models.SwitchedOrganization)
    assert_type(await client.me.switch_organization(target), models.SwitchedOrganization)
    assert_type(await client.me.switch_organization(body), models.SwitchedOrganization)


async def sessions(client: AsyncUniqOS) -> None:
    assert_type(await client.sessions.list(), models.SessionList)
    assert_type((await client.sessions.list(timeout=3)).data, list[models.Session] | None)
    assert_type(await client.sessions.revoke("s"), models.RevokedSession)
    assert_type(await client.sessions.revoke(session_id="s", timeout=3), models.RevokedSession)
    assert_type(await client.sessions.revoke_all(), models.RevokedSessions)
    assert_type((await client.sessions.revoke_all(max_retries=0)).revoked, int)


async def organizations(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, any_keys: Anything) -> None:
    assert_type(await client.organizations.list(), models.OrganizationList)
    assert_type((await client.organizations.list(timeout=3)).data, list[models.Organization] | None)
    assert_type(await client.organizations.create(), models.Organization)
    assert_type(await client.organizations.create(name="n", idempotency_key="k"), models.Organization)
    assert_type(await client.organizations.create({"name": "n"}, timeout=3), models.Organization)
    assert_type(await client.organizations.create(models.OrganizationCreate.model_validate(body)), models.Organization)
    assert_type(await client.organizations.create(foreign), models.Organization)
    assert_type(await client.organizations.create(any_keys), models.Organization)
    assert_type(await client.organizations.create(body=body), models.Organization)
    assert_type(await client.organizations.get("o"), models.Organization)
    assert_type(await client.organizations.get(org_id="o", timeout=3), models.Organization)
    assert_type(await client.organizations.update("o", name="n", timeout=3), models.Organization)
    assert_type(await client.organizations.update("o", {"name": "n"}), models.Organization)
    assert_type(
        await client.organizations.update("o", models.OrganizationUpdate.model_validate(body)), models.Organization
    )
    assert_type(await client.organizations.update("o", foreign), models.Organization)
    assert_type(await client.organizations.update(org_id="o", body=body), models.Organization)
    assert_type(await client.organizations.update_declaration("o", use="x"), models.UpdatedDeclaration)
    assert_type(await client.organizations.update_declaration("o", {"use": "x"}), models.UpdatedDeclaration)
    assert_type(
        await client.organizations.update_declaration("o", models.OrganizationDeclaration.model_validate(body)),
        models.UpdatedDeclaration,
    )
    assert_type(await client.organizations.update_declaration("o", any_keys), models.UpdatedDeclaration)
    assert_type(await client.organizations.update_declaration(org_id="o", body=body), models.UpdatedDeclaration)
    assert_type(await client.organizations.review_status("o"), models.OrganizationReviewStatus)
    assert_type(await client.organizations.review_status(org_id="o", deadline=3), models.OrganizationReviewStatus)
    assert_type(await client.organizations.appeal("o", reason="r"), models.OrganizationAppealResult)
    assert_type(await client.organizations.appeal("o", {"reason": "r"}), models.OrganizationAppealResult)
    assert_type(
        await client.organizations.appeal("o", models.OrganizationAppeal.model_validate(body)),
        models.OrganizationAppealResult,
    )
    assert_type(await client.organizations.appeal(org_id="o", body=foreign), models.OrganizationAppealResult)
    assert_type(await client.organizations.export("o"), models.OrganizationExport)
    assert_type((await client.organizations.export(org_id="o", timeout=9)).organization, dict[str, Any])


async def ownership_and_deletion(
    client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, confirmation: Confirmation
) -> None:
    assert_type(await client.organizations.request_transfer("o", to="u"), models.OwnershipTransferResult)
    assert_type(await client.organizations.request_transfer("o", {"to": "u"}), models.OwnershipTransferResult)
    assert_type(
        await client.organizations.request_transfer("o", models.OwnershipTransfer.model_validate(body)),
        models.OwnershipTransferResult,
    )
    assert_type(await client.organizations.request_transfer(org_id="o", body=foreign), models.OwnershipTransferResult)
    assert_type(await client.organizations.cancel_transfer("o"), models.CancelledTransfer)
    assert_type(await client.organizations.cancel_transfer(org_id="o", timeout=3), models.CancelledTransfer)
    assert_type(await client.organizations.confirm_transfer(token="t"), models.ConfirmedTransfer)
    assert_type(await client.organizations.confirm_transfer({"token": "t"}, timeout=3), models.ConfirmedTransfer)
    assert_type(
        await client.organizations.confirm_transfer(models.TransferConfirmation.model_validate(body)),
        models.ConfirmedTransfer,
    )
    assert_type(await client.organizations.confirm_transfer(body=foreign), models.ConfirmedTransfer)
    assert_type(await client.organizations.request_deletion("o", confirm_name="n"), models.OrganizationDeletionReceipt)
    assert_type(
        await client.organizations.request_deletion(org_id="o", confirm_name="n", timeout=3),
        models.OrganizationDeletionReceipt,
    )
    assert_type(
        await client.organizations.request_deletion("o", {"confirm_name": "n"}), models.OrganizationDeletionReceipt
    )
    assert_type(
        await client.organizations.request_deletion("o", models.OrganizationDeletionRequest(confirm_name="n")),
        models.OrganizationDeletionReceipt,
    )
    assert_type(await client.organizations.request_deletion("o", foreign), models.OrganizationDeletionReceipt)
    assert_type(
        await client.organizations.request_deletion("o", confirmation, max_retries=0),
        models.OrganizationDeletionReceipt,
    )
    assert_type(await client.organizations.request_deletion(org_id="o", body=body), models.OrganizationDeletionReceipt)
    assert_type(await client.organizations.cancel_deletion("o"), models.CancelledOrganizationDeletion)
    assert_type(await client.organizations.cancel_deletion(org_id="o", timeout=3), models.CancelledOrganizationDeletion)
    assert_type(await client.organizations.deletion_status("o"), models.OrganizationDeletionStatus)
    assert_type(await client.organizations.deletion_status(org_id="o", timeout=3), models.OrganizationDeletionStatus)


async def people(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, role: Role) -> None:
    assert_type(await client.organizations.members.list("o"), models.MemberList)
    assert_type((await client.organizations.members.list(org_id="o", timeout=3)).data, list[models.ListedMember] | None)
    assert_type(await client.organizations.members.invite("o", email="e", role="admin"), models.Invitation)
    assert_type(await client.organizations.members.invite("o", email="e", role="owner"), models.Invitation)
    assert_type(await client.organizations.members.invite("o", {"email": "e"}, timeout=3), models.Invitation)
    assert_type(await client.organizations.members.invite("o", models.MemberInvite(email="e")), models.Invitation)
    assert_type(await client.organizations.members.invite("o", foreign, idempotency_key="k"), models.Invitation)
    assert_type(await client.organizations.members.invite("o", role), models.Invitation)
    assert_type(await client.organizations.members.invite(org_id="o", body=body), models.Invitation)
    assert_type(await client.organizations.members.update_role("o", "u", role="developer"), models.Member)
    assert_type(await client.organizations.members.update_role("o", "u", {"role": "admin"}), models.Member)
    assert_type(
        await client.organizations.members.update_role("o", "u", models.MemberRoleUpdate(role="admin")), models.Member
    )
    assert_type(await client.organizations.members.update_role("o", "u", foreign, timeout=3), models.Member)
    assert_type(await client.organizations.members.update_role("o", "u", role), models.Member)
    assert_type(await client.organizations.members.update_role(org_id="o", user_id="u", body=body), models.Member)
    assert_type(await client.organizations.members.remove("o", "u"), models.RemovedMember)
    assert_type(await client.organizations.members.remove(org_id="o", user_id="u", timeout=3), models.RemovedMember)
    assert_type(await client.organizations.invitations.list("o"), models.InvitationList)
    assert_type(
        (await client.organizations.invitations.list(org_id="o", timeout=3)).data, list[models.ListedInvitation] | None
    )
    assert_type(await client.organizations.invitations.revoke("o", "i"), models.RevokedInvitation)
    assert_type(
        await client.organizations.invitations.revoke(org_id="o", invitation_id="i", timeout=3),
        models.RevokedInvitation,
    )
    assert_type(await client.invitations.get("t"), models.InvitationDetails)
    assert_type(await client.invitations.get(token="t", timeout=3), models.InvitationDetails)
    assert_type(await client.invitations.accept("t"), models.AcceptedInvitation)
    assert_type((await client.invitations.accept(token="t", timeout=3)).organization_id, str)


async def api_keys(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, any_keys: Anything) -> None:
    assert_type(await client.api_keys.list(), models.ApiKeyList)
    assert_type((await client.api_keys.list(timeout=3)).data, list[models.ApiKey] | None)
    assert_type(await client.api_keys.create(), models.CreatedApiKey)
    assert_type(await client.api_keys.create(name="n", timeout=3), models.CreatedApiKey)
    assert_type(await client.api_keys.create({"name": "n"}, idempotency_key="k"), models.CreatedApiKey)
    assert_type(await client.api_keys.create(models.ApiKeyCreate.model_validate(body)), models.CreatedApiKey)
    assert_type(await client.api_keys.create(foreign), models.CreatedApiKey)
    assert_type(await client.api_keys.create(any_keys), models.CreatedApiKey)
    assert_type(await client.api_keys.create(body=body), models.CreatedApiKey)
    assert_type(await client.api_keys.get("k"), models.ApiKey)
    assert_type(await client.api_keys.get(key_id="k", timeout=3), models.ApiKey)
    assert_type(await client.api_keys.revoke("k"), models.RevokedApiKey)
    assert_type(await client.api_keys.revoke(key_id="k", timeout=3), models.RevokedApiKey)


async def subscription(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, any_keys: Anything) -> None:
    assert_type(await client.billing.subscription.get(), models.Subscription)
    assert_type(await client.billing.subscription.get(timeout=3), models.Subscription)
    assert_type(await client.billing.subscription.update(), models.Subscription)
    assert_type(await client.billing.subscription.update(plan="pro", timeout=3), models.Subscription)
    assert_type(await client.billing.subscription.update({"plan": "pro"}), models.Subscription)
    assert_type(
        await client.billing.subscription.update(models.SubscriptionUpdate.model_validate(body)), models.Subscription
    )
    assert_type(await client.billing.subscription.update(foreign), models.Subscription)
    assert_type(await client.billing.subscription.update(any_keys), models.Subscription)
    assert_type(await client.billing.subscription.update(body=body), models.Subscription)
    assert_type(await client.billing.subscription.suspend(), models.SuspendedSubscription)
    assert_type(await client.billing.subscription.suspend(timeout=3), models.SuspendedSubscription)
    assert_type(await client.billing.subscription.reactivate(), models.ReactivatedSubscription)
    assert_type(await client.billing.subscription.reactivate(max_retries=0), models.ReactivatedSubscription)
    assert_type(await client.billing.overage_policy.update(), models.OveragePolicy)
    assert_type(await client.billing.overage_policy.update(policy="block", timeout=3), models.OveragePolicy)
    assert_type(await client.billing.overage_policy.update({"policy": "block"}), models.OveragePolicy)
    assert_type(
        await client.billing.overage_policy.update(models.OveragePolicyUpdate.model_validate(body)),
        models.OveragePolicy,
    )
    assert_type(await client.billing.overage_policy.update(body=foreign), models.OveragePolicy)
    assert_type(await client.billing.plans.list(), models.PlanList)
    assert_type((await client.billing.plans.list(timeout=3)).data, list[models.Plan])


async def payment_methods(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, any_keys: Anything) -> None:
    assert_type(await client.billing.payment_methods.list(), models.PaymentMethodList)
    assert_type((await client.billing.payment_methods.list(timeout=3)).data, list[models.PaymentMethod] | None)
    assert_type(await client.billing.payment_methods.add(token="t", idempotency_key="k"), models.PaymentMethod)
    assert_type(await client.billing.payment_methods.add({"token": "t"}, timeout=3), models.PaymentMethod)
    assert_type(
        await client.billing.payment_methods.add(models.PaymentMethodAdd.model_validate(body)), models.PaymentMethod
    )
    assert_type(await client.billing.payment_methods.add(foreign), models.PaymentMethod)
    assert_type(await client.billing.payment_methods.add(any_keys), models.PaymentMethod)
    assert_type(await client.billing.payment_methods.add(body=body), models.PaymentMethod)
    assert_type(await client.billing.payment_methods.update("m", default=True, timeout=3), models.PaymentMethod)
    assert_type(await client.billing.payment_methods.update("m", {"default": True}), models.PaymentMethod)
    assert_type(
        await client.billing.payment_methods.update("m", models.PaymentMethodUpdate.model_validate(body)),
        models.PaymentMethod,
    )
    assert_type(await client.billing.payment_methods.update(payment_method_id="m", body=foreign), models.PaymentMethod)
    assert_type(await client.billing.payment_methods.remove("m"), models.RemovedPaymentMethod)
    assert_type(
        await client.billing.payment_methods.remove(payment_method_id="m", timeout=3), models.RemovedPaymentMethod
    )


async def invoices(client: AsyncUniqOS, query: dict[str, Any], foreign: Foreign, any_keys: Anything) -> None:
    assert_type(await client.billing.invoices.list(), models.InvoicePage)
    assert_type(await client.billing.invoices.list(limit=3, cursor="c", timeout=3), models.InvoicePage)
    assert_type(await client.billing.invoices.list({"limit": 3}), models.InvoicePage)
    assert_type(await client.billing.invoices.list(models.InvoiceQuery.model_validate(query)), models.InvoicePage)
    assert_type(await client.billing.invoices.list(foreign), models.InvoicePage)
    assert_type(await client.billing.invoices.list(any_keys), models.InvoicePage)
    assert_type(await client.billing.invoices.list(query=query), models.InvoicePage)
    assert_type((await client.billing.invoices.list()).data, list[models.Invoice] | None)
    assert_type((await client.billing.invoices.list()).next_cursor, str | None)
    assert_type(client.billing.invoices.iterate(), AsyncIterator[models.Invoice])
    assert_type(client.billing.invoices.iterate(limit=3, timeout=3), AsyncIterator[models.Invoice])
    assert_type(client.billing.invoices.iterate({"limit": 3}), AsyncIterator[models.Invoice])
    assert_type(client.billing.invoices.iterate(query=foreign), AsyncIterator[models.Invoice])
    async for one in client.billing.invoices.iterate():
        assert_type(one, models.Invoice)
        assert_type(one["id"], Any)
    assert_type(await client.billing.invoices.get("i"), models.Invoice)
    assert_type(await client.billing.invoices.get(invoice_id="i", timeout=3), models.Invoice)


async def files(client: AsyncUniqOS, folder: Path, anywhere: os.PathLike[str]) -> None:
    assert_type(await client.billing.invoices.pdf("i"), models.File)
    pdf = await client.billing.invoices.pdf(invoice_id="i", timeout=3)
    assert_type(pdf.content, bytes)
    assert_type(pdf.content_type, str | None)
    assert_type(pdf.http, HttpInfo | None)
    assert_type(pdf.save("invoice.pdf"), Path)
    assert_type(pdf.save(path=folder / "invoice.pdf"), Path)
    assert_type(pdf.save(anywhere), Path)
    assert_type(await client.billing.invoices.save_pdf("i", "invoice.pdf"), models.SavedFile)
    assert_type(
        await client.billing.invoices.save_pdf(invoice_id="i", path=folder / "i.pdf", max_bytes=9, timeout=3),
        models.SavedFile,
    )
    assert_type(await client.billing.invoices.save_pdf("i", anywhere, max_bytes=None), models.SavedFile)
    saved = await client.end_users.save_export("u", folder / "u.json")
    assert_type(saved.path, Path)
    assert_type(saved.size, int)
    assert_type(saved.content_type, str | None)
    assert_type(await client.end_users.save_export("u", "u.json", max_bytes=2**30), models.SavedFile)
    assert_type(
        await client.end_users.save_export(user_id="u", path=anywhere, deadline=99, max_retries=0), models.SavedFile
    )
    assert_type(await client.organizations.save_export("o", "o.json"), models.SavedFile)
    assert_type(
        await client.organizations.save_export(org_id="o", path=folder / "o.json", max_bytes=9, headers={"X": "y"}),
        models.SavedFile,
    )


async def usage(client: AsyncUniqOS, query: dict[str, Any], foreign: Foreign, any_keys: Anything) -> None:
    assert_type(await client.billing.usage.turns(), models.TurnsUsage)
    assert_type(await client.billing.usage.turns(group_by="day", timeout=3), models.TurnsUsage)
    assert_type(await client.billing.usage.turns({"group_by": "day"}), models.TurnsUsage)
    assert_type(await client.billing.usage.turns(models.TurnsUsageQuery.model_validate(query)), models.TurnsUsage)
    assert_type(await client.billing.usage.turns(foreign), models.TurnsUsage)
    assert_type(await client.billing.usage.turns(query=query), models.TurnsUsage)
    assert_type((await client.billing.usage.turns(any_keys)).data, list[models.TurnsUsageItem])
    assert_type(await client.billing.usage.active_relationships(), models.ActiveRelationships)
    assert_type(await client.billing.usage.active_relationships(timeout=3), models.ActiveRelationships)
    assert_type(await client.billing.usage.credits(), models.Credits)
    assert_type(await client.billing.usage.credits(timeout=3), models.Credits)
    assert_type(await client.billing.alerts.list(), models.QuotaAlertList)
    assert_type((await client.billing.alerts.list(timeout=3)).data, list[models.QuotaAlert] | None)
    assert_type(await client.billing.alerts.create(threshold=80, idempotency_key="k"), models.QuotaAlert)
    assert_type(await client.billing.alerts.create({"threshold": 80}, timeout=3), models.QuotaAlert)
    assert_type(await client.billing.alerts.create(models.QuotaAlertCreate.model_validate(query)), models.QuotaAlert)
    assert_type(await client.billing.alerts.create(any_keys), models.QuotaAlert)
    assert_type(await client.billing.alerts.create(body=foreign), models.QuotaAlert)
    assert_type(await client.billing.alerts.delete("a"), models.DeletedQuotaAlert)
    assert_type(await client.billing.alerts.delete(alert_id="a", timeout=3), models.DeletedQuotaAlert)


async def webhooks(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign, any_keys: Anything) -> None:
    assert_type(await client.webhooks.list(), models.WebhookList)
    assert_type((await client.webhooks.list(timeout=3)).data, list[models.Webhook])
    assert_type(await client.webhooks.create(url="https://x", subscriptions=["payment.failed"]), models.CreatedWebhook)
    assert_type(await client.webhooks.create(url="https://x", idempotency_key="k"), models.CreatedWebhook)
    assert_type(await client.webhooks.create({"url": "https://x"}, timeout=3), models.CreatedWebhook)
    assert_type(await client.webhooks.create(models.WebhookCreate(url="https://x")), models.CreatedWebhook)
    assert_type(await client.webhooks.create(foreign), models.CreatedWebhook)
    assert_type(await client.webhooks.create(any_keys), models.CreatedWebhook)
    assert_type((await client.webhooks.create(body=body)).secret, str)
    assert_type(await client.webhooks.get("wh"), models.Webhook)
    assert_type(await client.webhooks.get(webhook_id="wh", timeout=3), models.Webhook)
    assert_type(await client.webhooks.disable("wh"), models.DisabledWebhook)
    assert_type(await client.webhooks.disable(webhook_id="wh", timeout=3), models.DisabledWebhook)
    assert_type(await client.webhooks.regenerate_secret("wh"), models.RegeneratedSecret)
    assert_type(await client.webhooks.regenerate_secret(webhook_id="wh", timeout=3), models.RegeneratedSecret)
    assert_type(await client.webhooks.list_deliveries("wh"), models.WebhookDeliveryList)
    assert_type(
        (await client.webhooks.list_deliveries(webhook_id="wh", timeout=3)).data, list[models.WebhookDelivery] | None
    )
    assert_type(await client.webhooks.redeliver("wh", "d"), models.Redelivery)
    assert_type((await client.webhooks.redeliver(webhook_id="wh", delivery_id="d", timeout=3)).id, str)


async def never_arrived(client: AsyncUniqOS) -> None:
    try:
        await client.api_keys.revoke("k")
    except NetworkError as cut:
        assert_type(cut.sent, bool)


# async only: begin
async def at_once(client: AsyncUniqOS) -> None:
    person, page = await asyncio.gather(client.end_users.get("u"), client.relationships.list(user_id="u"))
    assert_type(person, models.EndUser)
    assert_type(page, models.RelationshipPage)
    task = asyncio.create_task(client.deletions.wait("d"))
    assert_type(await task, models.Deletion)
    overloaded = asyncio.create_task(client.me.switch_organization("org"))
    assert_type(await overloaded, models.SwitchedOrganization)
    assert_type(await asyncio.wait_for(client.billing.invoices.pdf("i"), 3), models.File)


# async only: end
