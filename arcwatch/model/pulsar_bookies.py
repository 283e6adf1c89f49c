"""What a Pulsar broker tells of the bookies that keep its messages, which is little."""

from __future__ import annotations

from msgspec import Struct


class Bookie(Struct, frozen=True, gc=False):
    """One bookie that the cluster knows, whether or not it runs."""

    id: str
    """``host:port``, or the name that it was given."""
    rack: str
    """Empty where it was put into none."""


class PulsarBookies(Struct, frozen=True, tag="pulsar.bookies"):
    """``GET /admin/v2/bookies/all`` and ``…/racks-info``.

    Brokers of Pulsar 4.0 tell neither whether a bookie takes writes nor how full its disks are:
    that is in the bookie's own metrics, on a port that nobody tells either.
    """

    bookies: tuple[Bookie, ...] | None
    """None where the broker does not tell them, or not us."""
