"""Where the picture goes: to standard output, whatever standard error is."""

from __future__ import annotations

import sys
from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Textual's own driver draws on standard error, which `2>file` sends elsewhere."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # checked to be a terminal before anything is drawn
        self._file = sys.__stdout__
