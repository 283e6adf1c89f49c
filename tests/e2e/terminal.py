"""A real pseudo-terminal with a program on it: its screen as text, its keyboard, its end."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time

import psutil
import pyte

KEYS = {
    "esc": "\x1b",
    "enter": "\r",
    "tab": "\t",
    "ctrl+c": "\x03",
    "ctrl+z": "\x1a",
    "down": "\x1b[B",
    "up": "\x1b[A",
}

# the shell opens the terminal by name, which makes it the one that ctrl-c and a hang-up come from
_ON_THE_TERMINAL = 'exec "$@" <>"$TTY" >&0 2>&0'

_ANSWERS = {b"\x1b[c": b"\x1b[?62;22c", b"\x1b[6n": b"\x1b[1;1R"}
"""What programs ask a terminal, and what one answers."""

_UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z$]*[pqu]|\x1bP.*?\x1b\\", re.S)
"""Sequences that terminals obey and the emulator would print."""

_UNFINISHED = re.compile(rb"\x1b[^a-zA-Z]*$")


def _inherited():
    # a size in the environment stands before the terminal's own, and pytest-xdist sets one
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


LAST = 0.3
"""Seconds of silence after which a program that has ended has written nothing more."""


class Terminal:
    """Runs a program until the ``with`` block is left, then kills it if it still runs.

    Args:
        argv: The program and its arguments.
        columns: Of the screen.
        rows: Of the screen.
        environment: Variables besides, or instead of, our own.
    """

    def __init__(self, *argv, columns=160, rows=48, **environment):
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._rest = b""
        self.written = bytearray()
        """All that the program ever wrote."""
        self._ours, theirs = os.openpty()
        self._size(columns, rows, theirs)
        self.settings = termios.tcgetattr(theirs)
        tty = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TTY": os.ttyname(theirs)}
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _ON_THE_TERMINAL, "sh", *argv],
            start_new_session=True,
            env=_inherited() | tty | environment,
        )
        # held open, so that what was written last can still be read when the program has gone
        self._theirs = theirs
        self.process = psutil.Process(self._process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.hang_up()

    # -- looking ------------------------------------------------------------------------------

    @property
    def text(self):
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def rows_on(self, colour, column=10):
        """The lines of the screen whose cell in this column has this background, as ``24476b``."""
        lines = self._screen.buffer
        return [y for y in range(self._screen.lines) if lines[y][column].bg == colour]

    def until(self, wanted, seconds=30.0):
        """Read until the screen is as wanted.

        Args:
            wanted: A pattern to find in the text, or a function of it that says whether it is.
            seconds: How long to wait at most.

        Returns:
            What was found, or what the function returned.
        """
        looks = re.compile(wanted, re.S | re.M).search if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + seconds
        while not (found := looks(self.text)):
            alive = self._process.poll() is None
            left = deadline - time.monotonic()
            if not self.read(min(left, 0.1)) and (left <= 0 or not alive):
                raise AssertionError(f"waited for {wanted} and saw\n{self.text}")
        return found

    def read(self, seconds):
        """Take what the program has written, waiting so long for it; whether there was any."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, seconds))
        if not ready:
            return False
        data = os.read(self._ours, 1 << 16)
        self.written += data
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._ours, answer)
        data = self._rest + data
        unfinished = _UNFINISHED.search(data)
        self._rest = unfinished[0] if unfinished else b""
        self._stream.feed(_UNKNOWN.sub(b"", data[: len(data) - len(self._rest)]))
        return True

    # -- acting -------------------------------------------------------------------------------

    def press(self, *keys):
        """Type keys, by their name or as they are."""
        for key in keys:
            os.write(self._ours, KEYS.get(key, key).encode())

    def signal(self, number):
        """Send the program a signal."""
        os.kill(self.process.pid, number)

    def resize(self, columns, rows):
        """Make the window another size."""
        self._screen.resize(rows, columns)
        self._size(columns, rows, self._theirs)

    @staticmethod
    def _size(columns, rows, tty):
        fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def stop_reading(self):
        """Let the terminal take nothing more, as ctrl-s does."""
        termios.tcflow(self._theirs, termios.TCOOFF)

    def go_on_reading(self):
        """Let it take what is written again, as ctrl-q does."""
        termios.tcflow(self._theirs, termios.TCOON)

    def hang_up(self):
        """Close the terminal."""
        for end in ("_ours", "_theirs"):
            if (number := getattr(self, end)) is not None:
                setattr(self, end, None)
                os.close(number)

    def wait(self, seconds=30.0):
        """The exit code, once the program has ended; what it still writes is read."""
        deadline = time.monotonic() + seconds
        # what was written last may take the kernel a moment to pass on
        while (code := self._process.poll()) is None or (self._ours and self.read(LAST)):
            if self._ours is None or not self.read(0.05):
                time.sleep(0.01)
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
        return code

    # -- what a program leaves ----------------------------------------------------------------

    @property
    def is_restored(self):
        """Whether the terminal is as it was: the main screen, the cursor, keys and mouse."""
        on_and_off = [(1049, b"h", b"l"), (25, b"l", b"h"), (1000, b"h", b"l"), (2004, b"h", b"l")]
        for mode, changed, back in on_and_off:
            set_at = self.written.rfind(b"\x1b[?%d%s" % (mode, changed))
            if set_at >= 0 and self.written.rfind(b"\x1b[?%d%s" % (mode, back)) < set_at:
                return False
        return termios.tcgetattr(self._theirs)[:4] == self.settings[:4]


def tree_of(process):
    """The process and all it has started, directly or not."""
    return [process, *process.children(recursive=True)]


def is_gone(processes, seconds=20.0):
    """Wait until none of them lives; a zombie, which only waits to be noticed, does not."""
    deadline = time.monotonic() + seconds
    while any(map(lives, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(lives, processes))


def lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
