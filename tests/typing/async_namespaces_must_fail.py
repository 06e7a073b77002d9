"""Lines that are wrong, and that both type checkers must call wrong: ``# E`` says why. Never run."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from uniqos import AsyncUniqOS, DriftReport, models


class Nickname(TypedDict):
    nick: str


def wrong_report(report: str) -> None:
    print(report)


def two_reports(report: DriftReport, another: DriftReport) -> None:
    print(report, another)


# async only: begin
async def awaited_report(report: DriftReport) -> None:
    print(report)


# async only: end
async def paths(client: AsyncUniqOS) -> None:
    client.end_user  # E: misspelt namespace
    client.relationships.memories  # E: misspelt inner namespace
    client.memory  # E: it belongs to relationships
    client.members  # E: it belongs to organizations
    client.vocabularies.topic  # E: misspelt inner namespace
    client.billing.quota_alerts  # E: it is called alerts
    client.billing.subscription.cancel()  # E: no such method
    client.catalog.iterate()  # E: a list without pages
    client.webhooks.delete("wh")  # E: it is called disable
    client.end_users = client.relationships  # E: another namespace
    AsyncUniqOS(on_drift=wrong_report)  # E: it is given a DriftReport
    AsyncUniqOS(on_drift="log")  # E: no function
    client.with_options(on_drift=two_reports)  # E: it is given one argument
    # async only: begin
    AsyncUniqOS(on_drift=awaited_report)  # E: nobody would await it
    # async only: end
    await client.catalog.get("s", on_drift=print)  # E: an option of the client


async def catalog(client: AsyncUniqOS) -> None:
    await client.catalog.list("s")  # E: it takes options only
    await client.catalog.list(limit=3)  # E: it takes options only
    await client.catalog.get()  # E: the slug is missing
    await client.catalog.get(7)  # E: a slug is text
    await client.catalog.get(id="s")  # E: it is called slug
    (await client.catalog.get("s")).slug  # E: undocumented: subscripts only
    await client.vocabularies.topics.version()  # E: the version is missing
    await client.vocabularies.topics.version(2)  # E: a version is text
    await client.vocabularies.topics.current("v2")  # E: that is version
    await client.vocabularies.emotions.version("v2", timeuot=3)  # E: misspelt option
    await client.vocabularies.emotions.changelog(max_retries="3")  # E: a number wanted


async def end_users(client: AsyncUniqOS, typed: models.EndUserCreate, person: models.EndUser) -> None:
    await client.end_users.create()  # E: user_id is missing
    await client.end_users.create(metadata={})  # E: user_id is missing
    await client.end_users.create("u")  # E: neither model nor mapping
    await client.end_users.create(user_id=7)  # E: an id is text
    await client.end_users.create(user_id=None)  # E: required
    await client.end_users.create(user_id="u", metadata=["a"])  # E: an object wanted
    await client.end_users.create(user_id="u", name="n")  # E: it belongs into metadata
    await client.end_users.create(user_id="u", timeuot=3)  # E: misspelt option
    await client.end_users.create(typed, user_id="u")  # E: one object and keywords
    await client.end_users.create({"user_id": "u"}, metadata={})  # E: one object and keywords
    await client.end_users.get()  # E: the id is missing
    await client.end_users.get(7)  # E: an id is text
    await client.end_users.get(person)  # E: the id, no model
    await client.end_users.get("u", include="relationships")  # E: it takes options only
    await client.end_users.update(metadata={})  # E: the id is missing
    await client.end_users.update("u", metadata=None)  # E: {} clears it
    await client.end_users.update("u", metadta={})  # E: misspelt field
    await client.end_users.update("u", "n")  # E: neither model nor mapping
    await client.end_users.list(limit="3")  # E: a number wanted
    await client.end_users.list(user_id="u")  # E: no such filter
    await client.end_users.list(7)  # E: neither model nor mapping
    await client.end_users.delete()  # E: the id is missing
    await client.end_users.delete("u", cascade="everything")  # E: no such cascade
    await client.end_users.delete("u", "all")  # E: neither model nor mapping
    await client.end_users.delete("u", reason=3)  # E: text wanted
    await client.end_users.model(None)  # E: an id is text
    await client.end_users.model("u", language="en")  # E: that is model_readable
    await client.end_users.model_readable("u", "fr")  # E: no such language
    await client.end_users.model_readable("u", language="fr")  # E: no such language
    await client.end_users.model_readable("u", lang="en")  # E: misspelt argument
    await client.end_users.model_readable(language="en")  # E: the id is missing
    await client.end_users.model_readable("u", {"language": "en"}, language="es")  # E: one object and keywords
    await client.end_users.export("u", format="csv")  # E: it takes options only
    await client.end_users.save_export("u")  # E: the path is missing
    await client.end_users.save_export("u", 7)  # E: a path wanted
    await client.end_users.save_export("u", b"u.json")  # E: no path of bytes
    await client.end_users.save_export("u", "u.json", 99)  # E: max_bytes goes by its name
    await client.end_users.save_export("u", "u.json", max_bytes="1GB")  # E: a number wanted
    models.EndUserCreate()  # E: user_id is missing
    models.EndUserDelete(cascade="everything")  # E: no such cascade
    models.ReadableModelQuery(language="fr")  # E: no such language
    person.name  # E: no such field
    person.relationships  # E: undocumented: subscripts only
    person.metadata["plan"]  # E: it may be None
    (await client.end_users.model("u")).traits  # E: undocumented: subscripts only
    (await client.end_users.list()).items_  # E: it is called data
    (await client.end_users.list()).data.user_id  # E: that is a list
    # async only: begin
    client.end_users.get("u").user_id  # E: not awaited
    client.end_users.create(user_id="u").user_id  # E: not awaited
    # async only: end


async def deletions(client: AsyncUniqOS, receipt: models.DeletionReceipt, done: models.Deletion) -> None:
    await client.deletions.get()  # E: the id is missing
    await client.deletions.get(receipt)  # E: get takes the id only
    await client.deletions.wait()  # E: the id is missing
    await client.deletions.wait(7)  # E: an id is text
    await client.deletions.wait(receipt, 60)  # E: timeout goes by its name
    await client.deletions.wait(receipt, timeout="60")  # E: a number wanted
    await client.deletions.wait(receipt, timeout=None)  # E: 0 is no limit
    await client.deletions.wait(receipt, max_retries=3)  # E: it takes no options
    receipt.id  # E: it is called deletion_id
    done.deletion_id  # E: undocumented: subscripts only
    done.state  # E: it is called status
    # async only: begin
    await client.deletions.wait(client.end_users.delete("u"))  # E: the receipt is not awaited
    client.deletions.wait(receipt).status  # E: not awaited
    # async only: end


async def relationships(client: AsyncUniqOS) -> None:
    await client.relationships.list(user="u")  # E: misspelt filter
    await client.relationships.list(limit="3")  # E: a number wanted
    await client.relationships.list(personality_id=7)  # E: an id is text
    await client.relationships.list("u")  # E: neither model nor mapping
    await client.relationships.get()  # E: the id is missing
    await client.relationships.get("u", "p")  # E: one id
    await client.relationships.get(id="r")  # E: it is called relationship_id
    await client.relationships.delete("r", cascade="model_only")  # E: a cascade of end users only
    await client.relationships.delete(cascade="all")  # E: the id is missing
    await client.relationships.delete("r", resaon="x")  # E: misspelt field
    await client.relationships.memory.get()  # E: the id is missing
    await client.relationships.memory.regenerate_summary("r", force=True)  # E: it takes options only
    await client.relationships.memory.delete("r", cascade="all")  # E: it takes options only
    await client.relationships.memory()  # E: a namespace, no method
    models.RelationshipDelete(cascade="model_only")  # E: a cascade of end users only
    (await client.relationships.get("r")).user_id  # E: undocumented: subscripts only
    (await client.relationships.delete("r")).deleted  # E: no such field
    # async only: begin
    client.relationships.memory.get("r")["summary"]  # E: not awaited
    # async only: end


async def iterate(client: AsyncUniqOS) -> None:
    client.end_users.iterate(limit="3")  # E: a number wanted
    client.end_users.iterate(user_id="u")  # E: no such filter
    client.end_users.iterate(7)  # E: neither model nor mapping
    client.relationships.iterate(users="u")  # E: misspelt filter
    client.personalities.iterate(7)  # E: neither model nor mapping
    client.billing.invoices.iterate("i")  # E: neither model nor mapping
    client.end_users.iterate().data  # E: no page
    client.end_users.iterate()[0]  # E: an iterator, no list
    len(client.relationships.iterate())  # E: an iterator, no list
    async for one in client.end_users.iterate():
        one.next_cursor  # E: no page
    async for bill in client.billing.invoices.iterate():
        bill.id  # E: undocumented: subscripts only
    # async only: begin
    await client.end_users.iterate()  # E: an iterator, no call
    for _ in client.end_users.iterate():  # E: needs async for
        pass
    for _ in client.personalities.iterate():  # E: needs async for
        pass
    async for _ in client.relationships.list():  # E: a page, not awaited
        pass
    list(client.billing.invoices.iterate())  # E: needs async for
    # async only: end


async def me(client: AsyncUniqOS, org: models.Organization) -> None:
    await client.me.get("u")  # E: it takes options only
    await client.me.update(7)  # E: neither model nor mapping
    await client.me.update("n")  # E: neither model nor mapping
    await client.me.switch_organization()  # E: the id is missing
    await client.me.switch_organization(7)  # E: an id is text
    await client.me.switch_organization(None)  # E: required
    await client.me.switch_organization(org_id="o")  # E: it is called organization_id
    await client.me.switch_organization("o", timeuot=3)  # E: misspelt option
    await client.me.switch_organization({"organization_id": "o"}, organization_id="o")  # E: one object and keywords
    (await client.me.switch_organization("o")).access_token  # E: undocumented: subscripts only
    (await client.me.get()).email  # E: undocumented: subscripts only
    models.SwitchOrganization()  # E: organization_id is missing
    await client.sessions.revoke()  # E: the id is missing
    await client.sessions.revoke_all("s")  # E: it takes options only
    (await client.sessions.revoke_all()).count  # E: it is called revoked
    org.name  # E: undocumented: subscripts only


async def organizations(client: AsyncUniqOS, typed: models.OrganizationDeletionRequest) -> None:
    await client.organizations.list(limit=3)  # E: it takes options only
    await client.organizations.create("n")  # E: neither model nor mapping
    await client.organizations.get()  # E: the id is missing
    await client.organizations.get(organization_id="o")  # E: it is called org_id
    await client.organizations.update(name="n")  # E: the id is missing
    await client.organizations.update("o", "n")  # E: neither model nor mapping
    await client.organizations.update_declaration()  # E: the id is missing
    await client.organizations.appeal("o", "reason")  # E: neither model nor mapping
    await client.organizations.request_transfer(to="u")  # E: the id is missing
    await client.organizations.cancel_transfer("o", to="u")  # E: it takes options only
    await client.organizations.confirm_transfer("t")  # E: neither model nor mapping
    await client.organizations.request_deletion("o")  # E: confirm_name is missing
    await client.organizations.request_deletion("o", "n")  # E: confirm_name goes by its name
    await client.organizations.request_deletion(confirm_name="n")  # E: the id is missing
    await client.organizations.request_deletion("o", confirm_name=True)  # E: the name wanted
    await client.organizations.request_deletion("o", confirm="n")  # E: misspelt field
    await client.organizations.request_deletion("o", confirm_name="n", reason="r")  # E: no such field
    await client.organizations.request_deletion("o", typed, confirm_name="n")  # E: one object and keywords
    await client.organizations.cancel_deletion(7)  # E: an id is text
    await client.organizations.deletion_status("o", "d")  # E: one id
    await client.organizations.export()  # E: the id is missing
    await client.organizations.save_export("o")  # E: the path is missing
    await client.organizations.save_export("o", "o.json", maxbytes=9)  # E: misspelt argument
    (await client.organizations.export("o")).members  # E: undocumented: subscripts only
    (await client.organizations.request_deletion("o", confirm_name="n")).deletion_id  # E: no such field
    models.OrganizationDeletionRequest()  # E: confirm_name is missing
    models.OrganizationDeletionRequest(name="n")  # E: it is called confirm_name


async def people(client: AsyncUniqOS, member: models.Member) -> None:
    await client.organizations.members.list()  # E: the id is missing
    await client.organizations.members.invite(email="e")  # E: the id is missing
    await client.organizations.members.invite("o", "e")  # E: neither model nor mapping
    await client.organizations.members.invite("o", emial="e")  # E: misspelt field
    await client.organizations.members.invite("o", email=7)  # E: text wanted
    await client.organizations.members.invite("o", role=1)  # E: text wanted
    await client.organizations.members.update_role("o")  # E: the id of the member is missing
    await client.organizations.members.update_role("o", role="admin")  # E: the id of the member is missing
    await client.organizations.members.update_role("o", "u", "admin")  # E: neither model nor mapping
    await client.organizations.members.update_role("o", "u", email="e")  # E: a field of invite
    await client.organizations.members.remove("o")  # E: the id of the member is missing
    await client.organizations.members.remove("o", "u", "v")  # E: two ids
    await client.organizations.members.remove("o", member)  # E: the id, no model
    await client.organizations.invitations.revoke("o")  # E: the id of the invitation is missing
    await client.organizations.invitations.revoke("o", token="t")  # E: it is called invitation_id
    await client.organizations.invitations.accept("t")  # E: that is client.invitations
    await client.invitations.get()  # E: the token is missing
    await client.invitations.accept(7)  # E: a token is text
    (await client.invitations.accept("t")).org_id  # E: it is called organization_id
    member.email  # E: undocumented: subscripts only


async def api_keys(client: AsyncUniqOS) -> None:
    await client.api_keys.create("n")  # E: neither model nor mapping
    await client.api_keys.get()  # E: the id is missing
    await client.api_keys.get(api_key="k")  # E: it is called key_id
    await client.api_keys.revoke(7)  # E: an id is text
    await client.api_keys.revoke("k", reason="r")  # E: it takes options only
    await client.api_keys.delete("k")  # E: it is called revoke
    (await client.api_keys.create()).key  # E: undocumented: subscripts only


async def billing(client: AsyncUniqOS, pdf: models.File, saved: models.SavedFile) -> None:
    await client.billing.subscription.get("s")  # E: it takes options only
    await client.billing.subscription.update("pro")  # E: neither model nor mapping
    await client.billing.subscription.suspend(reason="r")  # E: it takes options only
    await client.billing.payment_methods.add("t")  # E: neither model nor mapping
    await client.billing.payment_methods.update(default=True)  # E: the id is missing
    await client.billing.payment_methods.remove()  # E: the id is missing
    await client.billing.payment_methods.remove(id="m")  # E: it is called payment_method_id
    await client.billing.invoices.list(7)  # E: neither model nor mapping
    await client.billing.invoices.get()  # E: the id is missing
    await client.billing.invoices.pdf()  # E: the id is missing
    await client.billing.invoices.pdf("i", "i.pdf")  # E: that is save_pdf
    await client.billing.invoices.save_pdf("i")  # E: the path is missing
    await client.billing.invoices.save_pdf("i", None)  # E: a path wanted
    await client.billing.invoices.save_pdf("i", "i.pdf", max_bytes=1.5)  # E: a whole number wanted
    await client.billing.usage.turns("day")  # E: neither model nor mapping
    await client.billing.usage.credits(limit=3)  # E: it takes options only
    await client.billing.usage()  # E: a namespace, no method
    await client.billing.overage_policy.update("block")  # E: neither model nor mapping
    await client.billing.overage_policy.get()  # E: no such method
    await client.billing.alerts.create(80)  # E: neither model nor mapping
    await client.billing.alerts.delete()  # E: the id is missing
    await client.billing.plans.list(currency="eur")  # E: it takes options only
    (await client.billing.plans.list()).plans  # E: it is called data
    (await client.billing.subscription.get()).plan  # E: undocumented: subscripts only
    pdf.data  # E: it is called content
    pdf.content.encode()  # E: these are bytes
    pdf.content_type.split("/")  # E: it may be None
    pdf.save()  # E: the path is missing
    pdf.save(b"i.pdf")  # E: no path of bytes
    pdf.save("i.pdf", overwrite=True)  # E: no such argument
    saved.content  # E: it is in the file
    saved.size.name  # E: a number
    saved.path.lower()  # E: a Path, no text
    # async only: begin
    client.billing.invoices.pdf("i").content  # E: not awaited
    client.billing.invoices.pdf("i").save("i.pdf")  # E: not awaited
    client.end_users.save_export("u", "u.json").path  # E: not awaited
    # async only: end


async def webhooks(client: AsyncUniqOS, made: models.CreatedWebhook) -> None:
    await client.webhooks.list(limit=3)  # E: it takes options only
    await client.webhooks.create("https://x")  # E: neither model nor mapping
    await client.webhooks.create(url="https://x", subscriptions="payment.failed")  # E: a list wanted
    await client.webhooks.create(url="https://x", events=["a"])  # E: it is called subscriptions
    await client.webhooks.create(url=7)  # E: text wanted
    await client.webhooks.get()  # E: the id is missing
    await client.webhooks.disable(made)  # E: the id, no model
    await client.webhooks.regenerate_secret("wh", secret="s")  # E: it takes options only
    await client.webhooks.list_deliveries()  # E: the id is missing
    await client.webhooks.redeliver("wh")  # E: the id of the delivery is missing
    await client.webhooks.redeliver(delivery_id="d")  # E: the id of the endpoint is missing
    await client.webhooks.redeliver("wh", 7)  # E: an id is text
    (await client.webhooks.get("wh")).url  # E: undocumented: subscripts only
    (await client.webhooks.regenerate_secret("wh")).secret  # E: undocumented: subscripts only
    made.url  # E: undocumented: subscripts only
    made.secret.decode()  # E: it is text


async def answers(client: AsyncUniqOS, body: dict[str, Any], nickname: Nickname) -> None:
    text: str = await client.end_users.get("u")  # E: a model, no text
    person: models.EndUser = await client.relationships.get("r")  # E: another model
    done: models.Deletion = await client.end_users.delete("u")  # E: a receipt
    listed: list[models.EndUser] = await client.end_users.list()  # E: a page
    whole: models.Organization = await client.organizations.export("o")  # E: another model
    await client.end_users.update(nickname, body)  # E: the id comes first
    print(text, person, done, listed, whole)
