"""The errors of a part of the package whose extra is not installed."""

from __future__ import annotations

from .errors import ConfigurationError


class ImportConfigurationError(ConfigurationError, ImportError):
    """A package of an extra is missing: for tools that try an import, this is an import that failed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="missing_extra")


class AttributeConfigurationError(ConfigurationError, AttributeError):
    """The same where a module is asked for as an attribute: ``hasattr`` and ``inspect`` take it for missing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="missing_extra")
