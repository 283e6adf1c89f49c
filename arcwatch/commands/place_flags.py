"""The flags that select brokers, and the resulting settings."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from arcwatch.errors import ArcwatchError
from arcwatch.text.control_characters import printable

if TYPE_CHECKING:
    from arcwatch.config.credentials import Tls
    from arcwatch.config.settings import Settings

PLACES = {
    "context": ("NAME", "a context defined in arcwatch.toml"),
    "nats": ("URL", "client address, nats://localhost:4222; off disables NATS"),
    "nats_monitor": (
        "URL",
        "monitoring address, http://localhost:8222; comma-separated if several",
    ),
    "pulsar": ("URL", "broker address, pulsar://localhost:6650; off disables Pulsar"),
    "pulsar_admin": ("URL", "admin address, http://localhost:8080"),
}


TRUST = {
    "tls_ca": "CA bundle (PEM), in addition to the system's",
    "tls_insecure": "accept any certificate; the dashboard marks this",
}


def print_error(error: ArcwatchError) -> None:
    """Print an error on stderr in two lines."""
    sys.stderr.write(f"arcwatch: {printable(error.headline, limit=400)}\n")
    if error.hint:
        sys.stderr.write(f"  try: {printable(error.hint, limit=400)}\n")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that a verb's flags, and everything behind them, lead to."""
    from arcwatch.config import settings as of_flags

    flags = {place: getattr(args, place, None) for place in of_flags.PLACES}
    settings = of_flags.load(flags, context=getattr(args, "context", None), tls=tls_of(args))
    for note in settings.notes:
        sys.stderr.write(f"arcwatch: {printable(note, limit=400)}\n")
    return settings


def tls_of(args: argparse.Namespace) -> Tls | None:
    """The TLS settings of the flags; None without any."""
    from arcwatch.config.credentials import Tls

    ca, insecure = getattr(args, "tls_ca", None), getattr(args, "tls_insecure", False)
    return Tls(ca=ca, insecure=insecure) if ca or insecure else None


def add_place_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of :data:`PLACES` and :data:`TRUST`."""
    group = parser.add_argument_group("connection")
    for place, (metavar, meaning) in PLACES.items():
        group.add_argument(
            f"--{place.replace('_', '-')}",
            metavar=metavar,
            help=meaning,
            # before or after the verb: what one parser was not given must not undo the other
            default=argparse.SUPPRESS,
        )
    unset = argparse.SUPPRESS
    group.add_argument("--tls-ca", metavar="FILE", help=TRUST["tls_ca"], default=unset)
    insecure = TRUST["tls_insecure"]
    group.add_argument("--tls-insecure", action="store_true", help=insecure, default=unset)


def add_filter_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--filter``, for :func:`arcwatch.filters.filter.parse_filters`."""
    parser.add_argument(
        "--filter",
        metavar="F",
        action="append",
        default=[],
        help="words, /regex/ or a jq expression; if repeated, all must match",
    )
