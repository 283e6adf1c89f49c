"""Runs arcwatch, and writes down what each of its frames cost once it has been left.

    python tests/bench/clocked.py NOTES ARGUMENT ...

Costs are CPU time of the one thread that draws, so that neither a busy machine nor the thread
that reads a metrics page counts.
"""

import json
import os
import sys
import time
from pathlib import Path

# as the dashboard sets them itself, which here would be after Textual has read them
os.environ |= {"TEXTUAL_FPS": "30", "TEXTUAL_ANIMATIONS": "none"}

from textual.screen import Screen

from arcwatch.cli import run
from arcwatch.ui.app import Arcwatch

notes = []
"""The view, whether it was drawn anew, and the milliseconds that it took to draw and to paint."""


def clocked(work):
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def note_frames():
    frame, paint = Arcwatch.frame, Screen._compositor_refresh

    def frame_noted(self):
        before = self._seen
        took = clocked(lambda: frame(self))
        notes.append([self.views.current, self._seen != before, took, 0.0])

    def paint_noted(self):
        took = clocked(lambda: paint(self))
        if notes:
            notes[-1][3] += took

    Arcwatch.frame, Screen._compositor_refresh = frame_noted, paint_noted


if __name__ == "__main__":
    note_frames()
    code = run(sys.argv[2:])
    Path(sys.argv[1]).write_text(json.dumps(notes))
    sys.exit(code)
