"""How long writing and publishing took, from a broker's ``/metrics/`` page.  Pure.

Both are of the broker's last 60 s: neither is a counter, over time or over classes, so that
nothing here may be subtracted from an earlier answer (``TopicStats`` and
``DataSketchesSummaryLogger`` of Pulsar 4.0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arcwatch.model.latency import PulsarLatencies

from .numbers import BEYOND

_WRITES = tuple(
    f"pulsar_storage_write_latency_{end}"
    for end in ("le_0_5", *(f"le_{ms}" for ms in (1, 5, 10, 20, 50, 100, 200, 1000)), "overflow")
)
"""In the order of :data:`~arcwatch.model.latency.WRITE_EDGES`."""

_PUBLISH = "pulsar_broker_publish_latency"

_LEAST = "0.0"
"""A quantile that is the least, and no percentile that anybody looks for."""
LATENCIES = (*_WRITES, _PUBLISH)
"""Names of the metrics that are read here."""


def latencies_of(
    labels: Sequence[Mapping[str, str]],
    samples: Mapping[str, Mapping[int, float]],
    topic_name: Callable[[dict[str, str]], str],
) -> PulsarLatencies:
    """The latency distributions on a metrics page."""
    counts = [
        {row: int(n) for row, n in samples[name].items() if 0 < n < BEYOND} for name in _WRITES
    ]
    last = next((found for found in reversed(counts) if found), {})
    slowest = labels[max(last, key=last.__getitem__)] if last else {}
    return PulsarLatencies(
        publish=_publish(labels, samples[_PUBLISH]),
        writes=tuple(sum(found.values()) for found in counts) if any(counts) else (),
        slowest=topic_name(dict(slowest)) if "topic" in slowest else "",
    )


def _publish(
    labels: Sequence[Mapping[str, str]], values: Mapping[int, float]
) -> tuple[tuple[float, float], ...]:
    """Percentiles in seconds; the page has milliseconds, and NaN where nothing was published."""
    found = {}
    for row, value in values.items():
        share = labels[row].get("quantile", _LEAST)
        if share != _LEAST and 0 <= value < BEYOND:
            found[_percentile(share)] = round(value / 1000, 9)
    found.pop(0.0, None)
    return tuple(sorted(found.items()))


def _percentile(share: str) -> float:
    """``0.999`` is 99.9, without the error of multiplying; 0 for what is no share.

    >>> _percentile("0.999"), _percentile("1.0"), _percentile("many")
    (99.9, 100.0, 0.0)
    """
    try:
        percent = round(float(share) * 100, 6)
    except ValueError:
        return 0.0
    return percent if 0 < percent <= 100 else 0.0
