"""The errors of a missing extra, which name the packages to install."""

from __future__ import annotations

import re

from .errors import ConfigurationError


class MissingExtraError(ConfigurationError, ImportError):
    """A package of an extra is missing. As an ImportError, it is handled by tools that try an import."""


class MissingPartError(ConfigurationError, AttributeError):
    """The same for a module that is read as an attribute, which ``hasattr`` and ``inspect`` take for missing."""


def missing_extra(what: str, extra: str) -> MissingExtraError:
    """Return the error of a feature whose extra is not installed.

    The error names the packages themselves, since ``pip install 'uniqos[...]'`` would install the official SDK.

    Args:
        what: The feature and its need, e.g. ``the sandbox needs uvicorn``.
        extra: The extra that provides it.
    """
    packages = " ".join(f'"{package}"' for package in _packages(extra))
    hint = f"pip install {packages}" if packages else f"install the packages of the extra {extra} of pyproject.toml"
    return MissingExtraError(f"{what}: {hint}", code="missing_extra", details={"extra": extra})


def missing_part(error: MissingExtraError) -> MissingPartError:
    """Return the same error for a module that was read as an attribute."""
    return MissingPartError(error.message, code=error.code, details=error.details)


def _packages(extra: str) -> list[str]:
    """Return the requirements of an extra from the package's metadata; an empty list without metadata."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("uniqos") or []
    except PackageNotFoundError:
        return []
    found = [re.fullmatch(r"([^;]+?)\s*;.*\bextra\s*==\s*['\"]([\w-]+)['\"].*", line) for line in lines]
    return [match[1] for match in found if match and match[2] == extra]
