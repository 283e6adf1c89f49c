"""Client of the process that reads histories, so that no scan blocks the screen."""

from __future__ import annotations

from typing import Any

from arcwatch.config.settings import Settings
from arcwatch.model.history import Opened

from .client import ProcessClient
from .history_protocol import Open, Use
from .requests import Request


class HistoryProcess(ProcessClient):
    """Reads one history at a time, in a process of its own; see :mod:`.history_protocol`.

    A process that has ended and is started again opens what was open.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__("arcwatch.processes.history_server", "history's", Use(settings))
        self._address = ""
        self._places: tuple[str, ...] = ()

    async def open(self, address: str) -> Opened:
        """Open the history of an address, and close the one that was open."""
        self._address, self._places = address, ()
        opened = await self.ask(Open(address))
        if self._address == address:
            self._places = opened.places
        return opened

    async def restore(self, request: Request[Any]) -> None:
        """Open what was open."""
        if self._address and not isinstance(request, Open):
            # the same places: positions are by their order
            await self.ask(Open(self._address, self._places))
