"""``arcwatch stack``: the demo's brokers without the screen, left running in the background."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import TextIO

import msgspec
from msgspec import Struct

from arcwatch.errors import UsageError
from arcwatch.stack import local
from arcwatch.stack.local import LocalStack
from arcwatch.stack.ports import Ports
from arcwatch.stack.state import Endpoints, Extra, Part, PartName, StackState
from arcwatch.text.control_characters import escaped_json, printable

from .flag_values import seed

_EPILOG = """\
examples:
  arcwatch stack up --traffic
  arcwatch stack status --json | jq -r .endpoints.nats
  arcwatch stack down

The first `up` downloads Pulsar, 245 MB, into a cache (ARCWATCH_CACHE); its data stays in the
user's state folder (ARCWATCH_STATE) until that is removed.  `status` exits with 1 when a part is
not running.
"""

_EXTRAS: dict[Extra, str] = {
    "transactions": "enable transactions in Pulsar, and use some in the traffic",
    "functions": "run a functions worker in Pulsar, with two functions in the traffic",
    "geo": "start a second Pulsar, which arc/agents is replicated to",
    "offload": "offload ledgers to a local S3, kept in memory; downloads 62 MB once",
}


class Report(Struct, frozen=True):
    """What ``--json`` prints."""

    running: bool
    home: str
    """Folder of the brokers' data and logs."""
    endpoints: Endpoints | None
    """None where nothing runs."""
    parts: dict[PartName, Part]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add ``up``, ``down`` and ``status``."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    up = actions.add_parser("up", help="start the brokers and leave them running")
    up.add_argument("--traffic", action="store_true", help="generate traffic")
    up.add_argument(
        "--seed", type=seed, default=7, metavar="N", help="seed of the traffic generator (7)"
    )
    up.add_argument("--no-pulsar", action="store_true", help="NATS only; no download")
    add_extras(up)
    up.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wait until they answer (the default), or return at once",
    )
    actions.add_parser("down", help="stop them; their data is kept")
    status = actions.add_parser("status", help="what is running, and where")
    for action in (up, status):
        action.add_argument("--json", action="store_true", help="one JSON document")


def add_extras(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each optional part of the local Pulsar."""
    for extra, meaning in _EXTRAS.items():
        parser.add_argument(f"--{extra}", action="store_true", help=meaning)


def extras(args: argparse.Namespace) -> tuple[Extra, ...]:
    """The extras that the flags ask for.

    Raises:
        UsageError: Without Pulsar there are none.
    """
    found = tuple(extra for extra in _EXTRAS if getattr(args, extra))
    if found and args.no_pulsar:
        raise UsageError(f"--{found[0]} needs Pulsar", hint="remove --no-pulsar")
    return found


def run(args: argparse.Namespace) -> int:
    """Run ``args.action``.

    Returns:
        The exit code: 0 done, 1 could not.

    Raises:
        StackError: The brokers could not be started.
    """
    return {"up": _up, "down": _down, "status": _status}[args.action](args)


def _up(args: argparse.Namespace) -> int:
    home = local.lasting_home()
    if stack := local.running(home):
        print("already up", file=sys.stderr)
    else:
        stack = local.start(
            home,
            ports=Ports.usual(),
            pulsar=not args.no_pulsar,
            traffic=args.traffic,
            seed=args.seed,
            extras=extras(args),
        )
        if args.wait:
            _wait(stack)
        stack.release()
    _show(_report(stack, stack.status()), as_json=args.json)
    return 0


def _wait(stack: LocalStack) -> None:
    progress = Progress(sys.stderr)
    try:
        stack.ready(watch=progress)
    except BaseException:
        # whatever ends the wait, ctrl-c included, leaves no broker behind
        stack.stop()
        raise
    finally:
        progress.end()


def _down(_args: argparse.Namespace) -> int:
    print("stopped" if local.stop_in(local.lasting_home()) else "nothing was running")
    return 0


def _status(args: argparse.Namespace) -> int:
    stack = local.running(local.lasting_home())
    state = None if stack is None else stack.status()
    _show(_report(stack, state), as_json=args.json)
    return 0 if state is not None and state.ready else 1


def _report(stack: LocalStack | None, state: StackState | None) -> Report:
    return Report(
        running=stack is not None,
        home=str(local.lasting_home()),
        endpoints=None if stack is None else stack.endpoints,
        parts={} if state is None else state.parts,
    )


def _show(report: Report, *, as_json: bool) -> None:
    if as_json:
        print(escaped_json(msgspec.json.format(msgspec.json.encode(report)).decode()))
        return
    if report.endpoints is None:
        print("nothing is running; `arcwatch stack up` starts it")
        return
    for name, url in msgspec.structs.asdict(report.endpoints).items():
        if url is not None:
            print(f"{name.replace('_', '-'):14}{url}")
    for name, part in report.parts.items():
        if part.stage:
            print(f"{name:14}{printable(part.stage, limit=300)}")
    print(f"{'data':14}{report.home}")


class Progress:
    """Shows what a starting stack waits for: one line that changes on a terminal, else plain lines.

    Args:
        out: Where; nothing is drawn over anything unless it is a terminal.
    """

    WIDTH = 30
    """Cells of the bar."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._live = out, out.isatty()
        self._printed: dict[str, str] = {}

    def __call__(self, state: StackState) -> None:
        waiting = {name: part for name, part in state.parts.items() if part.stage}
        if self._live:
            room = shutil.get_terminal_size().columns - 1
            self._draw("; ".join(self._line(part) for part in waiting.values())[:room])
            return
        for name, part in waiting.items():
            tenth = part.done * 10 // part.total if part.total else 0
            step = f"{part.stage.partition(':')[0]}{tenth}"
            if self._printed.get(name) != step:
                self._printed[name] = step
                self._out.write(f"{printable(part.stage)}\n")
                self._out.flush()

    def end(self) -> None:
        """Leave a clean line for the next output."""
        if self._live:
            self._draw("")

    def _draw(self, line: str) -> None:
        if self._printed.get("") != line:
            self._printed[""] = line
            self._out.write(f"\r\x1b[K{line}")
            self._out.flush()

    def _line(self, part: Part) -> str:
        stage = printable(part.stage, limit=100)
        if not part.total:
            return stage
        full = self.WIDTH * part.done // part.total
        return f"{stage} [{'#' * full}{'.' * (self.WIDTH - full)}]"
