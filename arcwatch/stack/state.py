"""The state of a local stack, which its keeper publishes in a small file beside the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from arcwatch.files.private import replace_file
from arcwatch.files.reading import read_json

from .ports import HOST, Ports

PartName: TypeAlias = Literal["nats", "pulsar", "remote", "s3", "traffic"]
PARTS: tuple[PartName, ...] = ("nats", "pulsar", "remote", "s3", "traffic")

Extra: TypeAlias = Literal["transactions", "geo", "functions", "offload"]
"""What the local Pulsar can have besides."""


class Endpoints(Struct, frozen=True):
    """Where the brokers are asked.  None is a part that is left out."""

    nats: str
    """``nats://127.0.0.1:4222``."""
    nats_monitor: str
    """``http://127.0.0.1:8222``."""
    pulsar: str | None
    """``pulsar://127.0.0.1:6650``."""
    pulsar_admin: str | None
    """``http://127.0.0.1:8080``: the admin API and ``/metrics/``."""
    remote: str | None = None
    remote_admin: str | None = None
    """The same of the cluster that this one replicates to."""
    s3: str | None = None
    """``http://127.0.0.1:9000``: what it offloads to."""

    @classmethod
    def at(cls, ports: Ports, *, pulsar: bool) -> Endpoints:
        """The URLs of brokers on these ports."""
        return cls(
            nats=f"nats://{HOST}:{ports.nats}",
            nats_monitor=f"http://{HOST}:{ports.nats_monitor}",
            pulsar=f"pulsar://{HOST}:{ports.pulsar}" if pulsar else None,
            pulsar_admin=f"http://{HOST}:{ports.pulsar_admin}" if pulsar else None,
            remote=f"pulsar://{HOST}:{ports.remote}" if ports.remote else None,
            remote_admin=f"http://{HOST}:{ports.remote_admin}" if ports.remote else None,
            s3=f"http://{HOST}:{ports.s3}" if ports.s3 else None,
        )


class Part(Struct, frozen=True):
    """One process of the stack, and how far it is."""

    stage: str = ""
    """``fetching Pulsar 4.0.8: 112 of 245 MB``; empty once it runs."""
    ready: bool = False
    """It answers, and answered last time it was asked while starting."""
    failed: bool = False
    """It will not come up by itself; ``stage`` is the reason."""
    hint: str = ""
    """What to try when it failed."""
    off: bool = False
    """Nobody asked for it."""
    pid: Annotated[int, Meta(gt=1, lt=2**31)] | None = None
    log: str | None = None
    """Path of what it prints."""
    done: int = 0
    """Bytes fetched so far, while fetching."""
    total: int = 0
    """Bytes to fetch, while fetching; 0 otherwise."""


class StackState(Struct, frozen=True):
    """The whole stack at one moment."""

    keeper: int
    """Process id of the supervising process, which owns all others."""
    endpoints: Endpoints
    nats: Part
    pulsar: Part
    traffic: Part
    remote: Part = Part(off=True)
    s3: Part = Part(off=True)

    @classmethod
    def coming(cls, keeper: int, endpoints: Endpoints, *, traffic: bool) -> StackState:
        """Before anything has been started."""
        return cls(
            keeper=keeper,
            endpoints=endpoints,
            nats=Part(stage="starting nats-server"),
            pulsar=Part(stage="starting Pulsar", off=endpoints.pulsar is None),
            traffic=Part(stage="the traffic generator is waiting for NATS", off=not traffic),
            remote=Part(stage="starting the remote Pulsar", off=endpoints.remote is None),
            s3=Part(stage="starting the local S3", off=endpoints.s3 is None),
        )

    @property
    def parts(self) -> dict[PartName, Part]:
        """The requested parts."""
        return {name: part for name in PARTS if not (part := getattr(self, name)).off}

    @property
    def ready(self) -> bool:
        """Whether every requested part is running."""
        return all(part.ready for part in self.parts.values())

    @property
    def failed(self) -> bool:
        """Whether some part will not start without intervention."""
        return any(part.failed for part in self.parts.values())


def keeper_lock(home: Path) -> Path:
    """The lock that the keeper of ``home`` holds while it lives."""
    return home / "keeper.lock"


def keeper_log(home: Path) -> Path:
    """The log of unexpected errors of the keeper of ``home``."""
    return home / "keeper.log"


def state_file(home: Path) -> Path:
    """Where the state of the stack in ``home`` is kept."""
    return home / "state.json"


def read_state(home: Path) -> StackState | None:
    """The state last written, or None where there is none that we can read."""
    try:
        return read_json(state_file(home), StackState)
    except (OSError, ValueError):
        return None


def write_state(home: Path, state: StackState) -> None:
    """Replace the state; a reader sees the old one or the new one, never a part of it."""
    replace_file(state_file(home), msgspec.json.encode(state))


class Plan(Struct, frozen=True):
    """What a keeper is to run."""

    home: str
    """Folder of everything it writes."""
    ports: Ports
    cache: str
    """Where the Pulsar distribution is kept."""
    pulsar: bool
    traffic: bool
    seed: int
    starter: int
    """The process to end with, unless it writes to our standard input first."""
    disposable: bool
    """Remove ``home`` at the end; then nobody needs to end in order, either."""
    extras: tuple[Extra, ...] = ()
