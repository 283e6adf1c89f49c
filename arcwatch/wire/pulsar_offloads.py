"""What a broker's ``/metrics/`` page reports about tiered storage.  Pure.

Source: ``LedgerOffloaderStatsImpl`` of Pulsar 4.0, which labels all of it by topic and writes
latencies in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import nan

from arcwatch.model.pulsar import OffloadCounts

from .numbers import BEYOND

_BYTES = (
    "brk_ledgeroffloader_offload_rate",
    "brk_ledgeroffloader_read_offload_rate",
    "brk_ledgeroffloader_read_bytes_total",
)
_ERRORS = (
    "brk_ledgeroffloader_offload_error_total",
    "brk_ledgeroffloader_write_storage_error_total",
)
_READ_ERRORS = "brk_ledgeroffloader_read_offload_error_total"
_LATENCY = "brk_ledgeroffloader_read_offload_data_latency"
_QUANTILE = "0.95"

OFFLOADS = (*_BYTES, *_ERRORS, _READ_ERRORS, _LATENCY)
"""Names of the metrics that are read here; what is zero need not be kept."""


def offloads_of(
    labels: Sequence[dict[str, str]],
    samples: Mapping[str, Mapping[int, float]],
    topic_name: Callable[[dict[str, str]], str],
) -> Iterator[OffloadCounts]:
    """The figures of each topic or partition that has any other than zero."""
    found: dict[str, dict[str, float]] = {}
    for name in OFFLOADS:
        for row, value in samples[name].items():
            about = labels[row]
            # of a summary the sum of what was seen and the other quantiles are left out
            if "topic" in about and about.get("quantile", _QUANTILE) == _QUANTILE:
                here = found.setdefault(topic_name(about), {})
                here[name] = value if 0 <= value < BEYOND else nan
    for topic, figures in found.items():
        offload_rate, read_rate, read_bytes = (figures.get(name, 0.0) for name in _BYTES)
        yield OffloadCounts(
            topic,
            offload_rate,
            read_rate,
            read_bytes,
            sum(figures.get(name, 0.0) for name in _ERRORS),
            figures.get(_READ_ERRORS, 0.0),
            figures.get(_LATENCY, nan) / 1_000_000,
        )
