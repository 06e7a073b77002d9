"""The sandbox against the OpenAPI document of the SDK: requests that nobody thought of, and what answers must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pydantic
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from uniqos import models
from uniqos.api import operations
from uniqos.contract import export
from uniqos.sandbox import Sandbox, serve
from uniqos.sandbox.refusal import KINDS

schemathesis = pytest.importorskip(
    "schemathesis", reason="schemathesis 4 needs rich>=13.9.4, which is newer than the lowest version we allow"
)

from requests import Session  # noqa: E402
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EVENT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(models.RespondStreamEvent)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_EXAMPLES = 20
_sent = {"requests": 0, "accepted": 0}

# What is not checked of an answer, by its media type, and why that stays so. Everything else holds.
LEFT_OUT = {
    # Schemathesis takes the schema as that of a frame, {"event": ..., "data": ...}; the API's own components, which the
    # document names, are of the JSON inside of data. Those are checked one by one instead.
    "text/event-stream": [response_schema_conformance],
}
# The codes whose status is not always the one that the table of errors has.
ALSO = {"validation_error": (400, 405, 413, 422)}


@pytest.fixture(scope="module")
def anew() -> Iterator[Sandbox]:
    with serve(pause=0, requests_per_second=10**6) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def document(anew: Sandbox) -> dict[str, Any]:
    return httpx.get(f"{anew.url}/_sandbox/openapi.json").raise_for_status().json()


@pytest.fixture
def known(anew: Sandbox) -> dict[str, str]:
    """Ids of what is there, by the parameter that takes them."""
    anew.reset()
    with anew.client() as client:
        turn = client.respond(personality_id=anew.personality_id, message="hello", mode="stateful", user_id="ada")
        webhook = client.webhooks.create(url="http://127.0.0.1:9/", subscriptions=["payment.failed"])
        alert = client.billing.alerts.create(threshold=0.5)
        relationship = client.end_users.get("ada")["relationships"][0]["id"]
        deletion = client.relationships.memory.delete(relationship).deletion_id
        return {
            "alert_id": alert["id"],
            "deletion_id": deletion,
            "interaction_id": str(turn.interaction_id),
            "key_id": client.api_keys.create(name="key")["id"],
            "organization_id": "org_sandbox",
            "payment_method_id": "pm_sandbox",
            "personality_id": client.personalities.create(name="Zoe").id,
            "relationship_id": relationship,
            "user_id": "ada",
            "webhook_id": webhook.id,
        }


def test_the_sandbox_serves_the_document_with_itself_as_the_server(anew: Sandbox, document: dict[str, Any]) -> None:
    assert document == {**export(), "servers": [{"url": anew.url}]}


def media_type(response: Any) -> str:
    return response.headers.get("content-type", [""])[0].partition(";")[0]


@pytest.fixture(scope="module")
def schema(document: dict[str, Any]) -> Any:
    return schemathesis.openapi.from_dict(document)


@pytest.mark.parametrize("name", operations())
def test_answers_are_as_the_document_says(anew: Sandbox, schema: Any, known: dict[str, str], name: str) -> None:
    op = operations()[name]
    described = schema[op.path][op.method]
    requests = described.as_strategy(GenerationMode.POSITIVE)
    if op.params or op.body or op.query:
        requests |= described.as_strategy(GenerationMode.NEGATIVE)

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests, token=st.sampled_from([anew.api_key, anew.access_token]), there=st.integers(0, 3))
    def holds(case: Any, token: str, there: int) -> None:
        case.headers["Authorization"] = f"Bearer {token}"
        if there:
            case.path_parameters = {param: known.get(param, value) for param, value in case.path_parameters.items()}
            if isinstance(case.body, dict):
                case.body.update({param: value for param, value in known.items() if param in case.body})
        response = case.call(base_url=anew.url, session=session)
        _sent["requests"] += 1
        _sent["accepted"] += response.status_code < 400
        case.validate_response(response, checks=CHECKS, excluded_checks=LEFT_OUT.get(media_type(response), []))
        if response.status_code < 400:
            assert response.status_code in (200, 201, 202, 204)
            if media_type(response) == "text/event-stream":
                events = [line[6:] for line in response.text.splitlines() if line.startswith("data: ")]
                assert {EVENT.validate_json(event).type for event in events} == {"metadata", "text", "completion"}
                assert not any(isinstance(EVENT.validate_json(event), models.StreamEventUnknown) for event in events)
        else:
            error = response.json()["error"]
            assert response.status_code in (KINDS[error["code"]].status, *ALSO.get(error["code"], ()))
            assert [error["request_id"]] == response.headers["x-request-id"]

    with Session() as session:
        holds()


def test_many_requests_were_accepted() -> None:
    print(_sent)
    assert _sent["requests"] >= 1000
    assert _sent["accepted"] >= 300
