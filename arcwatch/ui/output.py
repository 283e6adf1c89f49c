"""Write to the terminal without blocking: a stalled terminal delays nothing."""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

LIMIT = 1 << 20
"""Bytes that may wait for the terminal; beyond, they are dropped for a whole new picture."""

CLOSING, SLOW = 0.3, 2.0
"""Seconds that a terminal gets to take what was written last: one that takes nothing, and one that
takes some of it again and again."""

TICK = 100
"""Milliseconds between two looks at whether anything is still to be written."""


def open_terminal(number: int) -> int:
    """A descriptor of its own for the terminal that ``number`` is, one that never blocks.

    That ``number`` itself must not be made so: the shell that started us has it, too.
    """
    try:
        return os.open(os.ttyname(number), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        # a terminal of another mount namespace has no name here
        return os.dup(number)


class Output:
    """A thread that writes.

    Args:
        caught_up: Called by the thread when everything is written again after some was dropped.
    """

    def __init__(self, terminal: int, caught_up: Callable[[], object]) -> None:
        self._terminal, self._caught_up = terminal, caught_up
        self._waiting: deque[bytes] = deque()
        self._size = self._taken = 0
        self._has_dropped = self._is_closing = self._is_given_up = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="output", daemon=True)
        self._thread.start()

    def put(self, text: str) -> None:
        """Write text, soon."""
        data = text.encode("utf-8", "replace")
        with self._changed:
            if self._size + len(data) > LIMIT:
                self._waiting.clear()
                self._size, self._has_dropped = 0, True
            self._waiting.append(data)
            self._size += len(data)
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, if the terminal takes it soon, and end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        end = time.monotonic() + SLOW
        while self._thread.is_alive() and time.monotonic() < end:
            before = self._taken
            self._thread.join(CLOSING)
            if before == self._taken:
                break
        self._is_given_up = True
        self._thread.join(2 * TICK / 1000)
        if not self._thread.is_alive():
            os.close(self._terminal)

    def _run(self) -> None:
        while (data := self._next()) is not None:
            self._write(memoryview(data))

    def _next(self) -> bytes | None:
        """What is to be written next; None at the end."""
        with self._changed:
            if not self._waiting and self._has_dropped:
                self._has_dropped = False
                self._caught_up()
            while not self._waiting and not self._is_closing:
                self._changed.wait()
            if not self._waiting:
                return None
            data = self._waiting.popleft()
            self._size -= len(data)
            return data

    def _write(self, data: memoryview) -> None:
        while data and not self._is_given_up:
            try:
                written = os.write(self._terminal, data)
                data = data[written:]
                self._taken += written
            except BlockingIOError:
                self._wait()
            except OSError:
                # the terminal is gone
                return

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._terminal, select.POLLOUT)
        poll.poll(TICK)
