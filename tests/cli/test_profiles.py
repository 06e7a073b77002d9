"""Tests of ``uniqos login``, ``logout``, ``profiles`` and ``use``, and of the credential that other commands take."""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import astuple
from pathlib import Path

import pytest

import uniqos
from uniqos.cli import credentials
from uniqos.cli.credentials import Profile, settings_of
from uniqos.cli.exits import ExitCode
from uniqos.sandbox import Sandbox

from ..support.commandline import KEY, answering, posix_only, run
from ..support.inprocess_commandline import run_here
from ..support.rawserver import body, header
from ..support.terminal import terminal

BACKEND = {"PYTHON_KEYRING_BACKEND": "tests.support.keyring_backend.FileKeyring"}
NO_BACKEND = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
URL = "https://api.uniqos.ai"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder of profiles, without a keyring, and without settings in the environment."""
    for name in [name for name in os.environ if name.startswith("UNIQOS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UNIQOS_CONFIG_DIR", str(tmp_path))
    return tmp_path


def settings(folder: Path, sandbox: Sandbox) -> dict[str, str]:
    return {"UNIQOS_CONFIG_DIR": str(folder), "UNIQOS_BASE_URL": sandbox.url}


def stored(name: str = "work", base_url: str = URL, personality: str | None = None) -> Profile:
    return credentials.save(Profile(name, "api_key", base_url, personality), KEY, storage="file")


@posix_only
def test_a_key_typed_at_a_terminal_is_not_shown_and_used_by_the_other_commands(sandbox: Sandbox, folder: Path) -> None:
    known = {**settings(folder, sandbox), **NO_BACKEND}
    with terminal("login", "work", "--personality", sandbox.personality_id, settings=known) as shown:
        shown.wait_for("not shown")
        shown.type(sandbox.api_key + "\r")
        assert shown.end() == 0
        assert "the profile work is in use: test" in " ".join(shown.picture.split())
    assert sandbox.api_key.encode() not in shown.raw
    path = folder / "profile-work.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    del known["UNIQOS_BASE_URL"]
    code, out, err = run("respond", "Hello!", "--no-stream", settings=known)
    assert (code, bool(out.strip())) == (0, True), err
    code, out, err = run("profiles", settings=known)
    assert json.loads(out) == {
        "name": "work", "in_use": True, "base_url": sandbox.url, "kind": "api_key", "storage": "file",
        "personality": sandbox.personality_id,
    }  # fmt: skip
    assert sandbox.api_key not in out + err


def test_a_key_by_pipe_goes_to_the_keyring_and_logout_deletes_it(sandbox: Sandbox, folder: Path) -> None:
    known = {**settings(folder, sandbox), **BACKEND, "TEST_KEYRING": str(folder / "keyring")}
    for _ in range(2):  # A second login replaces the entry of the first.
        code, out, err = run("login", stdin=sandbox.api_key.encode() + b"\n", settings=known)
        assert (code, out) == (0, ""), err
        assert sandbox.api_key not in err
    assert list(json.loads((folder / "keyring").read_text()).values()) == [sandbox.api_key]
    assert sandbox.api_key not in (folder / "profile-default.json").read_text()
    code, out, err = run("me", "get", "--profile", "default", settings=known)
    assert (code, json.loads(out)["kind"]) == (0, "api_key"), err
    assert run("logout", settings=known)[0] == 0
    assert json.loads((folder / "keyring").read_text()) == {}
    assert [path.name for path in folder.iterdir()] == ["keyring"]


def test_a_key_that_the_api_refuses_is_not_stored(sandbox: Sandbox, folder: Path) -> None:
    code, _, err = astuple(run_here("login", stdin=b"uniq_test_unknown12345\n", settings=settings(folder, sandbox)))
    assert code == ExitCode.AUTHENTICATION
    assert "unknown12345" not in err
    assert not list(folder.iterdir())


@pytest.mark.parametrize("secret", ["", "nonsense", "uniq_live_short"])
def test_what_is_no_key_is_refused_without_being_repeated(folder: Path, secret: str) -> None:
    code, out, err = astuple(run_here("login", stdin=secret.encode(), settings={"UNIQOS_CONFIG_DIR": str(folder)}))
    assert (code, out) == (2, "")
    assert not secret or secret not in err


def test_a_key_as_an_argument_is_refused_without_being_repeated(folder: Path) -> None:
    code, out, err = astuple(run_here("login", KEY, settings={"UNIQOS_CONFIG_DIR": str(folder)}))
    assert code == 2
    assert KEY not in out + err
    assert "A key is never an argument" in err


@posix_only
def test_a_file_that_others_can_read_is_refused(folder: Path) -> None:
    stored()
    path = folder / "profile-work.json"
    path.chmod(0o640)
    with pytest.raises(uniqos.ConfigurationError, match="chmod 600") as caught:
        settings_of("work", None)
    assert caught.value.code == "unsafe_profile"
    assert KEY not in str(caught.value)


def test_the_environment_wins_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stored()
    monkeypatch.setenv("UNIQOS_API_KEY", "uniq_live_environment")
    found = settings_of("work", None)
    assert (found.api_key, found.base_url, found.profile) == ("uniq_live_environment", None, None)
    assert "wins over the profile work" in capsys.readouterr().err


def test_the_key_of_a_profile_is_sent_to_its_own_address_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    credentials.choose("work")
    assert settings_of(None, URL + "/v1/").api_key == KEY
    with pytest.raises(uniqos.ConfigurationError) as caught:
        settings_of("work", "http://127.0.0.1:4010")
    assert caught.value.code == "profile_of_other_server"
    monkeypatch.setenv("UNIQOS_PROFILE", "work")
    with pytest.raises(uniqos.ConfigurationError):
        settings_of(None, "http://127.0.0.1:4010")
    monkeypatch.delenv("UNIQOS_PROFILE")
    assert settings_of(None, "http://127.0.0.1:4010").api_key is None


def test_no_command_sends_a_profiles_key_to_another_server(folder: Path) -> None:
    stored()
    with answering(200, {"data": []}) as server:
        known = {"UNIQOS_CONFIG_DIR": str(folder), "UNIQOS_BASE_URL": server.url}
        assert run_here("personalities", "list", "--profile", "work", settings=known).code == 2
        assert not server.requests


def test_a_batch_uses_the_account_and_the_personality_of_its_profile(folder: Path, sandbox: Sandbox) -> None:
    profile = Profile("work", "api_key", sandbox.url, sandbox.personality_id)
    credentials.save(profile, sandbox.api_key, storage="file")
    stored("other")
    credentials.choose("other")
    rows = folder / "rows.csv"
    rows.write_text("id,message\na,Hello!\n")
    words = ("batch", "respond", str(rows), "-o", str(folder / "out.jsonl"), "--id", "id", "--profile", "work")
    ended = run_here(*words, settings={"UNIQOS_CONFIG_DIR": str(folder)})
    assert ended.code == 0, ended.err
    assert json.loads((folder / "out.jsonl").read_text())["status"] == "done"


def test_ids_are_completed_from_the_account_of_the_named_profile_without_a_note(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering(200, {"data": [{"user_id": "ada"}]}) as server:
        stored("work", server.url)
        words = {"COMP_WORDS": "uniqos end-users get --profile work a", "COMP_CWORD": "5"}
        known = {"UNIQOS_CONFIG_DIR": str(folder), "XDG_CACHE_HOME": str(tmp_path / "cache"), **words}
        ended = run_here(settings={**known, "_UNIQOS_COMPLETE": "complete_bash"})
        assert (ended.out, ended.err) == ("ada\n", "")
        assert header(server.requests[0], "authorization") == f"Bearer {KEY}"
        ended = run_here(settings={**known, "_UNIQOS_COMPLETE": "complete_bash", "UNIQOS_API_KEY": KEY})
        assert ended.err == ""


def test_login_tells_that_a_refused_key_is_not_stored(folder: Path, sandbox: Sandbox) -> None:
    ended = run_here("login", stdin=b"uniq_test_unknown000000\n", settings=settings(folder, sandbox))
    assert ended.code == ExitCode.AUTHENTICATION
    assert "nothing was stored" in ended.err
    assert credentials.names() == []


def test_a_profile_has_its_own_address_and_token(folder: Path) -> None:
    with answering(200, {"kind": "user"}) as server:
        credentials.save(Profile("portal", "access_token", server.url), "aaa.bbb.ccc", storage="file")
        known = {"UNIQOS_CONFIG_DIR": str(folder)}
        assert run_here("use", "portal", settings=known).code == 0
        assert run_here("me", "get", settings=known).code == 0
        assert header(server.requests[0], "authorization") == "Bearer aaa.bbb.ccc"


def test_an_unknown_profile_names_the_others(folder: Path) -> None:
    stored()
    with pytest.raises(uniqos.ConfigurationError, match="there are: work"):
        settings_of("other", None)
    with pytest.raises(uniqos.ConfigurationError, match="there are: work"):
        credentials.delete("other")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"kind": "x", "base_url": "y"}', '{"kind": "api_key"}'])
def test_a_damaged_profile_is_named_without_its_content(folder: Path, content: str) -> None:
    path = folder / "profile-work.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(uniqos.ConfigurationError, match="is damaged"):
        credentials.load("work")


def test_a_folder_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("UNIQOS_CONFIG_DIR", str(folder / "file" / "below"))
    with pytest.raises(uniqos.ConfigurationError, match="UNIQOS_CONFIG_DIR can name another folder"):
        stored()
    assert (credentials.names(), credentials.current_name()) == ([], None)


def test_without_a_home_folder_there_are_no_profiles_and_commands_still_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import platformdirs

    monkeypatch.delenv("UNIQOS_CONFIG_DIR")
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: Path("~/.config/uniqos"))
    assert settings_of(None, None) == credentials.Settings()
    with pytest.raises(uniqos.ConfigurationError, match="no home folder"):
        stored()


def test_a_required_keyring_that_does_not_work_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends import fail

    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    profile = Profile("work", "api_key", URL)
    with pytest.raises(uniqos.ConfigurationError, match="--storage file"):
        credentials.save(profile, KEY, storage="keyring")
    assert credentials.names() == []
    assert credentials.save(profile, KEY).credential == KEY
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(uniqos.ConfigurationError, match="keyring"):
        credentials.save(profile, KEY, storage="keyring")


def test_no_representation_of_a_profile_or_its_settings_shows_the_key(folder: Path) -> None:
    stored()
    assert "abcd1234" not in repr(credentials.load("work")) + repr(settings_of("work", None))


def test_a_key_that_may_not_read_its_owner_is_stored(folder: Path) -> None:
    with answering(403, {"error": {"code": "permission_denied", "message": "scope"}}) as server:
        known = {"UNIQOS_CONFIG_DIR": str(folder), "UNIQOS_BASE_URL": server.url}
        assert run_here("login", "--storage", "file", stdin=KEY.encode(), settings=known).code == 0
    assert credentials.load("default").base_url == server.url
    assert credentials.names_with("d") == ["default"]
    assert credentials.names_with("x") == []


def test_the_personality_of_a_profile_answers_unless_another_is_named(folder: Path) -> None:
    with answering(200, {"response": "Hi"}) as server:
        stored(base_url=server.url, personality="pers_own")
        known = {"UNIQOS_CONFIG_DIR": str(folder), "UNIQOS_PROFILE": "work"}
        assert run_here("respond", "Hi", "--no-stream", settings=known).code == 0
        assert run_here("respond", "Hi", "--no-stream", "--personality", "pers_2", settings=known).code == 0
        asked = [json.loads(body(request))["personality_id"] for request in server.requests]
    assert asked == ["pers_own", "pers_2"]
