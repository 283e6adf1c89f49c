"""``--chart`` of a verb: its flags, and where the picture goes."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from arcwatch.charts import output
from arcwatch.charts.figure import Glyphs, Picture
from arcwatch.config import appearance
from arcwatch.errors import UsageError
from arcwatch.files.new_file import NewFile, is_there

from .screen_flags import screen_flags

WIDEST, NARROWEST = 160, 40
"""Columns of a chart on a terminal, at most and at least."""

USUAL = 120
"""Columns where there is no terminal."""
HEIGHT = 14
"""Lines of a chart, that of its times included."""
KINDS = {".html": output.html, ".svg": output.svg}
"""What a file is, by the end of its name."""


class Room(NamedTuple):
    """What a chart is drawn into."""

    width: int
    height: int
    glyphs: Glyphs


def add_chart_flags(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add ``--chart`` and what goes with it."""
    parser.add_argument("--chart", action="store_true", help=meaning)
    parser.add_argument(
        "-o", dest="output", metavar="FILE", help="write the chart to FILE.html or FILE.svg"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def check_chart_flags(args: argparse.Namespace) -> None:
    """Refuse flags that make no sense, before any server is asked.

    Raises:
        UsageError: They do not go together, or the file cannot be what its name says.
    """
    for flag, given in (("-o", args.output), ("--force", args.force)):
        if given and not args.chart:
            raise UsageError(f"{flag} is for --chart", hint="add --chart")
    if args.chart and getattr(args, "watch", None):
        raise UsageError("--watch cannot be combined with --chart", hint="use one of them")
    if args.force and not args.output:
        raise UsageError("--force is for -o FILE", hint="name the file with -o")
    if args.chart and args.output and getattr(args, "json", False):
        raise UsageError("--json cannot be combined with -o", hint="redirect it: --json >FILE")
    if args.output and Path(args.output).suffix not in KINDS:
        what = "a chart is written as .html or .svg"
        raise UsageError(what, where=args.output, hint="arcwatch … --chart -o chart.svg")
    folder = Path(args.output).parent if args.output else Path()
    if not os.path.isdir(folder):  # pathlib's raises for a long name
        what, hint = "there is no such folder", "make it first, or name another file"
        raise UsageError(what, where=str(folder), hint=hint)
    if args.output and not args.force and is_there(Path(args.output)):
        raise exists(args.output)


def exists(name: str) -> UsageError:
    """The error for a file that already exists."""
    return UsageError("this file already exists", where=name, hint="--force replaces it")


def room(args: argparse.Namespace) -> Room:
    """How much room there is where the chart goes, and what can be drawn there."""
    if args.output:
        return Room(USUAL, HEIGHT, "braille")
    look = appearance.load(screen_flags(args), os.environ)
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else USUAL
    glyphs = look.glyphs if encoding.startswith("utf") else "ascii"
    return Room(max(NARROWEST, min(width, WIDEST)), HEIGHT, glyphs)


def put_chart(args: argparse.Namespace, lines: Picture, title: str) -> None:
    """Write a picture to the terminal in colour, to a pipe without, or to the file."""
    if not args.output:
        sys.stdout.write(output.text(lines, colour=_is_coloured()))
        return
    path = Path(args.output)
    if not args.force and is_there(path):
        raise exists(args.output)
    with NewFile(path, replace=args.force) as file:
        file.write(KINDS[path.suffix](lines, title))


def _is_coloured() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain
