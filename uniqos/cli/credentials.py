"""Profiles: a credential, a base URL and a default personality under a name, and which of them a command uses.

Each profile is one file, which only its owner may read, so that no two commands write the same file. The credential is
in the system's keyring where there is one, and otherwise in that file.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal
from uuid import uuid4

from .._base.secret import Secret, hide
from .._extras import missing_extra
from ..errors import ConfigurationError
from . import output

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SERVICE = "uniqos"
_CURRENT = "current"
Kind = Literal["api_key", "access_token"]


@dataclass(frozen=True)
class Profile:
    """A stored profile."""

    name: str
    kind: Kind
    base_url: str
    personality: str | None = None
    keyring_entry: str | None = None
    """The name of the entry in the keyring; None if the credential is in the file."""
    credential: Secret | None = field(default=None, repr=False)
    """The credential of a profile without a keyring entry."""

    def read_credential(self) -> Secret:
        """Return the credential, from the keyring or the file.

        Raises:
            ConfigurationError: The keyring cannot be read, or has no such entry.
        """
        if self.keyring_entry is None:
            found = self.credential
        else:
            with _report_keyring_errors("read"):
                found = Secret(_keyring().get_password(_SERVICE, self.keyring_entry) or "")
        if not found:
            raise ConfigurationError(
                f"the credential of the profile {self.name} is gone: store it again with uniqos login {self.name}",
                code="missing_credential",
            )
        return found


@dataclass(frozen=True)
class Settings:
    """The settings of a command's client, from the environment or a profile. Without a credential both are None."""

    api_key: Secret | None = field(default=None, repr=False)
    access_token: Secret | None = field(default=None, repr=False)
    base_url: str | None = None
    profile: str | None = None
    """The name of the profile that the credential comes from; None if it comes from the environment."""


def settings_of(profile: str | None, base_url: str | None) -> Settings:
    """Return the credential and the base URL that a command uses.

    The environment's UNIQOS_API_KEY wins. Then counts the profile of ``--profile``, of UNIQOS_PROFILE, or of ``uniqos
    use``. A profile's credential is only sent to the profile's base URL.

    Args:
        profile: The name that was given by ``--profile`` or UNIQOS_PROFILE.
        base_url: The base URL that was given by ``--base-url`` or UNIQOS_BASE_URL.

    Raises:
        ConfigurationError: There is no such profile, its file is unsafe or damaged, or it belongs to another base URL.
    """
    key = hide(os.environ.get("UNIQOS_API_KEY"))
    named = profile or os.environ.get("UNIQOS_PROFILE")
    if key:
        if named:
            output.note(f"UNIQOS_API_KEY is set, and wins over the profile {checked_name(named)}", "yellow")
        return Settings(api_key=key, base_url=base_url)
    found = profile_in_use(profile, base_url)
    if found is None:
        return Settings(base_url=base_url)
    credential = found.read_credential()
    is_key = found.kind == "api_key"
    return Settings(
        api_key=credential if is_key else None,
        access_token=None if is_key else credential,
        base_url=found.base_url,
        profile=found.name,
    )


def profile_in_use(profile: str | None, base_url: str | None) -> Profile | None:
    """Return the profile whose credential a command uses; None if it uses none. The keyring is not read.

    Args:
        profile: The name that was given by ``--profile`` or UNIQOS_PROFILE.
        base_url: The base URL that was given by ``--base-url`` or UNIQOS_BASE_URL.

    Raises:
        ConfigurationError: There is no such profile, its file is unsafe or damaged, or it belongs to another base URL.
    """
    if os.environ.get("UNIQOS_API_KEY"):
        return None
    named = profile or os.environ.get("UNIQOS_PROFILE")
    name = named or current_name()
    if name is None:
        return None
    found = load(name)
    if base_url is None or base_url.rstrip("/").removesuffix("/v1") == found.base_url:
        return found
    if not named:  # The profile of `uniqos use` is a default, and the base URL was asked for.
        return None
    raise ConfigurationError(
        f"the credential of the profile {name} belongs to {found.base_url}, and is sent nowhere else: leave out "
        "--base-url and UNIQOS_BASE_URL, or store a profile for that address with uniqos login --base-url",
        code="profile_of_other_server",
    )


def checked_name(name: str) -> str:
    """Return the name of a profile.

    Raises:
        ConfigurationError: It is not a valid name. The error does not repeat it, since it may be a key.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "the name of a profile has up to 64 lower-case letters, digits and hyphens, e.g. work. A key is never an "
            "argument: uniqos login asks for it"
        )
    return name


def folder() -> Path:
    """Return the folder of the profiles: UNIQOS_CONFIG_DIR, or the usual one of the system.

    Raises:
        ConfigurationError: There is no home folder.
    """
    given = os.environ.get("UNIQOS_CONFIG_DIR")
    if given:
        return Path(given).absolute()
    try:
        import platformdirs
    except ModuleNotFoundError:
        raise missing_extra("profiles need platformdirs", "cli") from None
    found = platformdirs.user_config_path("uniqos", appauthor=False)
    if not found.is_absolute():  # Without a home folder, "~" stays as it is.
        raise ConfigurationError("there is no home folder: set UNIQOS_CONFIG_DIR to the folder of the profiles")
    return found


def current_name() -> str | None:
    """Return the name of the profile that ``uniqos use`` chose; None if there is none, or no folder."""
    try:
        content = (folder() / _CURRENT).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError, ConfigurationError):
        return None
    return content if _NAME.fullmatch(content) else None


def choose(name: str | None) -> None:
    """Store which profile counts when none is named; None is none.

    Raises:
        ConfigurationError: The folder cannot be written.
    """
    path = folder() / _CURRENT
    if name is not None:
        _write(path, name + "\n")
        return
    with _report_write_errors(path):
        path.unlink(missing_ok=True)


def names() -> list[str]:
    """Return the names of all profiles, sorted."""
    try:
        found = [path.name[len("profile-") : -len(".json")] for path in folder().glob("profile-*.json")]
    except OSError:  # The folder cannot be read, so that no profile can be used.
        return []
    return sorted(name for name in found if _NAME.fullmatch(name))


def names_with(incomplete: str) -> list[str]:
    """Return the names of the profiles that begin so, for the completion of a shell."""
    try:
        return [name for name in names() if name.startswith(incomplete)]
    except ConfigurationError:  # There is no home folder.
        return []


def load(name: str) -> Profile:
    """Return a profile, without reading the keyring.

    Raises:
        ConfigurationError: There is no such profile, others can read its file, or the file is damaged.
    """
    path = _path(name)
    try:
        with open(path, encoding="utf-8") as file:
            _check_private(os.fstat(file.fileno()), path)
            stored = json.load(file)
        return Profile(
            name,
            _kind(stored["kind"]),
            str(stored["base_url"]),
            stored.get("personality"),
            stored.get("keyring_entry"),
            None if "credential" not in stored else Secret(stored["credential"]),
        )
    except FileNotFoundError:
        known = ", ".join(names()) or "none"
        raise ConfigurationError(
            f"there is no profile {name}: store one with uniqos login {name} (there are: {known})",
            code="unknown_profile",
        ) from None
    except OSError as exc:
        raise ConfigurationError(f"cannot read {path}: {exc.strerror or exc}") from None
    except (ValueError, KeyError, TypeError, AttributeError):  # No error text repeats the file: it may hold a key.
        raise ConfigurationError(f"{path} is damaged: store the profile again with uniqos login {name}") from None


def save(profile: Profile, credential: str, *, storage: Literal["auto", "keyring", "file"] = "auto") -> Profile:
    """Store a profile and its credential; return it as it was stored.

    Args:
        profile: The profile.
        credential: Its key or token.
        storage: Where the credential goes. ``auto`` is the keyring, or the file where no keyring can be used.

    Raises:
        ConfigurationError: The folder or the keyring cannot be written.
    """
    credential = Secret(credential)
    old = _load_or_none(profile.name)
    entry = None if storage == "file" else _put_into_keyring(profile.name, credential, required=storage == "keyring")
    stored = Profile(
        profile.name, profile.kind, profile.base_url, profile.personality, entry, None if entry else credential
    )
    fields = {name: value for name, value in vars(stored).items() if name != "name" and value is not None}
    try:
        _write(_path(stored.name), json.dumps(fields, indent=2) + "\n")
    except BaseException:
        _remove_from_keyring(entry)
        raise
    _remove_from_keyring(old.keyring_entry if old else None)
    return stored


def delete(name: str) -> None:
    """Delete a profile and its credential.

    Raises:
        ConfigurationError: There is no such profile, or it cannot be deleted.
    """
    path = _path(name)
    if not path.exists():
        load(name)  # Raises the error that names the others.
    found = _load_or_none(name)
    _remove_from_keyring(found.keyring_entry if found else None)
    with _report_write_errors(path):
        path.unlink(missing_ok=True)
    if current_name() == name:
        choose(None)


def _path(name: str) -> Path:
    return folder() / f"profile-{checked_name(name)}.json"


def _kind(value: Any) -> Kind:
    if value == "api_key":
        return "api_key"
    if value == "access_token":
        return "access_token"
    raise ValueError


def _load_or_none(name: str) -> Profile | None:
    try:
        return load(name)
    except ConfigurationError:
        return None


def _check_private(found: os.stat_result, path: Path) -> None:
    """Refuse a file that others can read. On Windows the folder of the user is private.

    Raises:
        ConfigurationError: Others can read or write the file, or it belongs to somebody else.
    """
    if os.name == "nt":
        return
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigurationError(
            f"others can read {path}, which may hold a key: run chmod 600 {path}, and replace the key if they may "
            "have read it",
            code="unsafe_profile",
        )
    if found.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(f"{path} belongs to another user, so its key is not used", code="unsafe_profile")


def _write(path: Path, text: str) -> None:
    """Write a private file, and replace the old one in one step."""
    with _report_write_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{uuid4().hex}.part")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _report_write_errors(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except OSError as exc:
        raise ConfigurationError(
            f"cannot write {path}: {exc.strerror or exc}; UNIQOS_CONFIG_DIR can name another folder",
            code="cannot_write_file",
        ) from None


def _keyring() -> ModuleType:
    try:
        import keyring
    except ModuleNotFoundError:
        raise missing_extra(
            "the credential is in the system's keyring, which needs the package keyring", "keyring"
        ) from (None)
    return keyring


def _put_into_keyring(name: str, credential: str, *, required: bool) -> str | None:
    """Return the name of the new entry; None if no keyring can be used and none is required."""
    entry = f"{name}-{uuid4().hex[:12]}"  # Another folder of profiles may have the same name.
    try:
        with _report_keyring_errors("write"):
            _keyring().set_password(_SERVICE, entry, credential)
    except ConfigurationError:
        if required:
            raise
        return None
    return entry


def _remove_from_keyring(entry: str | None) -> None:
    if entry is None:
        return
    try:
        with _report_keyring_errors("change"):
            _keyring().delete_password(_SERVICE, entry)
    except ConfigurationError as exc:
        output.note(f"the old entry {entry} stays in the keyring: {exc.message}", "yellow")


@contextmanager
def _report_keyring_errors(verb: str) -> Generator[None, None, None]:
    """Turn each failure of a keyring into a ConfigurationError. Backends raise errors of other packages too."""
    try:
        yield
    except ConfigurationError:
        raise
    except Exception as exc:
        raise ConfigurationError(
            f"cannot {verb} the system's keyring: {type(exc).__name__}; uniqos login --storage file does without it",
            code="keyring_failed",
        ) from None
