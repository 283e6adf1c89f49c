"""End the program on request even if its event loop is blocked.

A thread that needs neither the loop nor the main thread: signals reach it through a pipe that the
interpreter's C handler writes to, and the end of the terminal through ``poll``.
"""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

GRACE = 0.7
"""Seconds to end in good order once the program was asked to, or its terminal has gone."""

QUITTING = 3.0
"""Seconds to end in good order once the user has quit."""

TAKES = 500
"""Milliseconds that a terminal gets to take what restores it; one that has gone needs none."""

RESTORED = (
    # ends what may have been cut off within
    b"\x18"
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?7h"
    b"\x1b[?1049l\x1b[?25h"
)
"""Takes back what the screen has set: mouse, paste, focus, keys; then the main screen, a cursor."""

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_STOP = 0
_LEAVE = 254
_QUIT = 255


class Watchdog:
    """Watches over one run of the screen; entered and left by the main thread.

    Children of ours end by themselves: the pipes that they read close with this process.
    """

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._attributes = termios.tcgetattr(terminal)
        self._ask: Callable[[], object] | None = None
        self._deadline: float | None = None
        self._is_asked_to_quit = False
        self._code = 0
        self._handlers: dict[int, Any] = {}
        self._reader = self._writer = self._wakeup = -1
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._handlers = {number: signal.signal(number, _nothing) for number in _SIGNALS}
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_asked_to_quit and error is None:
            # all is in good order; the interpreter's own end would take longer, and end this thread
            os._exit(0)
        os.write(self._writer, bytes([_STOP]))
        self._thread.join()
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def attend(self, ask: Callable[[], object]) -> None:
        """Ask like this, from the watchdog's thread, for an end in good order."""
        self._ask = ask

    def quitting(self) -> None:
        """The user has quit: what takes too long to end is ended."""
        os.write(self._writer, bytes([_QUIT]))

    def leave(self) -> None:
        """End within :data:`GRACE`, as on request; thread-safe."""
        os.write(self._writer, bytes([_LEAVE]))

    def quit(self) -> None:
        """Everything has ended, and something else may begin."""
        if not self._is_asked_to_quit:
            self._deadline = None

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        # a terminal that hangs up is reported without being asked for
        poll.register(self._terminal, 0)
        while True:
            left = None if self._deadline is None else self._deadline - time.monotonic()
            if left is not None and left <= 0:
                self._end()
            for number, _ in poll.poll(None if left is None else left * 1000):
                if number == self._terminal:
                    poll.unregister(self._terminal)
                    self._ask_to_quit(128 + signal.SIGHUP)
                elif not self._handle(os.read(self._reader, 64)):
                    return

    def _handle(self, request: bytes) -> bool:
        """Act on a command from the pipe; return whether to continue."""
        for number in request:
            if number in _SIGNALS:
                self._ask_to_quit(128 + number)
            elif number == _LEAVE:
                self._ask_to_quit(0)
            elif number == _QUIT and self._deadline is None:
                self._deadline = time.monotonic() + QUITTING
        return _STOP not in request

    def _ask_to_quit(self, code: int) -> None:
        if self._is_asked_to_quit:
            return
        self._is_asked_to_quit = True
        self._code, self._deadline = code, time.monotonic() + GRACE
        if self._ask:
            try:
                self._ask()
            except RuntimeError:
                # the loop has ended already
                return

    def _end(self) -> None:
        restore(self._terminal, self._attributes)
        os._exit(self._code)


def restore(terminal: int, attributes: list[Any]) -> None:
    """Make a terminal what it was, as far as it lets us without waiting for it."""
    from .output import open_terminal

    try:
        # another process may have it meanwhile, and we would be stopped for touching it
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        again = open_terminal(terminal)
        poll = select.poll()
        poll.register(again, select.POLLOUT)
        if not os.get_blocking(again) and poll.poll(TAKES):
            os.write(again, RESTORED)
    except (OSError, termios.error):
        # it has gone, or takes nothing
        return


def _nothing(number: int, frame: FrameType | None) -> None:
    """Handle a signal: that there is a handler lets the interpreter write to the pipe."""
