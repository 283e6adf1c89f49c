"""A list of messages and the open one: beside each other where there is room, else below."""

from __future__ import annotations

from textual.containers import Container

WIDE, TALL = 132, 20
"""Cells and lines of a screen on which an open message stands beside its list."""


class MessagePanes(Container):
    """Its children below each other, or beside each other."""

    DEFAULT_CSS = """
    MessagePanes {
        height: 1fr;
        layout: vertical;
        &.-beside { layout: horizontal; }
        &.-beside > MessageList { width: 48; }
        &.-beside > Inspector {
            width: 1fr;
            height: 1fr;
            border-left: solid $border-blurred;
        }
    }
    """

    def place_beside(self, *, beside: bool) -> bool:
        """Put the open message beside the list where the screen allows; return whether it is."""
        size = self.app.size
        is_beside = beside and size.width >= WIDE and size.height >= TALL
        self.set_class(is_beside, "-beside")
        return is_beside
