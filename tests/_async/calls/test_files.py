"""Downloads: whole in memory, or piece by piece to a file of which no half is ever seen."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests._async.support import make_client
from tests.support.rawserver import Handler, RawServer, reply, rst
from uniqos import (
    ConfigurationError,
    NetworkError,
    NotFoundError,
    RequestValidationError,
    ResponseDecodeError,
    UniqOSError,
    models,
)

pytestmark = pytest.mark.anyio
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 2000
TYPE = {"Content-Type": "application/pdf", "X-Request-Id": "req_1"}


def gives(content: bytes = PDF, status: int = 200, **headers: str) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, status, content, {**TYPE, **{k.replace("_", "-"): v for k, v in headers.items()}})

    return handle


def cut(connection: socket.socket, request: bytes, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 1000000\r\n\r\n" + PDF)
    rst(connection)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_pdf_is_its_bytes_with_their_type() -> None:
    with RawServer(gives()) as server:
        async with make_client(server.url) as client:
            pdf = await client.billing.invoices.pdf("inv_1")
    assert (pdf.content, pdf.content_type) == (PDF, "application/pdf")
    assert pdf.http is not None
    assert pdf.http.request_id == "req_1"
    assert models.File.model_validate_json(pdf.model_dump_json()) == pdf
    assert bytes(pdf) == PDF
    assert len(repr(pdf)) < 100


async def test_a_file_in_memory_can_be_saved(tmp_path: Path) -> None:
    target = tmp_path / "invoice ü.pdf"
    target.write_bytes(b"older")
    with RawServer(gives()) as server:
        async with make_client(server.url) as client:
            pdf = await client.billing.invoices.pdf("inv_1")
    assert pdf.save(target) == target
    assert pdf.save(str(target)).read_bytes() == PDF
    assert left_over(tmp_path) == ["invoice ü.pdf"]
    for wrong in (tmp_path, tmp_path / "no" / "folder.pdf"):
        with pytest.raises(ConfigurationError, match="cannot write") as caught:
            pdf.save(wrong)
        assert caught.value.code == "cannot_write_file"


async def test_whatever_the_server_sends_as_a_pdf_is_given_as_it_comes() -> None:
    with RawServer(gives(b'{"url": "x"}', Content_Type="application/json")) as server:
        async with make_client(server.url) as client:
            file = await client.billing.invoices.pdf("inv_1")
    assert (file.content, file.content_type) == (b'{"url": "x"}', "application/json")


async def test_a_download_goes_to_its_file(tmp_path: Path) -> None:
    with RawServer(gives()) as server:
        async with make_client(server.url) as client:
            saved = await client.billing.invoices.save_pdf("inv_1", tmp_path / "a.pdf")
            again = await client.billing.invoices.save_pdf("inv_1", str(tmp_path / "a.pdf"), timeout=5)
    assert (saved.path, saved.size, saved.content_type) == (tmp_path / "a.pdf", len(PDF), "application/pdf")
    assert saved.http is not None
    assert saved.http.request_id == "req_1"
    assert (tmp_path / "a.pdf").read_bytes() == PDF
    assert again == saved
    assert left_over(tmp_path) == ["a.pdf"]


async def test_exports_go_to_files_byte_for_byte(tmp_path: Path) -> None:
    export = b'{ "organization": {"id": "org_1"},\n "at": 1.50 }'
    with RawServer(gives(export, Content_Type="application/json")) as server:
        async with make_client(server.url) as client:
            await client.end_users.save_export("u/1", tmp_path / "user.json")
            await client.organizations.save_export("org_1", tmp_path / "org.json")
            assert (await client.organizations.export("org_1")).organization == {"id": "org_1"}
    assert (tmp_path / "user.json").read_bytes() == (tmp_path / "org.json").read_bytes() == export
    assert [request.split(b" ")[1] for request in server.requests[:2]] == [
        b"/v1/end-users/u%2F1/export",
        b"/v1/organizations/org_1/export",
    ]


async def test_a_refusal_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"older")
    with RawServer(gives(b'{"error": {"code": "not_found", "message": "no"}}', 404)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(NotFoundError):
                await client.billing.invoices.save_pdf("inv_1", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == b"older"
    assert left_over(tmp_path) == ["a.pdf"]


async def test_a_download_that_breaks_is_begun_anew_and_no_half_of_it_stays(tmp_path: Path) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        (gives() if number == 3 else cut)(connection, request, number)

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            saved = await client.billing.invoices.save_pdf("inv_1", tmp_path / "a.pdf")
            assert saved.http is not None
            assert saved.http.retries == 2
            assert (tmp_path / "a.pdf").read_bytes() == PDF
            with pytest.raises(NetworkError):
                await client.with_options(max_retries=0).billing.invoices.save_pdf("x", tmp_path / "b.pdf")
        assert len(server.requests) == 4
    assert left_over(tmp_path) == ["a.pdf"]


async def test_a_download_that_always_breaks_leaves_nothing(tmp_path: Path) -> None:
    with RawServer(cut) as server:
        async with make_client(server.url, max_retries=1) as client:
            with pytest.raises(NetworkError):
                await client.billing.invoices.save_pdf("inv_1", tmp_path / "a.pdf")
        assert len(server.requests) == 2
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    "place",
    [
        lambda folder: folder,
        lambda folder: folder / "no" / "a.pdf",
        lambda folder: folder / ("x" * 300),
        lambda folder: f"{folder}/a\0b",
        lambda folder: "",
        lambda folder: 7.5,
        lambda folder: None,
        pytest.param(lambda folder: "/dev/null", marks=pytest.mark.skipif(os.name == "nt", reason="POSIX")),
    ],
)
async def test_an_impossible_place_is_refused_before_anything_is_sent(
    tmp_path: Path, place: Callable[[Path], Any]
) -> None:
    with RawServer(gives()) as server:
        async with make_client(server.url) as client:
            with pytest.raises(ConfigurationError) as caught:
                await client.billing.invoices.save_pdf("inv_1", place(tmp_path))
    assert caught.value.code == "cannot_write_file"
    assert server.requests == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize("size", [1, 5000, 500_000])
async def test_a_full_disk_is_an_error_of_ours_and_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("uniqos._wire.file.uuid4", lambda: SimpleNamespace(hex="full"))
    with RawServer(gives(bytes(size))) as server:
        async with make_client(server.url) as client:
            pdf = await client.billing.invoices.pdf("inv_1")
            (tmp_path / ".full.part").symlink_to("/dev/full")
            with pytest.raises(UniqOSError, match="cannot write") as caught:
                await client.billing.invoices.save_pdf("inv_1", tmp_path / "a.pdf")
            assert left_over(tmp_path) == []
            (tmp_path / ".full.part").symlink_to("/dev/full")
            with pytest.raises(UniqOSError, match="cannot write"):
                pdf.save(tmp_path / "a.pdf")
    assert caught.value.code == "cannot_write_file"
    assert len(server.requests) == 2
    assert left_over(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="links and modes of POSIX")
async def test_a_link_stays_a_link_and_a_private_file_stays_private(tmp_path: Path) -> None:
    (tmp_path / "private").write_bytes(b"older")
    (tmp_path / "private").chmod(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "private")
    (tmp_path / "new link").symlink_to(tmp_path / "new")
    with RawServer(gives()) as server:
        async with make_client(server.url) as client:
            saved = await client.billing.invoices.save_pdf("inv_1", tmp_path / "link")
            await client.billing.invoices.save_pdf("inv_1", tmp_path / "new link")
    assert saved.path == tmp_path / "private"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "private").read_bytes() == (tmp_path / "new").read_bytes() == PDF
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    assert left_over(tmp_path) == ["link", "new", "new link", "private"]


async def test_a_relative_path_is_meant_from_where_the_call_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        monkeypatch.chdir(tmp_path.parent)
        (gives() if number == 1 else cut)(connection, request, number)

    with RawServer(handle) as server:
        async with make_client(server.url, max_retries=0) as client:
            monkeypatch.chdir(tmp_path)
            await client.billing.invoices.save_pdf("inv_1", "a.pdf")
            monkeypatch.chdir(tmp_path)
            with pytest.raises(NetworkError):
                await client.billing.invoices.save_pdf("inv_1", "b.pdf")
    assert left_over(tmp_path) == ["a.pdf"]


@pytest.mark.parametrize("content_type", ["text/html", "application/pdf"])
async def test_an_export_is_json_or_an_error(tmp_path: Path, content_type: str) -> None:
    (tmp_path / "a").write_bytes(b"older")
    with RawServer(gives(b"<html>sign in</html>", Content_Type=content_type)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(ResponseDecodeError):
                await client.end_users.save_export("u", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"older"


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_nothing_is_no_file(tmp_path: Path, status: int) -> None:
    (tmp_path / "a").write_bytes(b"older")
    with RawServer(gives(b"", status, Content_Type="")) as server:
        async with make_client(server.url) as client:
            for call in (client.end_users.save_export, client.billing.invoices.save_pdf):
                with pytest.raises(ResponseDecodeError) as caught:
                    await call("x", tmp_path / "a")
                assert caught.value.code == "empty_response"
            with pytest.raises(ResponseDecodeError):
                await client.billing.invoices.pdf("inv_1")
    assert (tmp_path / "a").read_bytes() == b"older"
    assert left_over(tmp_path) == ["a"]


async def test_the_largest_size_can_be_set(tmp_path: Path) -> None:
    with RawServer(gives()) as server:
        async with make_client(server.url) as client:
            await client.billing.invoices.save_pdf("inv_1", tmp_path / "a.pdf", max_bytes=len(PDF))
            for wrong in (0, -1, True, 1.5, "10", float("nan")):
                with pytest.raises(RequestValidationError, match="max_bytes"):
                    await client.billing.invoices.save_pdf("inv_1", tmp_path / "b.pdf", max_bytes=wrong)
            assert len(server.requests) == 1
            with pytest.raises(ResponseDecodeError, match="max_bytes") as caught:
                await client.billing.invoices.save_pdf("inv_1", tmp_path / "b.pdf", max_bytes=len(PDF) - 1)
    assert (caught.value.code, caught.value.request_id) == ("response_too_large", "req_1")
    assert left_over(tmp_path) == ["a.pdf"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_download_is_unpacked_in_pieces(tmp_path: Path, encoding: str) -> None:
    content = os.urandom(1000) + bytes(20_000_000)  # 20 kB that become 20 MB
    packed = gzip.compress(content, mtime=0) if encoding == "gzip" else zlib.compress(content)
    with RawServer(gives(packed, Content_Encoding=encoding)) as server:
        async with make_client(server.url) as client:
            saved = await client.billing.invoices.save_pdf("inv_1", tmp_path / "a")
            pdf = await client.billing.invoices.pdf("inv_1")
    assert saved.size == len(content)
    assert (tmp_path / "a").read_bytes() == pdf.content == content


async def test_a_slow_download_may_take_longer_than_the_timeout_but_a_pause_may_not(tmp_path: Path) -> None:
    over = threading.Event()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 10\r\n\r\n")
        for _ in range(10 if number == 1 else 3):
            connection.sendall(b"x")
            time.sleep(0.05)
        if number == 2:
            over.wait(5)

    with RawServer(handle) as server:
        async with make_client(server.url, max_retries=0) as client:
            saved = await client.billing.invoices.save_pdf("inv_1", tmp_path / "a", timeout=0.3)
            assert saved.size == 10
            with pytest.raises(NetworkError) as caught:
                await client.billing.invoices.save_pdf("inv_1", tmp_path / "b", timeout=0.3)
            assert caught.value.code == "timeout"
            over.set()
            with pytest.raises(NetworkError) as caught:
                await client.billing.invoices.save_pdf("inv_1", tmp_path / "b", timeout=0.3, deadline=0.1)
            assert caught.value.code == "timeout"
    assert left_over(tmp_path) == ["a"]
