"""Hosts of an MCP server that answer its questions for a person."""

from __future__ import annotations

from typing import Any

from mcp.types import ElicitResult


class Person:
    """A person who is asked by the host, and gives one answer to each question."""

    def __init__(self, agreed: bool | None) -> None:
        self.agreed = agreed
        self.questions: list[str] = []

    async def answer(self, context: Any, params: Any) -> ElicitResult:
        self.questions.append(params.message)
        if self.agreed is None:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"agreed": self.agreed})
