"""Ends this process before it takes the machine's memory.

Pulsar's client library allocates a frame of whatever length a broker announces, in threads of
its own and outside of Python's reach.  What cannot be refused can only be watched: the processes
that load the library are helpers or single verbs, and end with an error instead of swapping.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from pathlib import Path

from arcwatch.files.private import state_folder

from .crash_report import EXIT_CODE as BUG

EXIT_CODE = 71
"""Of a helper process that outgrew its bound (``EX_OSERR`` of sysexits.h)."""
MOST = 1 << 30
"""Bytes of resident memory that a process may gain after its bound was set."""
WATCH = 0.02
"""Seconds between two looks.  At 2 GB/s, what the library fills in that time is 40 MB."""

_WHY = "it used too much memory: a Pulsar broker sent invalid data or very large messages"
_HINT = "tail or read fewer topics at a time, and check the address of the broker"
_STATM = Path("/proc/self/statm")


class _Watch(threading.Thread):
    def __init__(self, code: int) -> None:
        super().__init__(name="memory", daemon=True)
        self.most, self._code = resident() + MOST, code

    def run(self) -> None:
        while resident() <= self.most:
            time.sleep(WATCH)
        # No unwinding: it would need the memory, and the interpreter that is being starved.
        os.write(2, f"arcwatch: ended: {_WHY}\n  try: {_HINT}\n".encode())
        os._exit(self._code)


_watch: _Watch | None = None


def bound_memory(*, code: int = 1, extra: int = 0) -> None:
    """End this process once it has grown by more than :data:`MOST` bytes.

    Args:
        extra: Bytes that our own data is about to need besides.
    """
    global _watch
    if _watch is None:
        _watch = _Watch(code)
        _watch.start()
    if extra:
        _watch.most = max(_watch.most, resident() + MOST + extra)


def why_ended(code: int) -> tuple[str, str]:
    """Why a helper process ended by itself, and what to try."""
    if code == EXIT_CODE:
        return _WHY, _HINT
    if code == BUG:
        return "a bug in arcwatch", f"please report it with {state_folder() / 'crash.txt'}"
    if code < 0:
        why = f"killed by {signal.Signals(-code).name}" if -code in _SIGNALS else f"signal {-code}"
        return why, "open it again; `dmesg` shows whether the machine ran out of memory"
    return f"exit code {code}", "open it again"


_SIGNALS = frozenset(signal.Signals)


def resident() -> int:
    """Resident bytes of this process; the maximum where the present is not reported."""
    try:
        return int(_STATM.read_bytes().split()[1]) * resource.getpagesize()
    except OSError:
        # macOS has no /proc, and counts in bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
