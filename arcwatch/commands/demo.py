"""``arcwatch demo``: real brokers, made busy, and the screen on them."""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import sys
from typing import TYPE_CHECKING

from arcwatch.config import alert_settings, appearance
from arcwatch.config.settings import PLACES, Settings
from arcwatch.model.reading import Stage, System

TIP = "j k walk the backlogs · W says why · t tails one · b reads it back · : goes anywhere"
"""What to try first."""
BAR = 20
"""Cells of the bar that shows how much is fetched."""

if TYPE_CHECKING:
    from arcwatch.stack.local import LocalStack
    from arcwatch.stack.ports import Ports
    from arcwatch.stack.state import Endpoints, Part

_EPILOG = """\
Starts a local nats-server and a local Apache Pulsar, without Docker or Java, and a small platform
of agents that generates traffic.  The first start downloads Pulsar (245 MB), once for all versions
of arcwatch.  Everything listens on 127.0.0.1 only, and stops when you quit.

examples:
  arcwatch demo
  arcwatch demo --no-pulsar     NATS only: no download, ready in a second
  arcwatch stack up --traffic   the same brokers without the dashboard, until `arcwatch stack down`
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    from .flag_values import seed
    from .screen_flags import add_screen_flags
    from .stack import add_extras

    parser.epilog = _EPILOG
    add_screen_flags(parser)
    parser.add_argument("--no-pulsar", action="store_true", help="start NATS only")
    parser.add_argument(
        "--seed", type=seed, default=7, metavar="N", help="seed of the traffic generator"
    )
    add_extras(parser)


def run(args: argparse.Namespace) -> int:
    """Start the brokers, show the screen, and stop them."""
    from arcwatch.stack import local
    from arcwatch.stack.ports import Ports

    from .dashboard import check_terminal, show
    from .screen_flags import screen_flags
    from .stack import extras

    # a mistake in the settings is reported before minutes are spent on brokers
    flags = screen_flags(args)
    look = appearance.load(flags, os.environ)
    alert_settings.load()
    extra_names = extras(args)
    check_terminal()
    ports = Ports.usual()
    stack = local.start(
        local.passing_home(),
        ports=ports,
        pulsar=not args.no_pulsar,
        traffic=True,
        seed=args.seed,
        disposable=True,
        extras=extra_names,
    )
    try:
        return show(
            settings_for(stack.endpoints, named(ports)),
            look,
            changes=bool(flags.get("allow_changes")),
            stages=StackStages(stack),
            tip=TIP,
        )
    finally:
        _write("stopping the brokers …\n")
        # without a terminal nobody waits: the brokers stop when this process has ended
        if sys.stdin.isatty():
            stack.stop()


def _write(text: str) -> None:
    """Write a line, unless the terminal has gone or takes nothing."""
    with contextlib.suppress(OSError, ValueError):
        _, takes, _ = select.select([], [sys.stderr], [], 0)
        if takes:
            sys.stderr.write(text)


class StackStages:
    """What the halves of the screen wait for."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack

    def read(self) -> dict[System, Stage]:
        """The stage of each half, now."""
        state = self._stack.status()
        parts: dict[System, Part] = {"nats": state.nats, "pulsar": state.pulsar}
        return {
            system: Stage(
                f"{part.stage}{_bar(part)}",
                failed=part.failed,
                hint=part.hint if part.failed else "",
            )
            for system, part in parts.items()
            if not part.off
        }


def _bar(part: Part) -> str:
    if not part.total:
        return ""
    done = round(BAR * part.done / part.total)
    return f"  [{'#' * done}{'.' * (BAR - done)}] {part.done / part.total:.0%}"


def named(ports: Ports) -> str:
    """What the header calls the brokers: with their ports where those are not the usual ones."""
    numbers = (ports.nats, ports.nats_monitor, ports.pulsar, ports.pulsar_admin)
    usual = (4222, 8222, 6650, 8080)
    return "demo" if numbers == usual else f"demo {' '.join(map(str, numbers))}"


def settings_for(endpoints: Endpoints, name: str = "demo") -> Settings:
    """Where the demo's brokers are."""
    origins = dict.fromkeys(PLACES, "the demo's brokers")
    if endpoints.pulsar is None:
        origins |= {"pulsar": "--no-pulsar", "pulsar_admin": "--no-pulsar"}
    return Settings(
        context=name,
        nats=endpoints.nats,
        nats_monitors=(endpoints.nats_monitor,),
        pulsar=endpoints.pulsar,
        pulsar_admin=endpoints.pulsar_admin,
        origins=origins,
    )
