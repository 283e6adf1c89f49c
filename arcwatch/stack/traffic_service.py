"""Runs the traffic that makes the local brokers busy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .process import Command, line_of_failure
from .service import plain_environment
from .state import Endpoints, PartName

if TYPE_CHECKING:
    import httpx


class TrafficService:
    """The traffic generator, a process of its own."""

    part: PartName = "traffic"
    title = "the traffic"

    def __init__(self, home: Path, endpoints: Endpoints, seed: int) -> None:
        self._home, self._endpoints, self._seed = home, endpoints, seed
        self.log = home / "traffic.log"

    def command(self) -> Command:
        """Run ``python -m arcwatch.stack.traffic`` on these brokers."""
        ends = self._endpoints
        flags = {"--nats": ends.nats, "--pulsar": ends.pulsar, "--pulsar-admin": ends.pulsar_admin}
        given = [word for flag, url in flags.items() if url for word in (flag, url)]
        argv = (sys.executable, "-P", "-m", "arcwatch.stack.traffic", *given)
        return Command(
            (*argv, "--seed", str(self._seed)),
            log=self.log,
            folder=self._home,
            env=plain_environment(),
        )

    async def answers(self, _http: httpx.AsyncClient) -> bool:
        """True: it waits for its brokers by itself."""
        return True

    def why(self) -> str:
        """The last line about an error."""
        return line_of_failure(self.log, ("Error",))
