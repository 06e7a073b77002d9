"""The TLS context: one for all that trust the same certificates, and a new one once these change."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.rawserver import RawServer, reply
from uniqos import AsyncUniqOS, ConfigurationError, NetworkError, UniqOS
from uniqos._network.certificates import ssl_context

KEY = "uniq_test_abcd1234"
TURN = {"personality_id": "pers_1", "message": "Hello!"}
flavours = pytest.mark.parametrize("flavour", ["sync", "async"])


@pytest.fixture(autouse=True)
def _of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def serving(authority: trustme.CA) -> RawServer:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    return RawServer(
        lambda connection, request, number: reply(connection, 200, b'{"response": "x"}', {"Connection": "close"}),
        tls=tls,
    )


def answer(flavour: str, url: str, **options: Any) -> str:
    """What a new client is answered, or the code of its error."""

    async def ask() -> str:
        async with AsyncUniqOS(KEY, base_url=url, max_retries=0, timeout=10, **options) as client:
            return (await client.respond(**TURN)).response

    try:
        if flavour == "async":
            return asyncio.run(ask())
        with UniqOS(KEY, base_url=url, max_retries=0, timeout=10, **options) as client:
            return client.respond(**TURN).response
    except NetworkError as error:
        return error.code


def write_hashed(authority: trustme.CA, folder: Path) -> Path:
    """Put the certificate into a folder under the name that OpenSSL looks for."""
    folder.mkdir(exist_ok=True)
    pem = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(pem)], capture_output=True, text=True, check=True
    ).stdout.strip()
    return pem.rename(folder / f"{name}.0")


@flavours
@pytest.mark.parametrize("how", ["written over", "renamed over", "a link moved", "a link to a folder moved"])
@pytest.mark.parametrize("told", ["verify", "SSL_CERT_FILE"])
def test_a_new_client_trusts_the_file_that_was_put_in_the_place_of_another(
    flavour: str, how: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = trustme.CA(), trustme.CA()
    for name, authority in (("old", old), ("new", new)):
        (tmp_path / name).mkdir()
        authority.cert_pem.write_to_path(str(tmp_path / name / "ca.pem"))
    path = tmp_path / "ca.pem"
    if how == "a link moved":
        path.symlink_to(tmp_path / "old" / "ca.pem")
    elif how == "a link to a folder moved":  # as secrets are mounted into containers
        (tmp_path / "..data").symlink_to("old")
        path.symlink_to("..data/ca.pem")
    else:
        shutil.copyfile(tmp_path / "old" / "ca.pem", path)
    options: dict[str, Any] = {"verify": path} if told == "verify" else {}
    if told != "verify":
        monkeypatch.setenv(told, str(path))
    with serving(new) as server:
        assert answer(flavour, server.url, **options) == "tls_error"
        if how == "written over":
            shutil.copyfile(tmp_path / "new" / "ca.pem", path)
        elif how == "renamed over":
            (tmp_path / "new" / "ca.pem").replace(path)
        else:
            link = path if how == "a link moved" else tmp_path / "..data"
            other = tmp_path / "link"
            other.symlink_to(tmp_path / "new" / "ca.pem" if how == "a link moved" else Path("new"))
            other.replace(link)
        assert answer(flavour, server.url, **options) == "x"


@flavours
@pytest.mark.skipif(shutil.which("openssl") is None, reason="nothing names the files of a folder here")
@pytest.mark.parametrize("told", ["verify", "SSL_CERT_DIR"])
def test_a_new_client_trusts_what_was_added_to_a_folder_or_replaced_in_it(
    flavour: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = tmp_path / "certificates", "The one and only authority"
    write_hashed(trustme.CA(organization_name="Another"), folder)
    options: dict[str, Any] = {"verify": folder} if told == "verify" else {}
    if told != "verify":
        monkeypatch.setenv(told, str(folder))
    old, new = (trustme.CA(organization_name=name, organization_unit_name=name) for _ in range(2))
    with serving(old) as first, serving(new) as second:
        assert answer(flavour, first.url, **options) == "tls_error"
        added = write_hashed(old, folder)
        assert answer(flavour, first.url, **options) == "x"
        assert write_hashed(new, folder) == added  # of the same name, so in the place of the other
        assert answer(flavour, second.url, **options) == "x"
        assert answer(flavour, first.url, **options) == "tls_error"


@flavours
def test_a_variable_that_is_set_or_unset_later_counts_for_new_clients(
    flavour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    with serving(authority) as server:
        assert answer(flavour, server.url) == "tls_error"
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert answer(flavour, server.url) == "x"
        monkeypatch.delenv("SSL_CERT_FILE")
        assert answer(flavour, server.url) == "tls_error"


def test_a_client_in_use_trusts_the_new_file_at_its_next_connection(tmp_path: Path) -> None:
    old, new = trustme.CA(), trustme.CA()
    path = tmp_path / "ca.pem"
    old.cert_pem.write_to_path(str(path))
    with serving(new) as server, UniqOS(KEY, base_url=server.url, verify=path, max_retries=0) as client:
        with pytest.raises(NetworkError):
            client.respond(**TURN)
        new.cert_pem.write_to_path(str(path))
        assert client.respond(**TURN).response == "x"


@pytest.mark.parametrize("broken", ["gone", "empty", "no certificate"])
@pytest.mark.parametrize("told", ["verify", "SSL_CERT_FILE"])
def test_certificates_that_went_away_are_a_clear_error(
    told: str, broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    options: dict[str, Any] = {"verify": path} if told == "verify" else {}
    if told != "verify":
        monkeypatch.setenv(told, str(path))
    with serving(authority) as server:
        assert answer("sync", server.url, **options) == "x"
        if broken == "gone":
            path.unlink()
        else:
            path.write_text("" if broken == "empty" else "nonsense")
        with pytest.raises(ConfigurationError, match=told):
            answer("sync", server.url, **options)
        authority.cert_pem.write_to_path(str(path))
        assert answer("sync", server.url, **options) == "x"


@pytest.mark.parametrize("missing", ["folder", "folder{0}other"])
def test_folders_of_the_environment_that_are_missing_do_no_harm_beside_a_file(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / missing.format(os.pathsep)))
    with serving(authority) as server:
        assert answer("sync", server.url) == "x"


def test_equal_trust_is_one_context_in_all_threads_and_yours_is_taken_as_it_is(trusted: str) -> None:
    found: list[ssl.SSLContext] = []
    threads = [threading.Thread(target=lambda: found.append(ssl_context(trusted))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    assert ssl_context() is ssl_context()
    assert ssl_context() is not found[0]
    yours = ssl.create_default_context()
    assert ssl_context(yours) is yours


def test_few_contexts_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    made = []
    for number in range(12):
        trustme.CA().cert_pem.write_to_path(str(path))
        os.utime(path, ns=(number, number))
        made.append(ssl_context(str(path)))
    assert len(set(map(id, made))) == 12
    assert sys.getrefcount(made[0]) < sys.getrefcount(made[-1])
