"""Organizations of the sandbox kept apart: a credential of one reaches nothing of another, by any operation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from uniqos._wire.operation import Operation
from uniqos.api import operations
from uniqos.sandbox import Sandbox, serve

TABLE = operations()
SHARED = ("catalog.get", "vocabularies.topics.version", "vocabularies.emotions.version")
BY_ID = [name for name, op in TABLE.items() if "{" in op.path and name not in SHARED]
LISTS = [name for name, op in TABLE.items() if "{" not in op.path and op.method == "GET"]
OPEN = {"invitations.get": 200}
"""Whoever has the token of an invitation may read it, without a credential."""
FOR_PEOPLE = ("personalities.dry_run", "sessions.revoke", "invitations.accept")
"""An API key gets a 403 whatever it asks for."""
BODIES: dict[str, dict[str, Any]] = {
    "personalities.new_version": {"name": "Stolen"},
    "personalities.dry_run": {"message": "hello"},
    "organizations.update": {"name": "Stolen"},
    "organizations.request_deletion": {"confirm_name": "Organization of ada@example.com"},
    "organizations.request_transfer": {"user_id": "usr_1"},
    "organizations.members.invite": {"email": "eve@example.com", "role": "admin"},
    "organizations.members.update_role": {"role": "owner"},
    "billing.payment_methods.update": {"default": True},
    "end_users.update": {"metadata": {"stolen": True}},
}
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2999}


class Tenant:
    """A person with an organization, and an API key of that organization."""

    def __init__(self, sandbox: Sandbox, email: str) -> None:
        self.sandbox = sandbox
        self.token = f"sandbox.login.{email}"
        self.key = self.ask("api_keys.create", self.token, {"name": "key"}).json()["key"]

    def ask(
        self, name: str, credential: str, body: Any = None, *, key: str | None = None, **path: str
    ) -> httpx.Response:
        op: Operation[Any] = TABLE[name]
        headers = {"Authorization": f"Bearer {credential}", **({"Idempotency-Key": key} if key else {})}
        content = {"json": body if body is not None else BODIES.get(name, {})} if op.body else {}
        url = self.sandbox.url + op.path.format(**path)
        return httpx.request(op.method, url, headers=headers, trust_env=False, **content)

    def do(self, name: str, body: Any = None, *, key: str | None = None, **path: str) -> Any:
        answer = self.ask(name, self.token, body, key=key, **path)
        assert answer.is_success, answer.text
        return answer.json()


def turn_with(personality_id: str, **more: Any) -> dict[str, Any]:
    return {"personality_id": personality_id, "message": "hello", "mode": "stateful", "user_id": "carl", **more}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        running._settings.erasure_delay = 10**6  # a deletion stays to be asked for
        running._settings.webhook_pauses = ()
        yield running


@pytest.fixture(scope="module")
def ada(sandbox: Sandbox) -> Tenant:
    return Tenant(sandbox, "ada@example.com")


@pytest.fixture(scope="module")
def eve(sandbox: Sandbox) -> Tenant:
    return Tenant(sandbox, "eve@example.com")


@pytest.fixture(scope="module")
def known(sandbox: Sandbox, ada: Tenant) -> dict[str, str]:
    """One of each thing of Ada's, by the parameter that takes its id."""
    personality = ada.do("personalities.create", {"name": "Ada's secret"})["id"]
    webhook = ada.do("webhooks.create", {"url": "http://127.0.0.1:9/", "subscriptions": ["quota.threshold_reached"]})
    interaction = ada.do("engine.respond", turn_with(personality))["interaction_id"]
    relationship = ada.do("end_users.get", user_id="carl")["relationships"][0]["id"]
    alert = ada.do("billing.alerts.create", {"threshold": 0.01})["id"]
    method = ada.do("billing.payment_methods.add", CARD)["id"]
    me = ada.do("me.get")
    invited = ada.do("organizations.members.invite", {"email": "new@example.com"}, org_id=me["organization_id"])
    while sandbox._settings.tasks:  # the delivery of the alert
        time.sleep(0.01)
    sandbox.clock.advance(31 * 86400)
    return {
        "personality_id": personality,
        "interaction_id": interaction,
        "relationship_id": relationship,
        "user_id": "carl",
        "deletion_id": ada.do("relationships.memory.delete", relationship_id=relationship)["deletion_id"],
        "webhook_id": webhook["id"],
        "delivery_id": ada.do("webhooks.list_deliveries", webhook_id=webhook["id"])["data"][0]["id"],
        "alert_id": alert,
        "payment_method_id": method,
        "invoice_id": ada.do("billing.invoices.list")["data"][0]["id"],
        "org_id": me["organization_id"],
        "session_id": me["session_id"],
        "key_id": ada.do("api_keys.list")["data"][0]["id"],
        "invitation_id": invited["id"],
        "token": ada.do("organizations.members.invite", {"email": "b@example.com"}, org_id=me["organization_id"])[
            "token"
        ],
    }


def test_each_parameter_of_a_path_has_a_thing_of_the_table(known: dict[str, str]) -> None:
    assert {part for name in BY_ID for part in TABLE[name].params} <= known.keys()


@pytest.mark.parametrize("credential", ["key", "token"])
@pytest.mark.parametrize("name", BY_ID)
def test_a_credential_of_another_organization_finds_and_changes_nothing(
    sandbox: Sandbox, ada: Tenant, eve: Tenant, known: dict[str, str], name: str, credential: str
) -> None:
    path = {part: known[part] for part in TABLE[name].params}
    if name.startswith("organizations.members."):
        path["user_id"] = ada.do("me.get")["id"]
    before = sandbox._settings.store.dump()
    answer = eve.ask(name, getattr(eve, credential), **path)
    expected = 403 if name in FOR_PEOPLE and credential == "key" else OPEN.get(name, 404)
    if (name, credential) == ("invitations.accept", "token"):
        expected = 403  # it is there, and for another address
    assert answer.status_code == expected, answer.text
    assert sandbox._settings.store.dump() == before


@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_anything_of_another_organization(eve: Tenant, known: dict[str, str], name: str) -> None:
    told = "".join(eve.ask(name, credential).text for credential in (eve.key, eve.token))
    assert "Ada's secret" not in told
    assert not [value for part, value in known.items() if part != "user_id" and f'"{value}"' in told]


def test_a_body_names_nothing_of_another_organization(eve: Tenant, known: dict[str, str]) -> None:
    turn = turn_with(known["personality_id"])
    assert eve.ask("engine.respond", eve.key, turn).status_code == 404
    assert eve.ask("engine.recall_memory", eve.key, {**turn, "query": "hello"}).json()["topics"] == []
    assert eve.ask("me.switch_organization", eve.token, {"organization_id": known["org_id"]}).status_code == 404
    assert eve.ask("organizations.confirm_transfer", eve.token, {"token": known["token"]}).status_code == 404


@pytest.mark.parametrize("name", TABLE)
def test_a_revoked_key_is_refused_by_every_operation(ada: Tenant, known: dict[str, str], name: str) -> None:
    made = ada.do("api_keys.create", {"name": "old"})
    ada.do("api_keys.revoke", key_id=made["id"])
    answer = ada.ask(name, made["key"], **{part: known.get(part, "v1") for part in TABLE[name].params})
    assert answer.status_code == OPEN.get(name, 401), answer.text


def test_the_same_idempotency_key_is_another_one_in_another_organization(ada: Tenant, eve: Tenant) -> None:
    made = [tenant.do("personalities.create", {"name": "Same"}, key="same") for tenant in (ada, eve, ada, eve)]
    assert made[0] == made[2]
    assert made[1] == made[3]
    assert made[0]["id"] != made[1]["id"]


def test_an_error_on_demand_is_counted_by_each_organization_apart(sandbox: Sandbox, ada: Tenant, eve: Tenant) -> None:
    turn = turn_with(sandbox.personality_id, message="[[uniqos:error=internal_error;times=1]]", mode="stateless")
    statuses = [
        tenant.ask("engine.respond", tenant.key, turn, key="counted").status_code for tenant in (ada, eve, ada, eve)
    ]
    assert statuses == [500, 500, 200, 200]


def test_what_is_always_there_is_changed_for_one_organization_alone(sandbox: Sandbox) -> None:
    first, second = Tenant(sandbox, "first@example.com"), Tenant(sandbox, "second@example.com")
    shared = sandbox.personality_id
    listed = first.do("personalities.list")["data"]
    assert first.do("personalities.archive", personality_id=shared)["status"] == "archived"
    assert first.do("personalities.new_version", {"name": "Mine"}, personality_id=shared)["version"] == 2
    assert first.ask("engine.respond", first.key, turn_with(shared)).status_code == 409
    assert [one["version"] for one in first.do("personalities.versions", personality_id=shared)["data"]] == [2, 1]
    now = first.do("personalities.list")["data"]
    assert [one["id"] for one in now[1:]] == [one["id"] for one in listed]
    assert second.do("personalities.get", personality_id=shared)["status"] == "active"
    assert second.do("engine.respond", turn_with(shared))["interaction_id"]
    assert len(second.do("personalities.versions", personality_id=shared)["data"]) == 1
    assert second.do("personalities.new_version", {"name": "Mine"}, personality_id=shared)["version"] == 2
