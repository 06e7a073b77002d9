"""Tests of ``uniqos webhooks listen``, ``trigger`` and ``replay``, with deliveries on real sockets."""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Annotated, Any

import pytest
import uvicorn
from fastapi import Depends, FastAPI, Request

import uniqos
from uniqos.cli.exits import ExitCode
from uniqos.cli.webhooks.delivery import Delivery, Record, made_again, read_record
from uniqos.cli.webhooks.forwarding import Forwarder
from uniqos.cli.webhooks.receiver import Receiver
from uniqos.cli.webhooks.triggering import emit, webhooks_for
from uniqos.fastapi import webhook
from uniqos.sandbox import Sandbox
from uniqos.webhooks import WebhookEvent, signature_of

from ..support.commandline import KEY, at, posix_only, read, start
from ..support.inprocess_commandline import run_here
from ..support.rawserver import RawServer, reply
from ..support.receiver import receiving

SECRET = "whsec_test"


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Run an application on a port of this machine; yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def delivery(body: bytes = b"{}", target: str = "/", **headers: str) -> Delivery:
    return Delivery(target, [(name.replace("_", "-"), value) for name, value in headers.items()], body)


def settings(sandbox: Sandbox) -> dict[str, str]:
    return {"UNIQOS_BASE_URL": sandbox.url, "UNIQOS_API_KEY": sandbox.api_key}


@posix_only
def test_a_delivery_of_the_sandbox_reaches_a_fastapi_route_and_is_recorded(sandbox: Sandbox, tmp_path: Path) -> None:
    app = FastAPI()
    seen: list[tuple[str, str, str]] = []

    record = tmp_path / "record.jsonl"
    with serving(app) as url, sandbox.client() as client:
        arguments = ("webhooks", "listen", "--port", "0", "--forward-to", f"{url}/hooks?a=1", "--record", str(record))
        with start(*arguments, settings=settings(sandbox)) as process:
            notes = ""
            while "listening on" not in notes:
                notes += read(process.stderr)
            (hook_id,) = webhooks_for(client, "payment.failed")
            stored = sandbox._settings.store.get("webhook", hook_id)
            assert stored is not None
            genuine = webhook(stored["secret"])

            @app.post("/hooks")
            async def hooks(request: Request, event: Annotated[WebhookEvent, Depends(genuine)]) -> None:
                seen.append((event.id, request.url.query, request.headers["user-agent"]))

            sent = [
                emit(client, hook_id, "payment.failed", {"invoice": "in_1"}, bad, 10)
                for bad in (None, "duplicate", "wrongly_signed")
            ]
            assert process.stdout is not None
            shown = [json.loads(process.stdout.readline()) for _ in range(4)]
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == ExitCode.TERMINATED
        assert client.webhooks.get(hook_id)["status"] == "disabled"
    assert [one["attempts"][0]["status"] for one in sent] == [200, 200, 400]
    assert [(one["verified"], one["reason"], one["repetition"]) for one in shown] == [
        (True, None, 0), (True, None, 0), (True, None, 1), (False, "signature_mismatch", 0)
    ]  # fmt: skip
    assert [one["forwarded"] and one["forwarded"]["status"] for one in shown] == [200, 200, 200, None]
    assert seen == [(one["id"], "a=1", "uniqos-sandbox") for one in (sent[0], sent[1], sent[1])]
    kept = read_record(record)
    assert [json.loads(one.body)["id"] for one in kept] == [sent[0]["id"], sent[1]["id"], sent[1]["id"], sent[2]["id"]]


@pytest.fixture
def app_of_secret() -> Iterator[tuple[str, list[Any]]]:
    """Run an application that accepts deliveries signed with SECRET; give its route and what it took."""
    app = FastAPI()
    taken: list[Any] = []

    @app.post("/hooks")
    async def hooks(event: Annotated[WebhookEvent, Depends(webhook(SECRET))]) -> None:
        taken.append(event)

    with serving(app) as url:
        yield f"{url}/hooks", taken


def test_an_old_record_is_refused_as_it_came_and_accepted_when_it_is_made_fresh(
    app_of_secret: tuple[str, list[Any]], tmp_path: Path
) -> None:
    url, taken = app_of_secret
    body = json.dumps({"id": "whd_1", "type": "payment.failed", "created_at": "2020-01-01T00:00:00Z"}).encode()
    path = tmp_path / "record.jsonl"
    with Record(path) as record:
        record.add(delivery(body, X_Uniqos_Signature=signature_of(body, SECRET), Authorization="Basic abc"))
    assert "Basic abc" not in path.read_text(), "a tunnel's password is not recorded"
    arguments = ("webhooks", "replay", str(path), "--forward-to", url)
    code, out, err = astuple(run_here(*arguments, settings={"UNIQOS_WEBHOOK_SECRET": SECRET}))
    assert (code, json.loads(out)["forwarded"]["status"]) == (ExitCode.PARTIAL, 400)
    assert "1 of 1 deliveries were not accepted" in err
    code, out, _ = astuple(run_here(*arguments, "--fresh", "--id", "whd_1", settings={"UNIQOS_WEBHOOK_SECRET": SECRET}))
    assert (code, json.loads(out)["forwarded"]["status"]) == (0, 200)
    assert [event.id for event in taken] == ["whd_1"]
    assert run_here(*arguments, "--fresh", settings={}).code == 2, "without a secret nothing can be signed"


def test_forwarding_keeps_headers_query_and_body_and_leaves_out_those_of_the_connection() -> None:
    with RawServer(lambda connection, *_: reply(connection, 204, b"")) as server:
        with Forwarder(f"{server.url}/hooks?fixed=1", 5) as forwarder:
            given = delivery(
                b"\x00\xff",
                "/in?b=2&b=3%20",
                X_One="\u00e9",
                Host="example.com",
                Connection="close, X-Hop",
                X_Hop="1",
                Content_Length="99",
                Transfer_Encoding="chunked",
            )
            given.headers += [("X-Twice", "1"), ("X-Twice", "2")]
            assert forwarder.send(given) == 204
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hooks?fixed=1&b=2&b=3%20 HTTP/1.1\r\n")
    assert body == b"\x00\xff"
    lines = head.lower().split(b"\r\n")[1:]
    assert [line for line in lines if line.startswith(b"x-")] == [b"x-one: \xe9", b"x-twice: 1", b"x-twice: 2"]
    assert b"content-length: 2" in lines
    assert b"example.com" not in head
    assert b"chunked" not in head


@pytest.mark.parametrize(
    ("statuses", "status", "attempts"),
    [([], 204, 1), ([500, 503], 204, 3), ([400], 400, 1), ([500, 500, 500, 502], 502, 4)],
)
def test_an_application_that_restarts_is_asked_again(statuses: list[int], status: int, attempts: int) -> None:
    pauses: list[float] = []
    with receiving() as receiver, Forwarder(receiver.url, 5, sleep=pauses.append) as forwarder:
        receiver.statuses += statuses
        given = delivery(Content_Type="application/json")
        assert forwarder.send(given) == status
    assert given.outcome is not None
    assert given.outcome["attempts"] == attempts
    assert pauses == [0.25, 0.5, 1.0][: attempts - 1]


def test_an_application_that_is_down_is_answered_as_502() -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with Forwarder(f"127.0.0.1:{port}", 5, sleep=lambda _: None) as forwarder:
        given = delivery()
        assert forwarder.send(given) == 502
    assert given.outcome is not None
    assert "ConnectError" in given.outcome["error"]


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://a:b@localhost/", "http://[", "http://x:y"])
def test_a_wrong_address_to_forward_to_is_refused(url: str) -> None:
    with pytest.raises(uniqos.ConfigurationError, match="forward-to"):
        Forwarder(url, 5)


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("rest", "status", "body"),
    [
        (b"Content-Length: 2\r\n\r\nhi", 204, b"hi"),
        (CHUNKED + b"2;x=y\r\nhi\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n", 204, b"hi!"),
        (CHUNKED + b"zz\r\n", 400, None),
        (CHUNKED + b"-1\r\n", 400, None),
        (CHUNKED + b"ffffffff\r\n", 413, None),
        (b"Content-Length: 99999999\r\n\r\n", 413, None),
        (b"Content-Length: x\r\n\r\n", 411, None),
        (b"\r\n", 411, None),
    ],
)
def test_the_receiver_reads_whole_bodies_and_refuses_others(rest: bytes, status: int, body: bytes | None) -> None:
    taken: list[Delivery] = []

    def take(one: Delivery) -> int:
        taken.append(one)
        return 204

    with Receiver("127.0.0.1", 0, take) as receiver, socket.create_connection(("127.0.0.1", receiver.port), 10) as sock:
        sock.sendall(b"POST /x?y=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + rest)
        answer = b""
        while data := sock.recv(4096):
            answer += data
    assert int(answer.split()[1]) == status
    assert [(one.target, one.body) for one in taken] == ([] if body is None else [("/x?y=1", body)])


def test_a_port_in_use_is_named() -> None:
    with Receiver("127.0.0.1", 0, lambda _: 204) as receiver:
        with pytest.raises(uniqos.ConfigurationError, match="--port 0"):
            Receiver("127.0.0.1", receiver.port, lambda _: 204)


def test_the_real_service_cannot_reach_this_machine_and_the_ways_are_named() -> None:
    with RawServer(lambda *_: None) as server:
        code, _, err = astuple(run_here("webhooks", "listen", "--port", "0", settings=at(server)))
        assert (code, all(way in err for way in ("--public-url", "--poll", "UNIQOS_WEBHOOK_SECRET"))) == (2, True)
        code, _, err = astuple(run_here("webhooks", "trigger", "payment.failed", settings=at(server)))
        assert (code, "no public operation" in err) == (2, True)
        assert not server.requests
    code, _, err = astuple(run_here("webhooks", "trigger", "payment.failed", settings={}))
    assert (code, "no sandbox is named" in err) == (2, True)


@posix_only
def test_polling_shows_what_is_new_or_has_changed() -> None:
    pages = [
        [{"id": "d1", "status": "pending"}],
        [{"id": "d2", "status": "pending"}, {"id": "d1", "status": "delivered"}],
        [{"id": "d2", "status": "pending"}, {"id": "d1", "status": "delivered"}],
        [{"odd": 1}],
    ]

    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, json.dumps({"data": pages[min(number, len(pages)) - 1]}).encode(), {})

    arguments = ("webhooks", "listen", "--poll", "wh_1", "--interval", "0.1")
    with RawServer(handler) as server, start(*arguments, settings=at(server)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        shown = [json.loads(process.stdout.readline()) for _ in range(4)]
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert shown == [pages[0][0], pages[1][1], pages[1][0], pages[3][0]]
    assert (process.returncode, b"cannot be verified" in err) == (ExitCode.TERMINATED, True)


def test_a_delivery_that_is_no_event_cannot_be_made_again_and_a_wrong_record_is_named(tmp_path: Path) -> None:
    from uniqos._base.secret import Secret

    with pytest.raises(uniqos.ConfigurationError):
        made_again(delivery(b"cut"), Secret(SECRET), "2026-01-01T00:00:00Z")
    path = tmp_path / "wrong"
    path.write_text(json.dumps({"headers": [], "target": "/"}) + "\n")
    with pytest.raises(uniqos.ConfigurationError, match="line 1"):
        read_record(path)
    with pytest.raises(uniqos.ConfigurationError, match="cannot read"):
        read_record(tmp_path / "none")


@posix_only
def test_a_secret_receives_for_an_endpoint_that_exists_without_calling_the_api(tmp_path: Path) -> None:
    body = json.dumps({"id": "whd_1", "type": "x.y", "created_at": "2020-01-01T00:00:00Z"}).encode()
    known = {"UNIQOS_WEBHOOK_SECRET": SECRET, "UNIQOS_API_KEY": KEY, "UNIQOS_BASE_URL": "http://127.0.0.1:9"}
    with start("webhooks", "listen", "--port", "0", "--tolerance", "0", settings=known) as process:
        notes = ""
        while "listening on" not in notes:
            notes += read(process.stderr)
        with Forwarder(notes.split("listening on ")[1].split()[0], 5) as sender:
            assert sender.send(delivery(body, X_Uniqos_Signature=signature_of(body, SECRET))) == 204
            assert sender.send(delivery(body)) == 400
        assert process.stdout is not None
        shown = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdout.close()
        with Forwarder(notes.split("listening on ")[1].split()[0], 5) as sender:
            sender.send(delivery(body))
        assert process.wait(20) == ExitCode.CLOSED_PIPE, "a closed pipe ends it"
    assert [one["reason"] for one in shown] == [None, "missing_signature"]
