"""Rows of bookies, also printed by ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

from msgspec import Struct

from arcwatch.store.rows import row_of

if TYPE_CHECKING:
    from .cluster import PulsarClusterState


class PulsarBookieRow(Struct, frozen=True, gc=False):
    """One registered bookie, running or not."""

    cluster: str
    bookie: str
    rack: str
    """Empty where it was put into none."""
    read_only: bool | None
    free: int | None
    total: int | None
    """Bytes of its ledger disks; None, like ``read_only``, unless the bookie itself was asked."""
    underreplicated: int | None
    """Ledgers of the whole cluster that have too few copies."""
    why: str
    """Why it did not answer when asked."""
    stale: bool

    @property
    def used(self) -> float:
        """The share of its ledger disks; ``nan`` where that is not known."""
        return nan if self.free is None or not self.total else 1 - self.free / self.total


def bookie_rows(cluster: PulsarClusterState) -> Iterator[PulsarBookieRow]:
    """A row for each bookie of a cluster."""
    for bookie in cluster.bookies or ():
        yield row_of(
            PulsarBookieRow,
            bookie,
            cluster=cluster.name,
            bookie=bookie.id,
            underreplicated=cluster.underreplicated,
            stale=False,
        )
