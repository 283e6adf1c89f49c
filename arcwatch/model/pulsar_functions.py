"""Pulsar's functions, sources and sinks."""

from __future__ import annotations

from msgspec import Struct


class FunctionCounts(Struct, frozen=True, gc=False):
    """One instance, from the metrics of the broker or worker that runs it; totals since it began.

    ``pulsar_function_*``, ``pulsar_source_*`` and ``pulsar_sink_*``.
    """

    kind: str
    """``function``, ``source`` or ``sink``."""
    name: str
    """``tenant/namespace/name``."""
    instance: str
    received: float
    processed: float
    """Of a source and a sink, written."""
    failed: float
    """Exceptions, its own and the system's."""
    latency: float
    latency_count: float
    """The sum of how long messages took, in seconds, and how many: of a function."""
    last_invoked: float | None


class PulsarFunction(Struct, frozen=True, gc=False):
    """One function, source or sink, as its worker describes it."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    """Full names of topics, or patterns."""
    output: str
    instances: int | None
    running: int | None
    restarts: int | None
    """None, as of the others, where the worker tells a number that is no count."""
    why: str
    """Why one does not run, otherwise its latest exception; empty without."""
    failed_at: float | None
    """When that was, Unix seconds."""
    workers: tuple[str, ...]


class PulsarFunctions(Struct, frozen=True, tag="pulsar.functions"):
    """All functions, sources and sinks of a cluster."""

    functions: tuple[PulsarFunction, ...] | None
    """None where they were not asked for, or may not be read."""
    left_out: int = 0
    """How many more there are."""
