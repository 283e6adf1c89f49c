"""The flag of verbs that filter messages."""

from __future__ import annotations

import argparse


def add_filter_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--filter``, for :func:`arcwatch.filters.filter.parse_filters`."""
    parser.add_argument(
        "--filter",
        metavar="F",
        action="append",
        default=[],
        help="words, /regex/ or a jq expression; if repeated, all must match",
    )
