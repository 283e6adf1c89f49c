"""The command line: picks a verb, imports only that, and words what went wrong.

Every verb is a module of :mod:`arcwatch.commands` with ``configure(parser)`` and ``run(args)``.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import errno
import io
import itertools
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NoReturn, TextIO, cast

from arcwatch.commands.place_flags import PLACES, TRUST, add_place_flags, print_error
from arcwatch.commands.screen_flags import add_screen_flags
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.text.control_characters import on_terminal
from arcwatch.text.nearest import did_you_mean

from . import __version__

VERBS = {
    "dashboard": "open the dashboard; the default when no verb is given",
    "demo": "start real NATS and Pulsar brokers with traffic, and open the dashboard on them",
    "status": "print every figure once, as text or JSON",
    "top": "open the overview; with --once, print it as text",
    "nats": "list connections, streams, consumers or servers, as text or JSON",
    "pulsar": "list topics, subscriptions or brokers, as text or JSON",
    "backlog": "list backlogs, their causes and when they drain; or count one exactly",
    "why": "explain why a backlog waits: its cause, the figures behind it, and what to try",
    "events": "print events as they happen: restarts, leaders, clients, settings, causes",
    "deadletters": "list dead letters: which consumer failed, and where to read the messages",
    "check": "evaluate the alert rules, for Nagios, Prometheus and scripts",
    "doctor": "check configuration and state for what will go wrong, and how to fix it",
    "watch": "print alerts as they fire and resolve; also run commands or webhooks",
    "probe": "measure latency with test messages of its own",
    "latency": "latency percentiles, as reported by the servers or measured on a tail",
    "tail": "print messages as they are sent, from any mix of subjects, streams and topics",
    "history": "print the stored messages of a topic or stream, from any time, in either direction",
    "rewind": "preview moving a subscription to another time; --allow-changes moves it",
    "replay": "preview publishing stored messages again; --allow-changes publishes them",
    "presence": "show which members are alive, by the heartbeats they publish",
    "subjects": "list the subjects in use and their rates, by subscribing",
    "context": "manage connection settings: ls, show, add, test, use",
    "stack": "run the demo's brokers without the dashboard: up, down, status",
    "completion": "print a completion script for your shell",
}
"""Each verb and what it does, in the order of ``--help``."""

UNKNOWN = 3
"""The exit code of a `check` or `doctor` that could not judge; see the Monitoring Plugins'
guidelines."""
_TIME_FLAGS = frozenset({"--at", "--from", "--to", "--since", "--state-at", "--diff"})
"""The flags that take times."""
_DRAWING = {"dashboard", "demo"}
"""Verbs that draw on the terminal."""
_LOOKING = {*VERBS} - {"demo", "stack", "completion"}
"""Verbs that look at brokers wherever they are; the others bring their own."""


_CANNOT_WRITE = {
    errno.ENOSPC: "the disk is full",
    errno.EBADF: "standard output is closed",
    errno.EIO: "the terminal was closed",
    errno.EFBIG: "file too large",
    errno.EDQUOT: "disk quota exceeded",
}

_EPILOG = """\
examples:
  arcwatch demo                             try it: brokers, traffic and dashboard in one
  arcwatch                                  watch the brokers on localhost
  arcwatch --nats nats://n1:4222 --pulsar pulsar://p1:6650
  arcwatch --pulsar off                     NATS alone
  arcwatch status --json | jq .problems     the same figures for a script
  arcwatch tail 'orders.>' --filter error   messages as they are sent
  arcwatch history js:ORDERS --at -15m      messages from 15 minutes ago
  arcwatch nats connections --sort in_msgs_rate --limit 10

settings, in order of precedence:
  flags, --context, environment (NATS_URL ARCWATCH_NATS_MONITOR ARCWATCH_PULSAR
  ARCWATCH_PULSAR_ADMIN ARCWATCH_CONTEXT, and NATS_CONTEXT NATS_CREDS … PULSAR_CLIENT_CONF),
  .env (addresses only), the default context in arcwatch.toml, the NATS CLI's selected context,
  localhost

exit codes: 0 success, 1 failure, 2 invalid command line or setting,
70 bug in arcwatch (a report is written), 130 interrupted; `check` and `doctor` have their own
"""


def run(argv: Sequence[str]) -> int:
    """Run one command line.

    Returns:
        The exit code: 0 done, 1 could not, 2 usage, 70 a bug, 130 interrupted.
    """
    codecs.register_error("escape", _escape)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="escape")
    try:
        try:
            return _run_verb(argv)
        finally:
            # while a reader that has gone can still be distinguished from a bug
            sys.stdout.flush()
    except ArcwatchError as error:
        print_error(error)
        return _failed(argv, error.exit_code)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader has had enough (`| head`)
        _drop_output()
        return _failed(argv, 0)
    except Exception as error:  # noqa: BLE001 - the one boundary: a bug is reported, and written down
        return _failed(argv, _report_unexpected(error))


def _failed(argv: Sequence[str], code: int) -> int:
    """The exit code of a run that was cut short.

    `check` and `doctor` say their findings with 1 and 2, so that whatever kept them from checking
    is 3.
    """
    values = {f"--{place.replace('_', '-')}" for place in (*PLACES, "tls_ca")}
    words = (
        word
        for before, word in zip(("", *argv), argv, strict=False)
        if word in VERBS and before not in values
    )
    return UNKNOWN if next(words, "") in ("check", "doctor") else code


def _run_verb(argv: Sequence[str]) -> int:
    argv = rewrite_negative_times(rewrite_watch(argv))
    args = _parser(argv).parse_args(argv)
    verb = args.verb or "dashboard"
    if verb not in _LOOKING and (given := sorted(vars(args).keys() & {*PLACES, *TRUST})):
        flag = f"--{given[0].replace('_', '-')}"
        raise UsageError(
            f"`{verb}` does not accept {flag}", hint=f"`{verb}` starts its own brokers"
        )
    module = import_module(f"arcwatch.commands.{verb}")
    if verb in _DRAWING or not sys.stdout.isatty():
        return int(module.run(args))
    with contextlib.redirect_stdout(cast("TextIO", _Terminal(sys.stdout))):
        return int(module.run(args))


def rewrite_negative_times(argv: Iterable[str]) -> list[str]:
    """A command line whose negative times have lost their sign, which changes none of them.

    Only what follows a flag for times is touched, up to the next flag, and nothing behind ``--``.

    >>> rewrite_negative_times(["history", "orders", "--diff", "-1h", "-15m", "--limit", "-3"])
    ['history', 'orders', '--diff', '1h', '15m', '--limit', '-3']
    """
    rewritten, flag = [], ""
    for word in argv:
        if word.startswith("--") and flag != "--":
            flag = word
        negative = flag in _TIME_FLAGS and word[:1] == "-" and word[1:2].isdecimal()
        rewritten.append(word[1:] if negative else word)
    return rewritten


def rewrite_watch(argv: Sequence[str]) -> list[str]:
    """A command line on which an address behind ``--watch`` is not taken for its time.

    argparse gives an optional value whatever follows.

    >>> rewrite_watch(["backlog", "--watch", "js:A"]), rewrite_watch(["top", "--watch", "5s"])
    (['backlog', 'js:A', '--watch'], ['top', '--watch', '5s'])
    """
    words = [*argv]
    for nth, (flag, word) in enumerate(itertools.pairwise(argv)):
        if flag == "--":
            break
        if flag == "--watch" and word[:1] not in "-0123456789.":
            words[nth : nth + 2] = [word, flag]
    return words


class _Terminal:
    """Standard output that is a terminal: nothing that it is sent is obeyed."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)

    def write(self, text: str) -> int:
        """Write text, control characters made visible."""
        return self._out.write(on_terminal(text))

    def draw(self, text: str) -> None:
        """Write what the terminal is to obey; the caller answers for all of it."""
        self._out.write(text)
        self._out.flush()


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""What a terminal's encoding lacks, as ``\u…``: no error, and within JSON still JSON."""
    import json

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _report_unexpected(error: Exception) -> int:
    from arcwatch.runtime.crash_report import EXIT_CODE, redacted, write_report

    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, ArcwatchError):
        print_error(error)
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _CANNOT_WRITE:
        _drop_output()
        why = _CANNOT_WRITE[error.errno]
        print_error(ArcwatchError("cannot write", where=error.filename or "", why=why))
        return ArcwatchError.exit_code
    path = write_report(error)
    reason = redacted(str(error)).strip().partition("\n")[0]
    why = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    hint = f"send the report {path} to the authors" if path else ""
    print_error(ArcwatchError("a bug in arcwatch", why=why, hint=hint))
    return EXIT_CODE


def _drop_output() -> None:
    """What is still buffered must not fail once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def whole_parser() -> argparse.ArgumentParser:
    """A parser that knows every verb's flags, not just those of one."""
    return _parser(tuple(VERBS))


class _Parser(argparse.ArgumentParser):
    """A parser of the whole command line, or of a verb.

    Args:
        named: Whether the command line names the verb.  Of the others `--help` shows the summary,
            and nobody needs their flags.
    """

    def __init__(self, *, named: bool = True, **options: Any) -> None:
        if named:
            super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        """Two lines, as for every other mistake, instead of the whole usage."""
        what, _, hint = message.partition("; write ")
        raise UsageError(what, hint=f"write {hint}" if hint else f"{self.prog} --help")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuse unknown flags here, where it is known which verb they were meant for."""
        self._given = args
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self._refuse(unknown)
        return found, unknown

    def _refuse(self, unknown: Sequence[str]) -> NoReturn:
        hint = did_you_mean(unknown[0].partition("=")[0], self._option_string_actions, 0.6)
        what = f"unrecognized arguments: {' '.join(unknown)}"
        raise UsageError(what, hint=hint or f"{self.prog} --help")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            for word in itertools.takewhile(lambda word: word != value, self._given):
                # argparse takes the value of an unknown flag for the argument it expects next
                known_flag = word.partition("=")[0] in ("--", *self._option_string_actions)
                if word.startswith("--") and not known_flag:
                    self._refuse([word])
            name = "/".join(action.option_strings) or action.metavar or action.dest
            known = [*map(str, action.choices)]
            hint = did_you_mean(str(value), known, 0.6) or f"one of {', '.join(known)}"
            raise UsageError(f"argument {name}: invalid choice: {str(value)!r}", hint=hint)


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="arcwatch",
        description="Terminal dashboard and command line for NATS and Apache Pulsar.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"arcwatch {__version__}")
    add_place_flags(parser)
    add_screen_flags(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for name, summary in VERBS.items():
        verb = verbs.add_parser(
            name,
            named=name in argv,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name in argv:
            if name in _LOOKING:
                add_place_flags(verb)
            import_module(f"arcwatch.commands.{name}").configure(verb)
            verb.set_defaults(every_verb=whole_parser)
    return parser
