"""Rows of bookies, also printed by ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from .cluster import PulsarClusterState


class PulsarBookieRow(Struct, frozen=True, gc=False):
    """One registered bookie, running or not."""

    cluster: str
    bookie: str
    rack: str
    """Empty where it was put into none."""
    stale: bool


def bookie_rows(cluster: PulsarClusterState) -> Iterator[PulsarBookieRow]:
    """A row for each bookie of a cluster."""
    for bookie in cluster.bookies or ():
        yield PulsarBookieRow(cluster.name, bookie.id, bookie.rack, stale=False)
