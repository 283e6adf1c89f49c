"""The command line: picks a verb, imports only that, and words what went wrong.

Every verb is a module of :mod:`arcwatch.commands` with ``configure(parser)`` and ``run(args)``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from arcwatch import __version__
from arcwatch.config import PLACES, Settings, load
from arcwatch.errors import ArcwatchError
from arcwatch.text import printable

VERBS = {
    "dashboard": "the screen; what arcwatch does when no verb is given",
    "demo": "start real NATS and Pulsar brokers with traffic, and open the screen on them",
    "status": "every figure once, as text or JSON",
    "stack": "the demo's brokers without the screen: up, down, status",
}
"""Each verb and what it does, in the order of ``--help``."""

_EPILOG = """\
examples:
  arcwatch demo                             try it: brokers, traffic and screen in one
  arcwatch                                  watch the brokers on localhost
  arcwatch --nats nats://n1:4222 --pulsar pulsar://p1:6650
  arcwatch --pulsar off                     NATS alone
  arcwatch status --json | jq .problems     the same figures for a script

settings, the first that says something wins:
  flags, --context, environment (NATS_URL ARCWATCH_NATS_MONITOR ARCWATCH_PULSAR
  ARCWATCH_PULSAR_ADMIN ARCWATCH_CONTEXT), .env, arcwatch.toml, localhost
"""


def run(argv: Sequence[str]) -> int:
    """Run one command line.

    Returns:
        The exit code: 0 done, 1 could not, 2 usage.
    """
    try:
        args = _parser(argv).parse_args(argv)
        return int(import_module(f"arcwatch.commands.{args.verb or 'dashboard'}").run(args))
    except ArcwatchError as error:
        complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader has had enough (`| head`); what is still buffered must not raise at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def complain(error: ArcwatchError) -> None:
    """Print an error's two lines on stderr."""
    sys.stderr.write(f"arcwatch: {printable(error.headline, limit=400)}\n")
    if error.hint:
        sys.stderr.write(f"  try: {printable(error.hint, limit=400)}\n")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that a verb's flags, and everything behind them, lead to."""
    flags = {place: getattr(args, place, None) for place in PLACES}
    return load(flags, context=getattr(args, "context", None))


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arcwatch",
        description="One terminal for messages that move through NATS and Apache Pulsar.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"arcwatch {__version__}")
    places = _places()
    _add(parser, places)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for name, summary in VERBS.items():
        verb = verbs.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _add(verb, places)
        if name in argv:
            import_module(f"arcwatch.commands.{name}").configure(verb)
    return parser


def _places() -> dict[str, str]:
    return {
        "--context": "a context of arcwatch.toml",
        "--nats": "client address, nats://localhost:4222; off leaves NATS out",
        "--nats-monitor": "monitoring address, http://localhost:8222; several with commas",
        "--pulsar": "broker address, pulsar://localhost:6650; off leaves Pulsar out",
        "--pulsar-admin": "admin address, http://localhost:8080",
    }


def _add(parser: argparse.ArgumentParser, places: dict[str, str]) -> None:
    group = parser.add_argument_group("where to look")
    for flag, meaning in places.items():
        metavar = "NAME" if flag == "--context" else "URL"
        # before or after the verb: what one parser was not given must not undo the other
        group.add_argument(flag, metavar=metavar, help=meaning, default=argparse.SUPPRESS)
