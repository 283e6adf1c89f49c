"""Render to standard output, wherever standard error goes."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import Protocol, runtime_checkable

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from .output import Output, open_terminal


@runtime_checkable
class ReadsKeys(Protocol):
    """An app that sees each key before its event loop does."""

    def key_read(self, key: events.Key) -> None:
        """Take a key; called by the thread that reads the terminal."""


class TerminalDriver(LinuxDriver):
    """Textual's own driver, with an output that never waits for the terminal.

    Textual's writes to standard error, which `2>file` sends elsewhere, and lets the loop wait
    once 30 pieces do.
    """

    _output: Output | None = None

    def start_application_mode(self) -> None:
        """Begin to draw."""
        loop = asyncio.get_running_loop()
        assert sys.__stdout__ is not None, "checked to be a terminal before anything is drawn"
        terminal = open_terminal(sys.__stdout__.fileno())
        # parts of the picture were dropped: all of it is drawn again
        redraw = partial(self._app.refresh, layout=True)
        self._output = Output(terminal, lambda: loop.call_soon_threadsafe(redraw))
        super().start_application_mode()  # type: ignore[no-untyped-call]  # not annotated

    def write(self, data: str) -> None:
        """Write to the terminal, soon."""
        assert self._output is not None, "begun"
        self._output.put(data)

    def process_message(self, message: Message) -> None:
        """Hand an event to the app, whose loop may be busy for seconds while it starts."""
        if isinstance(message, events.Key) and isinstance(self._app, ReadsKeys):
            self._app.key_read(message)
        super().process_message(message)

    def close(self) -> None:
        """End, without waiting for a terminal that is not read."""
        super().close()
        if self._output is not None:
            self._output.close()
