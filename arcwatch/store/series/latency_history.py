"""Every latency distribution with its history: percentiles over time and a heat map."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from copy import copy
from functools import partial
from math import inf, nan
from typing import NamedTuple

from arcwatch.model.latency import Latency
from arcwatch.model.reading import System

from .heat import Heat
from .latency_rows import PERCENTILES, LatencyRow, row_of
from .series import SeriesTable

FIELDS = ("p50", "p90", "p99", "p999", "max")
"""Fields of the series of a distribution, seconds."""
MOST = 64
"""Distributions that are kept; beyond, the one reported longest ago goes."""
BEYOND = 60.0
"""Seconds at which a figure beyond the largest reported one is drawn."""
SILENT = 30.0
"""Seconds after which a measurement that is not reported any more is old."""


class _Distribution(NamedTuple):
    system: System
    cluster: str
    answer: Latency
    at: float
    series: SeriesTable
    heat: Heat
    stale: bool


class LatencyHistory:
    """Distributions by :func:`key_of`, each with its history: about 110 kB each."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Distribution] = OrderedDict()

    def update(self, system: System, cluster: str, answer: Latency, at: float) -> None:
        """Apply a distribution as of ``at``, Unix seconds."""
        key = key_of(answer, cluster)
        known = self._kept.pop(key, None)
        series, heat = (known.series, known.heat) if known else (SeriesTable(FIELDS), Heat())
        series.deepen([key])
        figures = dict(answer.quantiles if answer.recent is None else answer.recent)
        series.push(at, {key: [min(figures.get(p, nan), BEYOND) for p in PERCENTILES]})
        heat.update(at, answer.spread, adds=answer.way != "server")
        self._kept[key] = _Distribution(system, cluster, answer, at, series, heat, False)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def missed(self, cluster: str, place: str, at: float, *, but: Collection[str] = ()) -> None:
        """Add a gap where a server did not answer, and mark its rows as stale.

        Args:
            at: Unix seconds.
        """
        for key, kept in self._kept.items():
            answer = kept.answer
            is_of = (kept.cluster, answer.place) == (cluster, place)
            if is_of and answer.way == "server" and answer.name not in but:
                kept.series.gap(at)
                self._kept[key] = kept._replace(stale=True)

    def freeze(self) -> LatencyHistory:
        """An independent copy."""
        frozen = copy(self)
        frozen._kept = OrderedDict(
            (key, kept._replace(series=kept.series.freeze(), heat=kept.heat.freeze()))
            for key, kept in self._kept.items()
        )
        return frozen

    def rows(self, now: float = -inf) -> list[LatencyRow]:
        """A row for each; one not measured any more at ``now`` is stale."""
        return [
            row_of(
                kept.system,
                kept.cluster,
                kept.answer,
                stale=kept.stale or (kept.answer.way != "server" and now - kept.at > SILENT),
            )
            for kept in self._kept.values()
        ]

    def series(self, row: LatencyRow) -> tuple[SeriesTable, str] | None:
        """The series of a row's percentiles and its key."""
        key = key_of(row, row.cluster)
        kept = self._kept.get(key)
        return (kept.series, key) if kept else None

    def newest(self, row: LatencyRow) -> Callable[[str], float]:
        """A reader of a row's latest figures, by field; ``nan`` if there are none."""
        found = self.series(row)
        return partial(found[0].latest, found[1]) if found else lambda field: nan

    def heat(self, row: LatencyRow) -> Heat | None:
        """A row's heat map."""
        kept = self._kept.get(key_of(row, row.cluster))
        return kept.heat if kept else None


def key_of(answer: Latency | LatencyRow, cluster: str) -> str:
    """What identifies a distribution."""
    return f"{cluster} {answer.way} {answer.name} {answer.place}"
