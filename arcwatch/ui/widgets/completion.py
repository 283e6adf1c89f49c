"""Completing what is typed into a line."""

from __future__ import annotations

from collections.abc import Callable

from textual.suggester import Suggester
from textual.widgets import Input


class Completion(Suggester):
    """Suggests in grey what a function knows.

    Args:
        completed: What is typed, written to its end; None where that is unknown.
    """

    def __init__(self, completed: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._completed = completed

    async def get_suggestion(self, value: str) -> str | None:
        return self._completed(value) if value else None


def complete(typed: Input) -> None:
    """Take over what is suggested."""
    typed.cursor_position = len(typed.value)
    # at the end of what is typed, Textual takes the suggestion over with this
    typed.action_cursor_right()
    typed.cursor_position = len(typed.value)
