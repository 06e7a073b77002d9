"""The errors of a part of the package whose extra is not installed, which say what to install."""

from __future__ import annotations

import re

from .errors import ConfigurationError


class MissingExtraError(ConfigurationError, ImportError):
    """A package of an extra is missing: for tools that try an import, this is an import that failed."""


class MissingPartError(ConfigurationError, AttributeError):
    """The same where a module is asked for as an attribute: ``hasattr`` and ``inspect`` take it for missing."""


def missing_extra(what: str, extra: str) -> MissingExtraError:
    """Return the error of ``what``, which needs the packages of ``extra``.

    It names the packages themselves: ``pip install 'uniqos[...]'`` would fetch the official SDK, which has our name.
    """
    packages = " ".join(f'"{package}"' for package in _packages(extra))
    hint = f"pip install {packages}" if packages else f"install the packages of the extra {extra} of pyproject.toml"
    return MissingExtraError(f"{what}: {hint}", code="missing_extra", details={"extra": extra})


def missing_part(error: MissingExtraError) -> MissingPartError:
    """Return the error of an attribute that is a module whose extra is missing."""
    return MissingPartError(error.message, code=error.code, details=error.details)


def _packages(extra: str) -> list[str]:
    """The requirements of an extra, from the metadata of what is installed; none where there is no metadata."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("uniqos") or []
    except PackageNotFoundError:
        return []
    found = [re.fullmatch(r"([^;]+?)\s*;.*\bextra\s*==\s*['\"]([\w-]+)['\"].*", line) for line in lines]
    return [match[1] for match in found if match and match[2] == extra]
