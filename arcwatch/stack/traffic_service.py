"""Runs the traffic that makes the local brokers busy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .distribution import PULSAR
from .process import Command, line_of_failure
from .service import plain_environment
from .state import Endpoints, PartName, Plan

if TYPE_CHECKING:
    import httpx


class TrafficService:
    """The traffic generator, a process of its own."""

    part: PartName = "traffic"
    title = "the traffic"

    def __init__(self, plan: Plan, endpoints: Endpoints) -> None:
        self._plan, self._endpoints = plan, endpoints
        self.log = Path(plan.home) / "traffic.log"

    def command(self) -> Command:
        """Run ``python -m arcwatch.stack.traffic`` on these brokers."""
        ends = self._endpoints
        flags = {"--nats": ends.nats, "--pulsar": ends.pulsar, "--pulsar-admin": ends.pulsar_admin}
        given = [word for flag, url in flags.items() if url for word in (flag, url)]
        if "functions" in self._plan.extras:
            tree = Path(self._plan.cache) / PULSAR.folder
            given += ["--functions", str(tree / "examples" / "api-examples.jar")]
        if "transactions" in self._plan.extras:
            given.append("--transactions")
        argv = (sys.executable, "-P", "-m", "arcwatch.stack.traffic", *given)
        return Command(
            (*argv, "--seed", str(self._plan.seed)),
            log=self.log,
            folder=Path(self._plan.home),
            env=plain_environment(),
        )

    async def answers(self, _http: httpx.AsyncClient) -> bool:
        """True: it waits for its brokers by itself."""
        return True

    def why(self) -> str:
        """The last line about an error."""
        return line_of_failure(self.log, ("Error",))
