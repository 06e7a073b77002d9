"""Tests of the OpenAPI document of a service, and of deliveries of webhooks for several tenants."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Annotated, Any

import httpx
import pytest
from openapi_spec_validator import validate
from pydantic import SecretStr

from tests.support.asgi import serving
from tests.support.signing import delivery
from uniqos import errors, models
from uniqos.sandbox import Sandbox
from uniqos.testing import build, sign

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")

from fastapi import Depends, FastAPI, Header

from tests.fastapi.test_callers import annotated
from uniqos.fastapi import (
    WEBHOOK_BODY,
    close_schemas,
    install_error_handlers,
    lifespan,
    turn_body,
    turn_router,
    webhook,
)

SECRETS = {"a": "whsec_a", "b": SecretStr("whsec_b")}


def document(app: FastAPI) -> dict[str, Any]:
    app.openapi_version = "3.2.0"  # The events of a stream are described in the words of this version.
    made: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    validate(made)
    return made


def receiver(secret: Any, **options: Any) -> FastAPI:
    app = FastAPI()
    install_error_handlers(app)

    async def receive(tenant: str, event: Any) -> Any:
        return event.id

    verified = Annotated[models.WebhookEvent, Depends(webhook(secret, **options))]
    app.post("/{tenant}", openapi_extra=WEBHOOK_BODY)(annotated(receive, tenant=str, event=verified))
    return app


def deliver(app: FastAPI, path: str, secret: str) -> int:
    body, headers = delivery(secret)
    with serving(app) as url:
        return httpx.post(url + path, content=body, headers=headers).status_code


@pytest.mark.parametrize("secret", [SecretStr("whsec_a"), [SecretStr("whsec_b"), "whsec_a"]])
def test_a_secret_may_be_hidden_text(secret: Any) -> None:
    assert deliver(receiver(secret), "/a", "whsec_a") == 200
    assert deliver(receiver(secret), "/a", "whsec_other") == 400


def test_each_tenant_may_have_a_secret() -> None:
    async def secret_of(tenant: str) -> Any:
        return SECRETS.get(tenant)

    annotated(secret_of, tenant=str)
    app = receiver(secret_of)
    assert deliver(app, "/a", "whsec_a") == 200
    assert deliver(app, "/b", "whsec_b") == 200
    assert deliver(app, "/b", "whsec_a") == 400
    assert deliver(app, "/c", "whsec_a") == 500  # There is no secret: a mistake of the service.


@pytest.mark.parametrize("waits", [False, True])
def test_a_delivery_that_was_handled_is_answered_without_the_route(waits: bool) -> None:
    asked: list[str] = []

    def seen(event: models.WebhookEvent) -> bool:
        asked.append(event.id)
        return len(asked) > 1

    async def seen_later(event: models.WebhookEvent) -> bool:
        return seen(event)

    app = receiver("whsec_a", seen=seen_later if waits else seen)
    assert [deliver(app, "/a", "whsec_a") for _ in range(2)] == [200, 204]
    assert deliver(app, "/a", "whsec_other") == 400
    assert asked == ["whd_1", "whd_1"]


def test_a_test_signs_deliveries() -> None:
    body = build(models.WebhookEvent).model_dump_json()
    headers = {"x-uniqos-signature": sign(body, SecretStr("whsec_a"))}
    with serving(receiver("whsec_a", tolerance=0)) as url:
        assert httpx.post(f"{url}/a", content=body, headers=headers).status_code == 200


def test_a_secret_that_a_function_returns_is_checked() -> None:
    with pytest.raises(errors.ConfigurationError, match="secret"):
        webhook("")
    assert deliver(receiver(lambda: ""), "/a", "whsec_a") == 500


def test_the_document_has_the_header_and_body_of_a_delivery() -> None:
    route = document(receiver("whsec_a"))["paths"]["/{tenant}"]["post"]
    assert "x-uniqos-signature" in [parameter["name"] for parameter in route["parameters"]]
    schema = route["requestBody"]["content"]["application/json"]["schema"]
    assert {"id", "type", "created_at", "data"} == schema["properties"].keys()


def test_the_document_of_a_product_speaks_of_fields_and_not_of_the_sdk() -> None:
    app = FastAPI()
    app.include_router(turn_router())
    made = document(app)
    text = json.dumps(made)
    assert "``" not in text
    assert "source:" not in text
    properties = made["components"]["schemas"]["RespondResult"]["properties"]
    assert properties["response"]["description"] == "The reply of the personality."
    assert properties["inferred_emotional_state"]["description"].startswith("null ")
    route = made["paths"]["/turns/stream"]["post"]["responses"]
    whole = route["200"]["content"]["text/event-stream"]["schema"]
    assert (whole["type"], whole.keys() & {"anyOf", "oneOf", "$ref"}) == ("string", set())
    events = route["200"]["content"]["text/event-stream"]["itemSchema"]["oneOf"]
    for event in events:
        name = event["properties"]["event"]["const"]
        reference = event["properties"]["data"]["contentSchema"]["$ref"].rpartition("/")[2]
        assert made["components"]["schemas"][reference]["properties"]["type"]["const"] == name
    assert route["503"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorEnvelope")


def test_closed_schemas_have_no_unknown_fields_and_keep_the_words_of_open_enums() -> None:
    app = FastAPI()

    async def show() -> Any: ...

    app.get("/", response_model=models.Personality)(annotated(show))
    opened = app.openapi()["components"]["schemas"]["Personality"]
    assert opened["additionalProperties"] is True
    app = FastAPI()
    close_schemas(app)
    app.get("/", response_model=models.Personality)(annotated(show))
    closed = document(app)["components"]["schemas"]["Personality"]
    assert "additionalProperties" not in closed
    assert closed["properties"].keys() == opened["properties"].keys()


def test_the_example_of_a_body_works_when_it_is_sent(sandbox: Sandbox) -> None:
    async def user(x_user: str) -> str:
        return x_user

    annotated(user, x_user=Annotated[str, Header()])
    example = {"personality_id": sandbox.personality_id, "message": "Hello!"}
    app = FastAPI(lifespan=lifespan(sandbox.async_client))
    install_error_handlers(app)
    app.include_router(turn_router(turn_body(example=example, mode="stateful", user_id=Depends(user))))
    body = document(app)["paths"]["/turns"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    name = body["$ref"].rpartition("/")[2]
    (shown,) = app.openapi()["components"]["schemas"][name]["examples"]
    with serving(app) as url:
        assert httpx.post(f"{url}/turns", json=shown, headers={"X-User": "me"}).status_code == 200
        answer = httpx.post(f"{url}/turns/stream", json=shown, headers={"X-User": "me"})
    assert (answer.status_code, "event: completion" in answer.text) == (200, True)


def test_the_docstrings_are_read_only_for_a_schema() -> None:
    code = (
        "import sys, uniqos.models as m; m.RespondResult(response='x'); print('ast' in sys.modules,"
        " 'uniqos._base.docstrings' in sys.modules); m.RespondResult.model_json_schema();"
        " print('uniqos._base.docstrings' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[1:] == ["False", "True"]
