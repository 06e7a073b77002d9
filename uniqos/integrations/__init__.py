"""Personalities in agent frameworks. Each module needs its own extra.

- ``uniqos.integrations.pydantic_ai``: a ``Model``, and a capability that gives any agent emotions and memories.
- ``uniqos.integrations.langchain``: a ``BaseChatModel``.
- ``uniqos.integrations.langgraph``: a store that reads memories.
- ``uniqos.integrations.openai_agents``: a ``Model``, and a ``Session`` that begins with the memories.

All of them follow the same rules.

**One message is one turn.** The API takes no history, so a model sends the last message of the user alone. Earlier
messages stay in the framework. A personality remembers an end user by itself with ``mode="stateful"`` and a
``user_id``. Instructions, tools, images and schemas for the output cannot be sent: they raise RequestValidationError
before anything is sent, since a model that ignores them would only seem to work.

**A turn is billed once.** When the outcome of a turn is unknown, its idempotency key is kept for the framework's retry.
A turn that was answered, or refused, has a new key when its words are sent again. The module of each framework says how
it recognizes a retry.

**Errors are the framework's own** where it has a class for them, with the error of this SDK as ``__cause__``. An error
in the arguments is raised unchanged.

**Usage is counted in turns.** The API reports no tokens, so no tokens are reported. The turns are in the details of the
framework's usage or response.
"""

from __future__ import annotations

__all__: list[str] = []
