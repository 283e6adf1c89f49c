"""What to measure with messages of our own: which ways, how many a second, of which size."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from arcwatch.config.settings import Settings
from arcwatch.errors import UsageError
from arcwatch.model.latency import Latency
from arcwatch.model.reading import System

PATHS = ("nats-publish", "nats-request", "pulsar", "pulsar-persistent")
MOST_RATE, MOST_SIZE = 5_000, 1_000_000

HEAD = 12
"""Bytes of a message that number it: the least that one can have."""


class ProbePlan(Struct, frozen=True):
    """What to measure."""

    paths: tuple[str, ...]
    rate: float = 100.0
    """Messages a second, of each way."""
    size: int = 100
    """Bytes of each."""
    namespace: str = "public/default"
    """Of the topic on Pulsar."""

    def __str__(self) -> str:
        """As :func:`parse_plan` reads it."""
        return " ".join([f"{self.rate:g}", str(self.size), *self.paths])


class Go(Struct, frozen=True, tag="go"):
    """The only command of the probe process."""

    settings: Settings
    plan: ProbePlan


class ProbeUpdate(Struct, frozen=True):
    """A report of that process, about once a second."""

    latencies: tuple[tuple[System, Latency], ...] = ()
    failure: str = ""
    """What cannot be measured, and why; the others go on."""


def check_plan(plan: ProbePlan, *, allow_changes: bool) -> ProbePlan:
    """The plan, if it can be followed."""
    for path in plan.paths:
        if path not in PATHS:
            raise UsageError(f"no path is called {path!r}", hint=f"one of {', '.join(PATHS)}")
    if "pulsar-persistent" in plan.paths and not allow_changes:
        hint = "`arcwatch probe pulsar-persistent --allow-changes`"
        raise UsageError("a persistent topic would be created", hint=hint)
    if not 0 < plan.rate <= MOST_RATE:
        raise UsageError("cannot use that rate", hint=f"at most {MOST_RATE:,} a second")
    if not HEAD <= plan.size <= MOST_SIZE:
        raise UsageError("cannot use that size", hint=f"from {HEAD} to {MOST_SIZE:,} bytes")
    if plan.namespace.count("/") != 1:
        raise UsageError("not a namespace", hint="write TENANT/NAMESPACE")
    return plan


def check_may_send(settings: Settings) -> None:
    """Refuse to send where nothing may be changed, or to none of several clusters by name."""
    if settings.read_only:
        hint = "use another context, or remove read_only from it in arcwatch.toml"
        raise UsageError("this context is read-only: no probe is sent", hint=hint)
    if not usual_paths(settings):
        settings.check_one("nats")
        settings.check_one("pulsar")


def usual_paths(settings: Settings) -> tuple[str, ...]:
    """All ways that need no leave, of the systems that are not left out."""
    nats = ("nats-publish", "nats-request") if settings.nats else ()
    return (*nats, *(("pulsar",) if settings.pulsar else ()))


def parse_plan(text: str, usual: Sequence[str]) -> ProbePlan:
    """A plan as people write it: messages a second, bytes, and ways; without ways the usual.

    Raises:
        UsageError: It cannot be read, or not be followed without leave.

    >>> str(parse_plan("250 1000", ["pulsar"]))
    '250 1000 pulsar'
    """
    rate, size, *paths = [*text.replace(",", " ").split(), "", ""]
    try:
        plan = ProbePlan(tuple(filter(None, paths)) or tuple(usual), float(rate), int(size))
    except ValueError:
        hint = "write rate, size and paths: 100 100 nats-publish pulsar"
        raise UsageError("cannot read that", hint=hint) from None
    return check_plan(plan, allow_changes=False)
