"""Run a local S3, which Pulsar offloads to: moto's server, on loopback only."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from arcwatch.files.private import private_folder

from .ports import HOST, Ports
from .process import Command, line_of_failure
from .service import not_installed, plain_environment
from .state import PartName

if TYPE_CHECKING:
    import httpx

BUCKET = "offloaded"
KEYS = {"ACCESS_KEY_ID": "local", "ACCESS_KEY_SECRET": "local"}
"""Environment of the broker: its driver demands keys, which nobody checks here."""


class S3:
    """An S3 whose objects are in memory, and gone when it stops."""

    part: PartName = "s3"
    title = "the local S3"

    def __init__(self, home: Path, ports: Ports) -> None:
        self._home, self._port = home, ports.s3
        self.log = home / "s3.log"

    def command(self) -> Command:
        """The server's command line."""
        private_folder(self._home)
        argv = (*executable(), *arguments(f"http://{HOST}:{self._port}"))
        return Command(argv, log=self.log, folder=self._home, env=plain_environment())

    async def answers(self, http: httpx.AsyncClient) -> bool:
        """Whether it has the bucket; creates it if not."""
        return (await http.put(f"http://{HOST}:{self._port}/{BUCKET}")).is_success

    def why(self) -> str:
        """The last line about an error."""
        return line_of_failure(self.log, ("Error",))


def arguments(url: str) -> tuple[str, ...]:
    """Arguments for the server to listen at a URL.

    >>> arguments("http://127.0.0.1:9000")
    ('-m', 'moto.server', '-H', '127.0.0.1', '-p', '9000')
    """
    host, _, port = url.rpartition("/")[2].partition(":")
    return ("-m", "moto.server", "-H", host, "-p", port)


def executable() -> tuple[str, ...]:
    """The interpreter that runs the server.

    Raises:
        StackError: The extra ``offload`` is not installed.
    """
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask_cors") is None:
        raise not_installed("moto", "offload")
    return (sys.executable, "-P")
