"""What the keeper needs to know of each program it runs, and what the programs share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from arcwatch.errors import StackError

from .process import Command
from .state import PartName

if TYPE_CHECKING:
    import httpx


_HINT = "install it: pip install 'arcwatch[{}]', or `uv sync` in a checkout"


class Service(Protocol):
    """One of the stack's programs: how it is run, and when it is ready."""

    @property
    def part(self) -> PartName:
        """Its part of the stack's state."""

    @property
    def title(self) -> str:
        """Its name and version, as in ``starting Pulsar 4.0.8``."""

    @property
    def log(self) -> Path:
        """Where what it prints is kept."""

    def command(self) -> Command:
        """Write its files and return its command line.

        Raises:
            StackError: Something that it needs is not there.
        """

    async def answers(self, http: httpx.AsyncClient) -> bool:
        """Whether it does its work; asked over and over while it starts."""

    def why(self) -> str:
        """The line of its log that best explains why it ended; empty if there is none."""


def not_installed(what: str, extra: str = "demo") -> StackError:
    """The error for a missing package of an extra."""
    hint = _HINT.format(extra)
    return StackError(f"{what} is not installed", why="the local stack needs it", hint=hint)


def plain_environment() -> dict[str, str]:
    """Our environment without what would change how a Java runtime or a broker behaves."""
    foreign = ("JAVA_", "_JAVA_", "JDK_", "CLASSPATH", "PULSAR_", "NATS_", "OTEL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
