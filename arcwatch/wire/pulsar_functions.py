"""Answers of a functions worker -> model.

Source: ``FunctionConfig``, ``SourceConfig``, ``SinkConfig`` and the ``…Status`` classes of Pulsar
4.0; ``worker/assignments``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import nan

import msgspec
from msgspec import Struct, field

from arcwatch.model.pulsar import FunctionCounts, PulsarFunction

from .numbers import BEYOND, Count, Int64, known_or_none, seconds_of
from .pulsar_admin import decode

LONGEST = 400
"""Characters of an exception that are kept."""


class _Thrown(Struct):
    text: str | None = field(default=None, name="exceptionString")
    at: Int64 = field(default=0, name="timestampMs")


class _Status(Struct, frozen=True, rename="camel"):
    running: bool = False
    error: str | None = None
    num_restarts: Count = 0
    worker_id: str | None = None
    latest_user_exceptions: list[_Thrown] = []
    latest_source_exceptions: list[_Thrown] = []
    latest_sink_exceptions: list[_Thrown] = []
    latest_system_exceptions: list[_Thrown] = []


class _Instance(Struct):
    status: _Status = _Status()


class _All(Struct, rename="camel"):
    num_instances: Count = 0
    num_running: Count = 0
    instances: list[_Instance] = []


class _About(Struct, rename="camel"):
    inputs: list[str] | None = None
    input_specs: dict[str, object] | None = None
    topics_pattern: str | None = None
    output: str | None = None
    topic_name: str | None = None


_METRICS: Mapping[str, tuple[str, str, tuple[str, str]]] = {
    "function": (
        "pulsar_function_received_total",
        "pulsar_function_processed_successfully_total",
        ("pulsar_function_user_exceptions_total", "pulsar_function_system_exceptions_total"),
    ),
    "source": (
        "pulsar_source_received_total",
        "pulsar_source_written_total",
        ("pulsar_source_source_exceptions_total", "pulsar_source_system_exceptions_total"),
    ),
    "sink": (
        "pulsar_sink_received_total",
        "pulsar_sink_written_total",
        ("pulsar_sink_sink_exceptions_total", "pulsar_sink_system_exceptions_total"),
    ),
}
_LATENCY_SUM = "pulsar_function_process_latency_ms_sum"
_LATENCY_COUNT = "pulsar_function_process_latency_ms_count"
_LAST = {kind: f"pulsar_{kind}_last_invocation" for kind in _METRICS}
KNOWN = "pulsar_function_worker_total_function_count"
METRICS = (
    *(name for one in _METRICS.values() for name in (*one[:2], *one[2])),
    *(_LATENCY_SUM, _LATENCY_COUNT, *_LAST.values(), KNOWN),
)
"""What of a metrics page is of functions, sources and sinks: ``FunctionStatsManager``,
``SourceStatsManager`` and ``SinkStatsManager``."""

_assignments = msgspec.json.Decoder(dict[str, list[str]])
_about = msgspec.json.Decoder(_About)
_all = msgspec.json.Decoder(_All)


def parse_assignments(body: bytes, where: str) -> tuple[str, ...]:
    """The answer of ``worker/assignments``: names, each once, ``tenant/namespace/name``.

    >>> parse_assignments(b'{"w1":["a/b/c:0","a/b/c:1"],"w2":["a/b/d:0"]}', "")
    ('a/b/c', 'a/b/d')
    """
    found = decode(_assignments, body, where)
    names = {one.rpartition(":")[0] for each in found.values() for one in each}
    return tuple(sorted(name for name in names if name.count("/") == 2))


def parse_function(kind: str, name: str, about: bytes, status: bytes, where: str) -> PulsarFunction:
    """What a function, source or sink reads and writes, and whether it runs.

    Args:
        kind: ``function``, ``source`` or ``sink``.
        status: The answer of ``…/status``.
    """
    config, report = decode(_about, about, where), decode(_all, status, f"{where}/status")
    states = [one.status for one in report.instances]
    inputs = dict.fromkeys([*(config.input_specs or ()), *(config.inputs or ())])
    if config.topics_pattern:
        inputs[config.topics_pattern] = None
    why, at = _why(states)
    restarts = [known_or_none(one.num_restarts) for one in states]
    return PulsarFunction(
        kind=kind,
        name=name,
        inputs=tuple(inputs),
        output=config.output or config.topic_name or "",
        instances=known_or_none(report.num_instances),
        running=known_or_none(report.num_running),
        restarts=None if None in restarts else sum(filter(None, restarts)),
        why=why,
        failed_at=at,
        workers=tuple(sorted({one.worker_id for one in states if one.worker_id})),
    )


def functions_of(
    labels: Sequence[dict[str, str]], samples: Mapping[str, dict[int, float]]
) -> Iterator[FunctionCounts]:
    """The instances that a metrics page counts, from the samples of :data:`METRICS`."""
    for kind, (received, processed, failures) in _METRICS.items():
        for number, count in samples[received].items():
            about = labels[number]
            thrown = [samples[name].get(number, 0.0) for name in failures]
            latency = samples[_LATENCY_SUM] if kind == "function" else {}
            yield FunctionCounts(
                kind,
                about.get("fqfn", ""),
                about.get("instance_id", ""),
                _count(count),
                _count(samples[processed].get(number, nan)),
                sum(map(_count, thrown)),
                _count(latency.get(number, nan)) / 1000,
                _count(samples[_LATENCY_COUNT].get(number, nan)) if latency else nan,
                seconds_of(samples[_LAST[kind]].get(number, 0.0)),
            )


def _count(value: float) -> float:
    return value if 0 <= value < BEYOND else nan


def _why(states: list[_Status]) -> tuple[str, float | None]:
    """Why the first of those does not run that do not; else the latest exception, and when."""
    down = [one.error for one in states if not one.running and one.error]
    if down:
        return down[0][:LONGEST], None
    thrown = [
        (one.at, one.text or "")
        for state in states
        for one in (
            *state.latest_user_exceptions,
            *state.latest_source_exceptions,
            *state.latest_sink_exceptions,
            *state.latest_system_exceptions,
        )
    ]
    at, text = max(thrown, default=(0, ""))
    return text[:LONGEST], seconds_of(at)
