# Generated from _async/calls/test_pages.py by python -m uniqos._generate. Do not edit.
"""Lists page by page: lazily, to the end, and no further."""

from __future__ import annotations

import json
import socket
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests._sync.support import make_client
from tests.support.rawserver import Handler, RawServer, reply
from uniqos import NotFoundError, RequestValidationError, ResponseValidationError, UniqOS, models

NAMESPACES = ["personalities", "end_users", "relationships", "interactions", "billing.invoices"]


def pages(*cursors: str | None) -> Handler:
    """One item a page; after the last page the last one again."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        cursor = cursors[min(number, len(cursors)) - 1]
        item = {"id": f"i{number}", "user_id": f"u{number}"}
        reply(connection, 200, json.dumps({"data": [item], "next_cursor": cursor}).encode())

    return handle


def asked(server: RawServer) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(request.split(b" ")[1].decode()).query) for request in server.requests]


def iterate(client: UniqOS, namespace: str, *args: Any, **filters: Any) -> Any:
    owner: Any = client
    for name in namespace.split("."):
        owner = getattr(owner, name)
    return owner.iterate(*args, **filters)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_item_of_every_page_comes_and_each_page_is_asked_for_once(namespace: str) -> None:
    with RawServer(pages("a", "b", None)) as server:
        with make_client(server.url) as client:
            found = [item["id"] for item in iterate(client, namespace, {"limit": 1})]
    assert found == ["i1", "i2", "i3"]
    assert asked(server) == [{"limit": ["1"]}, {"limit": ["1"], "cursor": ["a"]}, {"limit": ["1"], "cursor": ["b"]}]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_nothing_is_asked_before_it_is_needed(namespace: str) -> None:
    with RawServer(pages("a", "b", None)) as server:
        with make_client(server.url) as client:
            items = iterate(client, namespace)
            assert server.requests == []
            next(items)
            assert len(server.requests) == 1
            next(items)
            assert len(server.requests) == 2


@pytest.mark.parametrize("cursors", [("a", "a"), ("a", "b", "a"), ("a", "b", "c", "b")])
def test_a_cursor_that_comes_back_is_the_end(cursors: tuple[str, ...]) -> None:
    with RawServer(pages(*cursors)) as server:
        with make_client(server.url) as client:
            found = [item for item in client.end_users.iterate()]
    assert len(found) == len(cursors)


def test_a_cursor_that_leads_back_to_where_it_began_is_the_end() -> None:
    with RawServer(pages("b", "start")) as server:
        with make_client(server.url) as client:
            found = [item for item in client.end_users.iterate(cursor="start", timeout=3)]
    assert len(found) == 2
    assert asked(server) == [{"cursor": ["start"]}, {"cursor": ["b"]}]


def test_filters_stay_the_same_from_page_to_page_and_instants_travel_in_utc() -> None:
    berlin = timezone(timedelta(hours=2))
    filters = models.InteractionQuery(from_=datetime(2026, 7, 1, 2, tzinfo=berlin), user_id="u")
    with RawServer(pages("a", None)) as server:
        with make_client(server.url) as client:
            assert len([item for item in client.interactions.iterate(filters)]) == 2
            to = datetime(2026, 7, 1, 2, tzinfo=berlin)
            next(client.interactions.iterate(to=to, relationship_id="r"))
    same = {"user_id": ["u"], "from": ["2026-07-01T00:00:00Z"]}
    assert asked(server)[:2] == [same, {**same, "cursor": ["a"]}]
    assert asked(server)[2] == {"relationship_id": ["r"], "to": ["2026-07-01T00:00:00Z"]}


def test_a_page_is_a_model_with_its_items_and_its_cursor() -> None:
    with RawServer(pages("a")) as server:
        with make_client(server.url) as client:
            page = client.end_users.list(limit=1)
    assert (page.data[0].user_id, page.next_cursor, page["data"]) == ("u1", "a", [{"id": "i1", "user_id": "u1"}])


@pytest.mark.parametrize("content", [b'{"data": 7, "next_cursor": "a"}', b'{"items": []}'])
@pytest.mark.parametrize("on_invalid", ["raise", "salvage"])
def test_a_page_without_a_list_is_an_error_and_never_an_early_end(content: bytes, on_invalid: Any) -> None:
    with RawServer(lambda connection, request, number: reply(connection, 200, content)) as server:
        with make_client(server.url, on_invalid_response=on_invalid) as client:
            with pytest.raises(ResponseValidationError) as caught:
                next(client.end_users.iterate())
    assert isinstance(caught.value.partial, models.EndUserPage)


def test_a_list_without_an_envelope_is_read_all_the_same() -> None:
    with RawServer(lambda connection, request, number: reply(connection, 200, b'[{"id": "k1"}]')) as server:
        with make_client(server.url) as client:
            keys = client.api_keys.list()
            assert [key["id"] for key in keys.data] == ["k1"]
            assert [item["id"] for item in client.billing.invoices.iterate()] == ["k1"]


def test_after_an_error_the_same_page_is_asked_for_again() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 2:
            reply(connection, 404)
        else:
            pages("a", "", None)(connection, request, number)

    with RawServer(handle) as server:
        with make_client(server.url) as client:
            items = client.end_users.iterate()
            next(items)
            with pytest.raises(NotFoundError):
                next(items)
            assert [item.user_id for item in items] == ["u3"]
    assert asked(server) == [{}, {"cursor": ["a"]}, {"cursor": ["a"]}]


@pytest.mark.parametrize("cursor", [{"a": 1}, ["a"], 5, True])
def test_a_cursor_that_is_no_text_is_an_error_and_gives_no_items(cursor: Any) -> None:
    content = json.dumps({"data": [{"user_id": "u"}], "next_cursor": cursor}).encode()
    with RawServer(lambda connection, request, number: reply(connection, 200, content)) as server:
        with make_client(server.url, on_invalid_response="salvage") as client:
            items = client.end_users.iterate()
            for _ in range(2):
                with pytest.raises(ResponseValidationError):
                    next(items)


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("size", [0, -1, 1.5, True, "x"])
def test_an_impossible_size_of_a_page_is_refused_at_once(namespace: str, size: Any) -> None:
    with make_client("http://127.0.0.1:1") as client:
        for arguments, filters in (((), {"limit": size}), (({"limit": size},), {})):
            with pytest.raises(RequestValidationError, match="limit must be a whole number"):
                iterate(client, namespace, *arguments, **filters)
