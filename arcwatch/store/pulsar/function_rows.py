"""Rows of functions, sources and sinks, also printed by ``--json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

from msgspec import Struct

from arcwatch.model.pulsar import FunctionCounts, PulsarFunction

if TYPE_CHECKING:
    from .cluster import PulsarClusterState

Part = tuple[FunctionCounts, tuple[float, ...], bool]
"""An instance, its rates as its broker has them, and whether they are stale."""


class PulsarFunctionRow(Struct, frozen=True, gc=False):
    """One function, source or sink, summed over its instances."""

    cluster: str
    kind: str
    name: str
    instances: int | None
    running: int | None
    """None where its worker was not asked."""
    in_rate: float
    out_rate: float
    failed_rate: float
    """Messages received, processed or written, and exceptions, per second."""
    failed: float
    """Exceptions since its instances began."""
    latency: float
    """Average seconds a message took between the last two samples."""
    last_invoked: float | None
    restarts: int | None
    inputs: tuple[str, ...]
    output: str
    why: str
    """Why an instance does not run, otherwise the latest exception."""
    failed_at: float | None
    workers: tuple[str, ...]
    stale: bool

    @property
    def is_down(self) -> bool:
        """Whether an instance is known not to run."""
        return self.running is not None and self.running < (self.instances or 0)


def function_rows(cluster: PulsarClusterState) -> Iterator[PulsarFunctionRow]:
    """A row for each function, source and sink in a metrics page or a worker's report, by name."""
    parts = defaultdict[tuple[str, str], list[Part]](list)
    for state in cluster.brokers.values():
        for one in state.page.functions if state.page else ():
            rates = state.function_rates.get((one.kind, one.name, one.instance), (nan,) * 5)
            parts[one.kind, one.name].append((one, rates, state.stale))
    reported = {(one.kind, one.name): one for one in cluster.functions or ()}
    for key in sorted(parts.keys() | reported.keys(), key=lambda key: key[1]):
        yield _row(cluster, key, parts.get(key, []), reported.get(key))


def _row(
    cluster: PulsarClusterState,
    key: tuple[str, str],
    parts: list[Part],
    reported: PulsarFunction | None,
) -> PulsarFunctionRow:
    rates = [sum(column) for column in zip(*(each[1] for each in parts), strict=True)]
    into, out, failed, took, count = rates or [nan] * 5
    return PulsarFunctionRow(
        cluster=cluster.name,
        kind=key[0],
        name=key[1],
        instances=reported.instances if reported else len(parts) or None,
        running=reported.running if reported else None,
        in_rate=into,
        out_rate=out,
        failed_rate=failed,
        failed=sum(one.failed for one, _, _ in parts) if parts else nan,
        latency=took / count if count > 0 else nan,
        last_invoked=max((one.last_invoked or 0.0 for one, _, _ in parts), default=0.0) or None,
        restarts=reported.restarts if reported else None,
        inputs=reported.inputs if reported else (),
        output=reported.output if reported else "",
        why=reported.why if reported else "",
        failed_at=reported.failed_at if reported else None,
        workers=reported.workers if reported else (),
        stale=any(stale for _, _, stale in parts)
        or (reported is not None and cluster.functions_stale),
    )
