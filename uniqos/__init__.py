# Generated from _generate/exports.py by python -m uniqos._generate. Do not edit.
# To add a name, add it to EXPORTS in _generate/exports.py and run the command. Errors come from errors.py,
# stream events from the union RespondStreamEvent in api/stream_events.py.
"""The uniqOS API for Python: personality, emotional intelligence and relational memory for AI agents.

    from uniqos import UniqOS

    client = UniqOS()  # UNIQOS_API_KEY in the environment
    reply = client.respond(personality_id="pers_...", message="Hello!")
    print(reply.response, reply.inferred_emotional_state)

Each name is imported when it is first used.
"""

from __future__ import annotations

import os as _os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from . import contract as contract
    from . import errors as errors
    from . import models as models
    from . import sandbox as sandbox
    from . import testing as testing
    from . import webhooks as webhooks
    from ._async.client import AsyncUniqOS as AsyncUniqOS
    from ._async.stream import AsyncRespondStream as AsyncRespondStream
    from ._base.http import HttpInfo as HttpInfo
    from ._base.http import RateLimit as RateLimit
    from ._policy.drift import DriftReport as DriftReport
    from ._policy.drift import OnDrift as OnDrift
    from ._policy.logging import Logger as Logger
    from ._policy.logging import LogLevel as LogLevel
    from ._policy.observer import AttemptStarted as AttemptStarted
    from ._policy.observer import CallEnded as CallEnded
    from ._policy.observer import CallStarted as CallStarted
    from ._policy.observer import FirstEvent as FirstEvent
    from ._policy.observer import Observer as Observer
    from ._policy.observer import Retrying as Retrying
    from ._sync.client import UniqOS as UniqOS
    from ._sync.stream import RespondStream as RespondStream
    from .api.stream_events import RespondStreamEvent as RespondStreamEvent
    from .api.stream_events import StreamEventCompletion as StreamEventCompletion
    from .api.stream_events import StreamEventError as StreamEventError
    from .api.stream_events import StreamEventGuardrailModulation as StreamEventGuardrailModulation
    from .api.stream_events import StreamEventMetadata as StreamEventMetadata
    from .api.stream_events import StreamEventText as StreamEventText
    from .api.stream_events import StreamEventUnknown as StreamEventUnknown
    from .errors import APIError as APIError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import ConfigurationError as ConfigurationError
    from .errors import ConflictError as ConflictError
    from .errors import GuardrailBlockError as GuardrailBlockError
    from .errors import NetworkError as NetworkError
    from .errors import NotFoundError as NotFoundError
    from .errors import PaymentRequiredError as PaymentRequiredError
    from .errors import PermissionDeniedError as PermissionDeniedError
    from .errors import PermissionError as PermissionError
    from .errors import QuotaExhaustedError as QuotaExhaustedError
    from .errors import RateLimitError as RateLimitError
    from .errors import RequestValidationError as RequestValidationError
    from .errors import ResponseDecodeError as ResponseDecodeError
    from .errors import ResponseValidationError as ResponseValidationError
    from .errors import ServiceUnavailableError as ServiceUnavailableError
    from .errors import TurnTimeoutError as TurnTimeoutError
    from .errors import UnexpectedError as UnexpectedError
    from .errors import UniqOSError as UniqOSError
    from .errors import UpstreamLLMError as UpstreamLLMError
    from .errors import ValidationError as ValidationError
    from .errors import WaitTimeoutError as WaitTimeoutError
    from .errors import WebhookSignatureError as WebhookSignatureError
    from .webhooks import WebhookEvent as WebhookEvent
    from .webhooks import construct_event as construct_event

_WITH_EXTRAS = ("sandbox",)
"""Modules that need packages of an extra."""
_MODULES = ("contract", "errors", "models", "sandbox", "testing", "webhooks")
_WHERE: dict[str, tuple[str, ...]] = {
    "._sync.client": ("UniqOS",),
    "._async.client": ("AsyncUniqOS",),
    "._sync.stream": ("RespondStream",),
    "._async.stream": ("AsyncRespondStream",),
    "._base.http": ("HttpInfo", "RateLimit"),
    "._policy.drift": ("DriftReport", "OnDrift"),
    "._policy.logging": ("Logger", "LogLevel"),
    "._policy.observer": ("Observer", "CallStarted", "AttemptStarted", "Retrying", "FirstEvent", "CallEnded"),
    ".webhooks": ("WebhookEvent", "construct_event"),
    ".api.stream_events": (
        "RespondStreamEvent",
        "StreamEventMetadata",
        "StreamEventText",
        "StreamEventGuardrailModulation",
        "StreamEventCompletion",
        "StreamEventError",
        "StreamEventUnknown",
    ),
    ".errors": (
        "UniqOSError",
        "ConfigurationError",
        "RequestValidationError",
        "NetworkError",
        "ResponseDecodeError",
        "ResponseValidationError",
        "WebhookSignatureError",
        "WaitTimeoutError",
        "UnexpectedError",
        "APIError",
        "AuthenticationError",
        "PaymentRequiredError",
        "PermissionError",
        "PermissionDeniedError",
        "NotFoundError",
        "ConflictError",
        "ValidationError",
        "GuardrailBlockError",
        "RateLimitError",
        "QuotaExhaustedError",
        "UpstreamLLMError",
        "ServiceUnavailableError",
        "TurnTimeoutError",
    ),
}
_PUBLIC = (*(name for names in _WHERE.values() for name in names), *_MODULES, "__version__")


def _before_fork() -> None:
    from ._base import fork as _fork  # another thread may be importing it at this moment

    _fork.before_fork()


if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(before=_before_fork)


if TYPE_CHECKING:
    __all__ = [
        "UniqOS",
        "AsyncUniqOS",
        "RespondStream",
        "AsyncRespondStream",
        "HttpInfo",
        "RateLimit",
        "DriftReport",
        "OnDrift",
        "Logger",
        "LogLevel",
        "Observer",
        "CallStarted",
        "AttemptStarted",
        "Retrying",
        "FirstEvent",
        "CallEnded",
        "WebhookEvent",
        "construct_event",
        "RespondStreamEvent",
        "StreamEventMetadata",
        "StreamEventText",
        "StreamEventGuardrailModulation",
        "StreamEventCompletion",
        "StreamEventError",
        "StreamEventUnknown",
        "UniqOSError",
        "ConfigurationError",
        "RequestValidationError",
        "NetworkError",
        "ResponseDecodeError",
        "ResponseValidationError",
        "WebhookSignatureError",
        "WaitTimeoutError",
        "UnexpectedError",
        "APIError",
        "AuthenticationError",
        "PaymentRequiredError",
        "PermissionError",
        "PermissionDeniedError",
        "NotFoundError",
        "ConflictError",
        "ValidationError",
        "GuardrailBlockError",
        "RateLimitError",
        "QuotaExhaustedError",
        "UpstreamLLMError",
        "ServiceUnavailableError",
        "TurnTimeoutError",
        "contract",
        "errors",
        "models",
        "sandbox",
        "testing",
        "webhooks",
        "__version__",
    ]
else:  # without these lines a misspelt name would pass as Any

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used (PEP 562)."""
        from importlib import import_module

        import_module("._base.fork", __name__)  # first of all, so that a fork in another thread waits for the rest
        if name == "__all__":
            return [
                public for public in _PUBLIC if public not in _WITH_EXTRAS or hasattr(sys.modules[__name__], public)
            ]
        if name in _WITH_EXTRAS:
            return _module_with_extras(name)
        if name in _MODULES:
            return import_module(f".{name}", __name__)
        for module, names in _WHERE.items():
            if name in names:
                value = globals()[name] = getattr(import_module(module, __name__), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _module_with_extras(name: str) -> ModuleType:
    """Import a module that needs packages of an extra; where one is missing, ``hasattr`` has to be false."""
    from importlib import import_module

    from ._extras import MissingExtraError, missing_part

    try:
        return import_module(f".{name}", __name__)
    except MissingExtraError as exc:
        raise missing_part(exc) from exc


def __dir__() -> list[str]:
    # Freezegun and others ask for every attribute that is listed here, which must not import packages of an extra.
    return sorted(name for name in _PUBLIC if name not in _WITH_EXTRAS or f"{__name__}.{name}" in sys.modules)
