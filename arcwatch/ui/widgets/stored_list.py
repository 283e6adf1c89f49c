"""A partly loaded list: its ends are not the ends of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.message import Message as Event

from .message_list import MessageList

T = TypeVar("T")


class StoredList(MessageList[T]):
    """The same list; its keys for the first and the last row ask for what is not held.

    See :class:`.message_list.MessageList`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,home", "first", "Oldest", show=False, id="messages.first"),
        Binding("G", "follow", "Newest", id="messages.follow"),
    ]

    @dataclass
    class Edge(Event):
        """The user scrolled beyond the loaded rows.

        Attributes:
            step: -1 for before the first, 1 for behind the last.
            far: Whether to go to the very first or last row, rather than the next ones.
        """

        step: int
        far: bool

    def _is_all(self, step: int) -> bool:
        return bool(getattr(self._rows, "last" if step > 0 else "first", True))

    def _move_to(self, index: int) -> None:
        """See :class:`.message_list.MessageList`; what is read on is no reason to move."""
        before = self._cursor
        super()._move_to(index)
        if not self._is_all(1):
            self.set_reactive(MessageList.following, False)
        beyond = index >= self._rows.end or index < self._rows.start
        if beyond and (self._cursor == before or not self._is_all(1 if index > before else -1)):
            self.post_message(self.Edge(1 if index > before else -1, far=False))

    def action_first(self) -> None:
        """Go to the oldest row there is."""
        if self._is_all(-1):
            super().action_first()
        else:
            self.post_message(self.Edge(-1, far=True))

    def action_follow(self) -> None:
        """Go to the newest row and load newer ones."""
        if self._is_all(1):
            super().action_follow()
        self.post_message(self.Edge(1, far=True))
