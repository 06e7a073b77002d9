"""The sandbox's accounts: who is calling, organizations, members, invitations, transfers and API keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from tests._async.sandbox.test_sandbox import client_of
from uniqos import AsyncUniqOS, errors
from uniqos.sandbox import Sandbox, serve

pytestmark = pytest.mark.anyio


@pytest.fixture(name="own")
def _own() -> Iterator[Sandbox]:
    """A sandbox of the test's own: it moves the clock, and ends sessions."""
    with serve(pause=0) as running:
        yield running


def login(sandbox: Sandbox, email: str, number: str = "") -> AsyncUniqOS:
    """A client of the person with that address."""
    return client_of(sandbox, access_token=f"sandbox.login{number}.{email}", max_retries=0)


def with_key(sandbox: Sandbox, key: str) -> AsyncUniqOS:
    return AsyncUniqOS(key, base_url=sandbox.url, max_retries=0)


async def new_organization(client: AsyncUniqOS, name: str = "Acme") -> str:
    return str((await client.organizations.create(name=name))["id"])


async def add(owner: AsyncUniqOS, org: str, joining: AsyncUniqOS, role: str = "developer") -> str:
    """Have someone join by an invitation; gives their id."""
    person = await joining.me.get()
    invitation = await owner.organizations.members.invite(org, email=person["email"], role=role)
    await joining.invitations.accept(invitation["token"])
    return str(person["id"])


async def test_a_key_and_a_person_are_told_who_they_are(sandbox: Sandbox) -> None:
    async with client_of(sandbox) as client:
        me = await client.me.get()
        assert (me["kind"], me["id"], me["scope"]) == ("api_key", "key_sandbox", "read_write")
        assert "fingerprint" not in me
    async with client_of(sandbox, access_token=sandbox.access_token) as client:
        me = await client.me.get()
        assert (me["kind"], me["email"], me["role"]) == ("user", "owner@example.com", "owner")
        assert me["organization_id"] == "org_sandbox"


async def test_a_profile_is_changed_and_stays_so(own: Sandbox) -> None:
    async with login(own, "profile@example.com") as client:
        assert (await client.me.get())["name"] == "profile"
        changed = await client.me.update(name="Pia", language="es")
        assert (changed["name"], changed["language"]) == ("Pia", "es")
        assert await client.me.get() == changed
        for fields in ({"name": " "}, {"email": "other@example.com"}, {"id": "usr_1"}):
            with pytest.raises(errors.ValidationError) as caught:
                await client.me.update(fields)
            assert caught.value.details == [{"field": next(iter(fields))}]
    async with login(own, "PROFILE@example.com", "-2") as client:
        assert (await client.me.get())["name"] == "Pia"


async def test_switching_gives_a_token_that_works_for_the_other_organization(own: Sandbox) -> None:
    async with login(own, "switch@example.com") as client:
        org = await new_organization(client)
        assert (await client.me.get())["organization_id"] != org
        switched = await client.me.switch_organization(org)
        async with client_of(own, access_token=switched["access_token"]) as other:
            assert (await other.me.get())["organization_id"] == org
            sessions = (await other.sessions.list()).data
            assert sessions is not None
            assert [session["current"] for session in sessions] == [True, False]
            assert sessions[0]["id"] == switched["session_id"]
            own.clock.advance(3600)
            with pytest.raises(errors.AuthenticationError) as caught:
                await other.me.get()
            assert caught.value.code == "token_expired"
        assert len((await client.sessions.list())["data"]) == 1
        for foreign in ("org_sandbox", "org_nowhere"):
            with pytest.raises(errors.NotFoundError):
                await client.me.switch_organization(foreign)
    async with client_of(own) as client:
        with pytest.raises(errors.PermissionDeniedError):
            await client.me.switch_organization("org_sandbox")
        with pytest.raises(errors.PermissionDeniedError):
            await client.sessions.list()


async def test_sessions_end_one_by_one_or_all_at_once(own: Sandbox) -> None:
    async with (
        login(own, "sessions@example.com") as first,
        login(own, "sessions@example.com", "-2") as second,
        login(own, "sessions@example.com", "-3") as third,
        login(own, "stranger@example.com") as stranger,
    ):
        ids = [(await client.me.get())["session_id"] for client in (first, second, third)]
        assert [session["id"] for session in (await first.sessions.list())["data"]] == ids[::-1]
        with pytest.raises(errors.NotFoundError):
            await stranger.sessions.revoke(ids[2])
        await first.sessions.revoke(ids[2])
        with pytest.raises(errors.NotFoundError):
            await first.sessions.revoke(ids[2])
        with pytest.raises(errors.AuthenticationError):
            await third.me.get()
        assert (await first.sessions.revoke_all()).revoked == 2
        for client in (first, second):
            with pytest.raises(errors.AuthenticationError) as caught:
                await client.me.get()
            assert caught.value.code == "invalid_token"
        assert (await stranger.me.get())["email"] == "stranger@example.com"


async def test_who_makes_an_organization_owns_it_and_others_do_not_see_it(own: Sandbox) -> None:
    async with login(own, "maker@example.com") as client, login(own, "outsider@example.com") as outsider:
        made = await client.organizations.create(name="Acme", website="https://example.com")
        assert (made["role"], made["status"], made["website"]) == ("owner", "active", "https://example.com")
        assert await client.organizations.get(made["id"]) == made
        assert made.http is not None
        assert made.http.status == 201
        assert (await client.organizations.list())["data"][0] == made
        members = (await client.organizations.members.list(made["id"]))["data"]
        assert [(member["email"], member["role"]) for member in members] == [("maker@example.com", "owner")]
        changed = await client.organizations.update(made["id"], name="Acme II")
        assert (changed["name"], changed["website"]) == ("Acme II", "https://example.com")
        for fields in ({"name": ""}, {"status": "active"}):
            with pytest.raises(errors.ValidationError):
                await client.organizations.update(made["id"], fields)
        with pytest.raises(errors.ValidationError):
            await client.organizations.create(website="https://example.com")
        for call in (
            lambda: outsider.organizations.get(made["id"]),
            lambda: outsider.organizations.update(made["id"], name="Mine"),
            lambda: outsider.organizations.export(made["id"]),
            lambda: outsider.organizations.members.list(made["id"]),
            lambda: outsider.organizations.members.invite(made["id"], email="x@example.com"),
            lambda: outsider.organizations.request_deletion(made["id"], confirm_name="Acme II"),
        ):
            with pytest.raises(errors.NotFoundError):
                await call()
        assert made["id"] not in [row["id"] for row in (await outsider.organizations.list())["data"]]


async def test_a_key_acts_in_organizations_for_the_person_who_made_it(own: Sandbox) -> None:
    async with client_of(own) as keyed, client_of(own, access_token=own.access_token) as owner:
        made = await keyed.organizations.create(name="By key", number=7)
        renamed = await keyed.organizations.update(made["id"], name="By key II")
        assert renamed["number"] == 7
        assert await owner.organizations.get(made["id"]) == renamed
        assert [row["id"] for row in (await keyed.organizations.list())["data"]] == [made["id"], "org_sandbox"]


@pytest.mark.parametrize(("mark", "review"), [("", "pending_review"), ("rejected", "rejected")])
async def test_a_declaration_begins_the_review_and_only_a_rejection_is_appealed(
    own: Sandbox, mark: str, review: str
) -> None:
    async with login(own, f"review{mark}@example.com") as client:
        org = await new_organization(client, f"Acme [[uniqos:review={mark}]]" if mark else "Acme")
        assert (await client.organizations.review_status(org))["status"] == "not_submitted"
        declared = await client.organizations.update_declaration(org, use_case="tutoring")
        assert declared["declaration"] == {"use_case": "tutoring"}
        assert (await client.organizations.review_status(org))["status"] == review
        assert (await client.organizations.get(org))["declaration"] == {"use_case": "tutoring"}
        if mark:
            assert (await client.organizations.appeal(org, reason="please"))["status"] == "appealed"
        with pytest.raises(errors.ConflictError):
            await client.organizations.appeal(org, reason="again")


async def test_an_invited_person_joins_with_the_invited_address_only(own: Sandbox) -> None:
    async with (
        login(own, "host@example.com") as host,
        login(own, "guest@example.com") as guest,
        login(own, "thief@example.com") as thief,
        client_of(own) as anybody,
    ):
        org = await new_organization(host)
        invitation = await host.organizations.members.invite(org, email="Guest@Example.com", role="admin")
        assert invitation.http is not None
        assert invitation.http.status == 201
        (listed,) = (await host.organizations.invitations.list(org))["data"]
        assert (listed["id"], listed["email"]) == (invitation.id, "guest@example.com")
        assert invitation["token"] not in json.dumps(listed)
        details = await anybody.invitations.get(invitation["token"])
        assert (details["organization_name"], details["role"], details["invited_by"]) == ("Acme", "admin", "host")
        with pytest.raises(errors.PermissionDeniedError):
            await anybody.invitations.accept(invitation["token"])
        with pytest.raises(errors.PermissionDeniedError):
            await thief.invitations.accept(invitation["token"])
        with pytest.raises(errors.ConflictError):
            await host.organizations.members.invite(org, email="guest@example.com")
        assert (await guest.invitations.accept(invitation["token"])).organization_id == org
        assert (await guest.organizations.get(org))["role"] == "admin"
        assert not (await host.organizations.invitations.list(org))["data"]
        with pytest.raises(errors.NotFoundError):
            await guest.invitations.accept(invitation["token"])
        with pytest.raises(errors.ConflictError):
            await host.organizations.members.invite(org, email="guest@example.com")
        for fields in ({"email": "nobody"}, {"email": "x@example.com", "role": "owner"}, {}):
            with pytest.raises(errors.ValidationError):
                await host.organizations.members.invite(org, fields)


async def test_an_invitation_is_public_and_ends_when_it_is_revoked_or_old(own: Sandbox) -> None:
    async with login(own, "inviter@example.com") as host, with_key(own, "uniq_test_unknown00") as anybody:
        org = await new_organization(host)
        revoked = await host.organizations.members.invite(org, email="a@example.com")
        old = await host.organizations.members.invite(org, email="b@example.com")
        assert (await anybody.invitations.get(revoked["token"]))["role"] == "developer"
        await host.organizations.invitations.revoke(org, revoked.id)
        with pytest.raises(errors.NotFoundError):
            await anybody.invitations.get(revoked["token"])
        with pytest.raises(errors.NotFoundError):
            await host.organizations.invitations.revoke(org, revoked.id)
        own.clock.advance(timedelta(days=7).total_seconds())
        with pytest.raises(errors.NotFoundError):
            await anybody.invitations.get(old["token"])
        assert not (await host.organizations.invitations.list(org))["data"]
        assert (await host.organizations.members.invite(org, email="b@example.com")).id != old.id


async def test_roles_say_who_may_do_what(own: Sandbox) -> None:
    async with (
        login(own, "boss@example.com") as boss,
        login(own, "admin@example.com") as admin,
        login(own, "dev@example.com") as dev,
    ):
        org = await new_organization(boss)
        boss_id = (await boss.me.get())["id"]
        admin_id, dev_id = await add(boss, org, admin, "admin"), await add(boss, org, dev)
        for call in (
            lambda: dev.organizations.update(org, name="Mine"),
            lambda: dev.organizations.members.invite(org, email="x@example.com"),
            lambda: dev.organizations.members.update_role(org, dev_id, role="admin"),
            lambda: dev.organizations.members.remove(org, admin_id),
            lambda: admin.organizations.members.update_role(org, admin_id, role="owner"),
            lambda: admin.organizations.members.remove(org, boss_id),
            lambda: admin.organizations.request_deletion(org, confirm_name="Acme"),
            lambda: admin.organizations.request_transfer(org, user_id=dev_id),
        ):
            with pytest.raises(errors.PermissionDeniedError):
                await call()
        assert (await admin.organizations.update(org, name="Acme II"))["name"] == "Acme II"
        promoted = await admin.organizations.members.update_role(org, dev_id, role="admin")
        assert (promoted.id, promoted.role) == (dev_id, "admin")
        with pytest.raises(errors.ValidationError):
            await boss.organizations.members.update_role(org, dev_id, role="king")
        with pytest.raises(errors.NotFoundError):
            await boss.organizations.members.update_role(org, "usr_nobody", role="admin")


async def test_the_last_owner_stays_and_who_is_removed_is_out(own: Sandbox) -> None:
    async with login(own, "last@example.com") as owner, login(own, "second@example.com") as second:
        org = await new_organization(owner)
        owner_id, second_id = (await owner.me.get())["id"], await add(owner, org, second)
        switched = await second.me.switch_organization(org)
        with pytest.raises(errors.ConflictError):
            await owner.organizations.members.remove(org, owner_id)
        with pytest.raises(errors.ConflictError):
            await owner.organizations.members.update_role(org, owner_id, role="admin")
        await owner.organizations.members.update_role(org, second_id, role="owner")
        await owner.organizations.members.update_role(org, owner_id, role="developer")
        await second.organizations.members.update_role(org, owner_id, role="owner")
        await owner.organizations.members.remove(org, second_id)
        with pytest.raises(errors.NotFoundError):
            await second.organizations.get(org)
        async with client_of(own, access_token=switched["access_token"]) as gone:
            with pytest.raises(errors.AuthenticationError):
                await gone.me.get()
        assert [member["id"] for member in (await owner.organizations.members.list(org))["data"]] == [owner_id]


async def test_ownership_goes_over_when_the_owner_confirms(own: Sandbox) -> None:
    async with login(own, "old@example.com") as old, login(own, "new@example.com") as new:
        org = await new_organization(old)
        new_id = await add(old, org, new)
        with pytest.raises(errors.ValidationError):
            await old.organizations.request_transfer(org, user_id="usr_nobody")
        with pytest.raises(errors.NotFoundError):
            await old.organizations.cancel_transfer(org)
        cancelled = await old.organizations.request_transfer(org, user_id=new_id)
        with pytest.raises(errors.ConflictError):
            await old.organizations.request_transfer(org, user_id=new_id)
        await old.organizations.cancel_transfer(org)
        outdated = await old.organizations.request_transfer(org, user_id=new_id)
        own.clock.advance(timedelta(days=7).total_seconds())
        for transfer in (cancelled, outdated):
            with pytest.raises(errors.NotFoundError):
                await old.organizations.confirm_transfer(token=transfer["token"])
        transfer = await old.organizations.request_transfer(org, user_id=new_id)
        with pytest.raises(errors.PermissionDeniedError):
            await new.organizations.confirm_transfer(token=transfer["token"])
        confirmed = await old.organizations.confirm_transfer(token=transfer["token"])
        assert (confirmed["organization_id"], confirmed["owner_id"]) == (org, new_id)
        assert (await new.organizations.get(org))["role"] == "owner"
        assert (await old.organizations.get(org))["role"] == "admin"
        with pytest.raises(errors.NotFoundError):
            await old.organizations.confirm_transfer(token=transfer["token"])


async def test_an_organization_is_gone_after_its_days_of_grace(own: Sandbox) -> None:
    async with login(own, "leaving@example.com") as client:
        org = await new_organization(client)
        switched = await client.me.switch_organization(org)
        async with client_of(own, access_token=switched["access_token"]) as inside:
            key = await inside.api_keys.create(name="Doomed")
        with pytest.raises(errors.ValidationError) as caught:
            await client.organizations.request_deletion(org, confirm_name="acme")
        assert (caught.value.http_status, caught.value.details) == (422, [{"field": "confirm_name"}])
        with pytest.raises(errors.ConflictError):
            await client.organizations.cancel_deletion(org)
        receipt = await client.organizations.request_deletion(org, confirm_name="Acme")
        assert receipt.status == "deletion_pending"
        requested, ends = (
            datetime.fromisoformat(receipt[name].replace("Z", "+00:00"))
            for name in ("deletion_requested_at", "deletes_at")
        )
        assert ends - requested == timedelta(days=30)
        with pytest.raises(errors.ConflictError):
            await client.organizations.update(org, name="Other")
        with pytest.raises(errors.ConflictError):
            await client.organizations.members.invite(org, email="x@example.com")
        assert (await client.organizations.cancel_deletion(org))["status"] == "active"
        assert (await client.organizations.deletion_status(org))["status"] == "active"
        first = await client.organizations.request_deletion(org, confirm_name="Acme")
        own.clock.advance(timedelta(days=29).total_seconds())
        assert await client.organizations.request_deletion(org, confirm_name="Acme") == first
        assert await client.organizations.deletion_status(org) == first.to_dict()
        assert (await client.organizations.export(org)).organization["name"] == "Acme"
        async with with_key(own, key["key"]) as keyed:
            assert (await keyed.me.get())["organization_id"] == org
            own.clock.advance(timedelta(days=1).total_seconds())
            with pytest.raises(errors.NotFoundError):
                await client.organizations.deletion_status(org)
            assert org not in [row["id"] for row in (await client.organizations.list())["data"]]
            with pytest.raises(errors.AuthenticationError):
                await keyed.me.get()


async def test_an_export_holds_everything_but_secrets(own: Sandbox) -> None:
    async with login(own, "export@example.com") as client:
        org = (await client.me.get())["organization_id"]
        key = await client.api_keys.create(name="Exported")
        invitation = await client.organizations.members.invite(org, email="x@example.com")
        export = await client.organizations.export(org)
        assert export.organization["id"] == org
        assert [member["email"] for member in export["members"]] == ["export@example.com"]
        assert [found["id"] for found in export["invitations"]] == [invitation.id]
        assert [found["id"] for found in export["api_keys"]] == [key["id"]]
        text = json.dumps(export.to_dict())
        assert not any(secret in text for secret in (key["key"], invitation["token"], "fingerprint"))


async def test_a_made_key_works_until_it_is_revoked_and_its_secret_is_shown_once(own: Sandbox) -> None:
    async with login(own, "keys@example.com") as client, login(own, "nokeys@example.com") as other:
        made = await client.api_keys.create(name="Mine")
        assert made.http is not None
        assert (made.http.status, made["scope"], made["status"]) == (201, "read_write", "active")
        (listed,) = (await client.api_keys.list())["data"]
        assert listed == await client.api_keys.get(made["id"])
        assert made["key"] not in json.dumps(listed)
        for call in (lambda: other.api_keys.get(made["id"]), lambda: other.api_keys.revoke(made["id"])):
            with pytest.raises(errors.NotFoundError):
                await call()
        async with with_key(own, made["key"]) as keyed:
            assert (await keyed.me.get())["id"] == made["id"]
            assert (await keyed.me.update(name="Renamed"))["name"] == "Renamed"
            assert (await keyed.respond(personality_id=own.personality_id, message="hello")).response
            assert (await client.api_keys.revoke(made["id"]))["status"] == "revoked"
            with pytest.raises(errors.AuthenticationError) as caught:
                await keyed.me.get()
            assert caught.value.code == "authentication_error"
        assert (await client.api_keys.get(made["id"]))["status"] == "revoked"
        for fields in (
            {},
            {"name": "X", "scope": "all"},
            {"name": "X", "scopes": "read"},
            {"name": "X", "expires_in_days": 0},
        ):
            with pytest.raises(errors.ValidationError):
                await client.api_keys.create(fields)


async def test_a_key_that_may_read_writes_nothing_and_a_key_ends_by_the_clock(own: Sandbox) -> None:
    async with login(own, "reader@example.com") as client:
        made = await client.api_keys.create(name="Reader", scope="read", expires_in_days=1)
        org = (await client.me.get())["organization_id"]
        async with with_key(own, made["key"]) as reader:
            assert (await reader.organizations.get(org))["id"] == org
            assert len((await reader.api_keys.list())["data"]) == 1
            for call in (
                lambda: reader.api_keys.create(name="More"),
                lambda: reader.api_keys.revoke(made["id"]),
                lambda: reader.me.update(name="Other"),
                lambda: reader.organizations.update(org, name="Other"),
                lambda: reader.respond(personality_id=own.personality_id, message="hello"),
            ):
                with pytest.raises(errors.PermissionDeniedError) as caught:
                    await call()
                assert caught.value.code == "permission_denied"
            own.clock.advance(timedelta(days=1).total_seconds())
            with pytest.raises(errors.AuthenticationError):
                await reader.me.get()
        assert (await client.api_keys.get(made["id"]))["status"] == "expired"


async def test_an_idempotency_key_is_its_callers_own(own: Sandbox) -> None:
    async with login(own, "one@example.com") as one, login(own, "two@example.com") as two:
        first = await one.api_keys.create(name="Same", idempotency_key="same-key")
        assert await one.api_keys.create(name="Same", idempotency_key="same-key") == first
        assert (await two.api_keys.create(name="Same", idempotency_key="same-key"))["id"] != first["id"]


async def test_the_clock_of_the_sandbox_dates_what_is_made(own: Sandbox) -> None:
    own.clock.freeze(datetime(2031, 5, 1, tzinfo=timezone.utc))
    async with login(own, "dated@example.com") as client:
        made = await client.organizations.create(name="Dated")
    own.clock.resume()
    assert made["created_at"] == "2031-05-01T00:00:00.000Z"


async def test_the_keys_of_who_has_left_are_refused(own: Sandbox) -> None:
    async with login(own, "keeper@example.com") as owner, login(own, "leaver@example.com") as leaver:
        org = await new_organization(owner)
        person = await add(owner, org, leaver)
        switched = await leaver.me.switch_organization(org)
        async with client_of(own, access_token=switched["access_token"]) as there:
            key = await there.api_keys.create(name="Mine")
        async with with_key(own, str(key["key"])) as client:
            await client.me.get()
            await owner.organizations.members.remove(org, person)
            with pytest.raises(errors.AuthenticationError):
                await client.me.get()


@pytest.mark.parametrize("field", ["id", "version", "status", "created_at", "review_status", "lineage_id"])
async def test_a_body_cannot_set_what_the_api_says_of_a_personality(sandbox: Sandbox, field: str) -> None:
    async with client_of(sandbox) as client:
        with pytest.raises(errors.ValidationError, match=f"{field} cannot be set"):
            await client.personalities.create({"name": "X", field: "approved"})
        with pytest.raises(errors.ValidationError, match=f"{field} cannot be set"):
            await client.personalities.new_version(sandbox.personality_id, {field: "approved"})
