"""What flags take, for argparse: each refuses with a line that argparse puts the flag before.

What follows ``; write`` in such a line is shown as what to try.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from arcwatch.errors import UsageError
from arcwatch.notation.times import TimeError, Window, may_precede, parse_time
from arcwatch.text.control_characters import printable
from arcwatch.text.units import parse_duration

LONGEST = 366 * 86_400.0
"""Seconds that a verb can be asked to go on for."""
MOST = 1_000_000_000
"""Messages or rows that can be asked for."""


def interval(value: str) -> float:
    """Seconds between two samples, of a span such as ``1s``, ``500ms`` or ``2m``.

    >>> interval("1s"), interval("500ms"), interval("2m"), interval("3")
    (1.0, 0.5, 120.0, 3.0)
    """
    return _span(value, 0.1, 3600.0, "write 500ms, 1s, 2m: between 0.1 s and an hour")


def seconds(value: str) -> float:
    """Seconds that something goes on for.

    >>> seconds("10s"), seconds("2m")
    (10.0, 120.0)
    """
    return _span(value, 1e-3, LONGEST, "write 500ms, 10s, 2m: at most a year")


def pause(value: str) -> float:
    """Seconds between two looks.

    >>> pause("2"), pause("500ms")
    (2.0, 0.5)
    """
    return _span(value, 0.5, 3600.0, "write 500ms, 2s, 1m: between 0.5 s and an hour")


def number(value: str) -> int:
    """How many, from one on.

    >>> number("20"), number("1_000"), number("50,000")
    (20, 1000, 50000)
    """
    digits = value.strip().replace(",", "").replace("_", "")
    if digits.isdecimal() and len(digits) < 20 and 0 < int(digits) <= MOST:
        return int(digits)
    raise _unusable(value, "number", f"write a whole number from 1 to {MOST:,}")


def seed(value: str) -> int:
    """Any whole number of 64 bits."""
    digits = value.strip()
    if digits.removeprefix("-").isdecimal() and len(digits) < 20 and abs(int(digits)) < 2**63:
        return int(digits)
    raise _unusable(value, "seed", "write a whole number, such as 7")


def rate(value: str) -> float:
    """Messages a second.

    >>> rate("0.5"), rate("100")
    (0.5, 100.0)
    """
    try:
        found = float(value)
    except ValueError:
        found = 0.0
    # what is no number is not above zero
    if 0 < found < MOST:
        return found
    raise _unusable(value, "rate", "write messages per second, such as 100")


def moment(value: str) -> str:
    """A time as it was written, which :func:`arcwatch.notation.times.parse_time` reads.

    It is read once more with all the others of a command line, at one ``now``.
    """
    try:
        parse_time(value, time.time_ns())
    except TimeError as error:
        raise argparse.ArgumentTypeError(f"{error.headline}; {error.hint}") from None
    return value


def window(start: str | None, end: str | None, now: int) -> Window:
    """What ``--from`` and ``--to`` bound; without one of them all that is stored on that side.

    Raises:
        UsageError: It is certain that nothing lies between the two.
    """
    found = Window(parse_time(start or "earliest", now), parse_time(end or "latest", now))
    if not may_precede(found.start, found.end):
        raise window_error()
    return found


def window_error() -> UsageError:
    """The error for a window that ends before it starts."""
    return UsageError("--to must be after --from", hint="give the earlier time first")


def add_for_flag(
    parser: argparse.ArgumentParser,
    meaning: str,
    *,
    type: Callable[[str], float] = seconds,
    default: float | None = None,
) -> None:
    """Add ``--for``, as ``seconds``."""
    parser.add_argument(
        "--for", dest="seconds", metavar="TIME", type=type, default=default, help=meaning
    )


def add_time_flag(
    parser: argparse.ArgumentParser, flag: str, meaning: str, dest: str | None = None
) -> None:
    """Add a flag that takes a :func:`moment`."""
    parser.add_argument(flag, dest=dest, metavar="TIME", type=moment, help=meaning)


def add_rule_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--rule``."""
    parser.add_argument(
        "--rule",
        metavar="NAME",
        action="append",
        default=[],
        help="only this rule; can be repeated",
    )


def _span(value: str, least: float, most: float, hint: str) -> float:
    found = parse_duration(value)
    if found is None or not least <= found <= most:
        raise _unusable(value, "time", hint)
    return found


def _unusable(value: str, what: str, hint: str) -> argparse.ArgumentTypeError:
    shown = printable(value, limit=40)
    return argparse.ArgumentTypeError(f"cannot use {shown!r} as a {what}; {hint}")
