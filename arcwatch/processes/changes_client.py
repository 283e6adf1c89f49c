"""Client of the process that rewinds and replays, so that neither blocks the screen."""

from __future__ import annotations

from arcwatch.config.settings import Settings

from .changes_protocol import Use
from .client import ProcessClient


class ChangesProcess(ProcessClient):
    """One rewind, or one replay, at a time; see :mod:`.changes_protocol`."""

    def __init__(self, settings: Settings, *, allowed: bool) -> None:
        super().__init__("arcwatch.processes.changes_server", "change's", Use(settings, allowed))
