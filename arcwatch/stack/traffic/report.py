"""One line on stderr for each thing that happens to the traffic, and no line twice in a row."""

from __future__ import annotations

import contextlib
import sys

from arcwatch.text.control_characters import printable


class Report:
    """Reports on one half of the traffic (``part``: ``nats`` or ``pulsar``)."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._last = ""

    def __call__(self, event: str) -> None:
        """Write the first line of ``event`` unless it repeats the last one."""
        event = event.partition("\n")[0]
        if event == self._last:
            return
        self._last = event
        # the reader may be gone, which is no reason for the traffic to stop
        with contextlib.suppress(OSError):
            sys.stderr.write(f"arcwatch traffic: {self._part}: {printable(event, 300)}\n")
            sys.stderr.flush()
