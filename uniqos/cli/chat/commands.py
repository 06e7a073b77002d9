"""The commands of a conversation that are no messages: ``/memory``, ``/who`` and the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..._base.safe import safe_text
from ..._wire.file import PartialFile
from ...errors import ConfigurationError, NotFoundError
from .. import output
from .conversation import Conversation
from .screen import Screen, emotion_line

_WIDE = 200


@dataclass
class Commands:
    """The commands of one conversation."""

    conversation: Conversation
    screen: Screen
    server: str
    """The server in words, for ``/who``."""

    def run(self, line: str) -> None:
        """Run the command of a line, which begins with a slash. ``/retry`` and ``/quit`` belong to the caller.

        Raises:
            ConfigurationError: There is no such command, or it lacks something.
            UniqOSError: The API refused it.
        """
        name, _, argument = line[1:].partition(" ")
        entry = TABLE.get(name)
        if entry is None or entry.action is None:
            raise ConfigurationError(
                f"there is no command /{safe_text(name, 40)}: /help lists them, and //{safe_text(name, 40)} sends the "
                "line as a message",
                code="unknown_command",
            )
        entry.action(self, argument.strip())

    def relationship(self) -> dict[str, Any] | None:
        """Return the relationship of the user with the personality; None before their first turn.

        Raises:
            UniqOSError: The API refused it.
        """
        if self.conversation.user_id is None:
            return None
        page = self.conversation.client.relationships.list(
            user_id=self.conversation.user_id, personality_id=self.conversation.personality_id
        )
        found = page.data or []
        return found[0].to_dict() if found else None

    def _memory(self, argument: str) -> None:
        found = self._existing_relationship()
        self.screen.show_data("memory", self.conversation.client.relationships.memory.get(found["id"]).to_dict())

    def _state(self, argument: str) -> None:
        states = [exchange.state for exchange in self.conversation.exchanges if exchange.state is not None]
        if not states:
            raise ConfigurationError("there is no emotion yet: it comes with an answer", code="no_state")
        self.screen.show_data("state", states[-1].to_dict())
        drawn = emotion_line(self.conversation.valences, _WIDE)
        if drawn:
            output.note(f"valence over {len(self.conversation.valences)} turns: {drawn}")
        output.note("emotions: " + ", ".join(safe_text(state.primary or "-", 40) for state in states[-_WIDE:]))

    def _who(self, argument: str) -> None:
        conversation = self.conversation
        try:
            personality = conversation.client.personalities.get(conversation.personality_id).to_dict()
        except NotFoundError:
            personality = {"id": conversation.personality_id}
        self.screen.show_data(
            "who",
            {
                "personality": personality,
                "user": conversation.user_id,
                "mode": conversation.mode,
                "relationship": self.relationship(),
                "server": self.server,
            },
        )

    def _export(self, argument: str) -> None:
        user_id = self._user()
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        with PartialFile(argument or f"uniqos-export-{stamp}.json") as file:
            exported = self.conversation.client.end_users.export(user_id).to_dict()
            file.begin()
            file.write(json.dumps(exported, ensure_ascii=False, indent=2).encode(errors="replace") + b"\n")
            path = file.finish()
        output.note(f"everything that the API holds of the user is in {path}")

    def _help(self, argument: str) -> None:
        for name, entry in TABLE.items():
            output.note(f"/{name}{entry.argument}: {entry.help}")
        output.note("//text: send /text as a message")
        output.note('Alt-Enter: begin a new line; or write several lines between two lines of """')
        output.note("Ctrl-C: stop an answer. Ctrl-D: end the program")

    def _existing_relationship(self) -> dict[str, Any]:
        self._user()
        found = self.relationship()
        if found is None or not isinstance(found.get("id"), str):
            raise ConfigurationError(
                "there is no memory yet: it begins with the first answer in stateful mode", code="no_relationship"
            )
        return found

    def _user(self) -> str:
        if self.conversation.user_id is None:
            raise ConfigurationError("without --user nothing is remembered: start again with --user ID", code="no_user")
        return self.conversation.user_id


@dataclass(frozen=True)
class _Entry:
    help: str
    action: Callable[[Commands, str], None] | None = None
    """The method that runs it; None for a command of the loop itself."""
    argument: str = ""


TABLE: dict[str, _Entry] = {
    "memory": _Entry("the memory of the relationship: summary, moments, metrics", Commands._memory),
    "state": _Entry("the emotion of the last turn, and its line over time", Commands._state),
    "who": _Entry("the personality, the user, the relationship and the server", Commands._who),
    "export": _Entry("write everything that the API holds of the user to a file", Commands._export, " [FILE]"),
    "retry": _Entry("ask the last message again: a failed one with its own key, an answered one as a new, billed turn"),
    "help": _Entry("this list", Commands._help),
    "quit": _Entry("end the program"),
}
"""The commands by name."""
