"""TLS contexts, which all clients share that trust the same certificates."""

from __future__ import annotations

import os
import ssl
from collections.abc import Hashable
from functools import lru_cache

import httpx

from .._base.fork import ForkSafeLock
from ..errors import ConfigurationError

_SYSTEM = "system"
_making_context = ForkSafeLock()
"""Held while OpenSSL makes a context: a child forked at that moment could never make one."""


def ssl_context(verify: ssl.SSLContext | str | None = None) -> ssl.SSLContext:
    """Return the TLS context for these certificates. It is shared, since making it is most of the cost of a client.

    When the certificates have changed, a new context is made, so that each new connection trusts the present ones.

    Args:
        verify: A context, which is returned, or the path of a file or folder of certificates. ``"system"`` means those
            that the operating system trusts, and None those that httpx trusts.

    Raises:
        ConfigurationError: There are no certificates, or they cannot be read.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    try:
        state = _state_of_environment() if verify in (None, _SYSTEM) else _state(verify)
        with _making_context:
            return _make_context(verify, state)
    except OSError as exc:
        where = "SSL_CERT_FILE or SSL_CERT_DIR of the environment" if verify is None else f"verify={verify!r}"
        raise ConfigurationError(f"{where} must be readable certificates: {exc}") from None


_State = tuple[Hashable, ...]


@lru_cache(maxsize=8)
def _make_context(verify: str | None, state: _State) -> ssl.SSLContext:
    if verify is None:
        return httpx.create_ssl_context()
    if verify == _SYSTEM:
        import truststore  # An extra, whose presence the options have checked.

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    folder = os.path.isdir(verify)
    return ssl.create_default_context(cafile=None if folder else verify, capath=verify if folder else None)


def _state_of_environment() -> _State:
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    # httpx 0.27 ignores a missing file and trusts the usual certificates. Here a missing file is an error.
    of_folders = (_state(folder) for folder in (folders or "").split(os.pathsep) if os.path.isdir(folder))
    return (file, _state(file) if file else None, folders, *of_folders)


def _state(path: str) -> _State:
    """Return values that change when the file at ``path``, or a file of the folder at ``path``, is replaced.

    Links are followed. A file of a folder that is written over in place is not noticed: a folder can hold hundreds.

    Raises:
        OSError: No file or folder is at ``path``.
    """
    found = os.stat(path)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
