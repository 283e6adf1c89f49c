"""Statistics of NATS micro services."""

from __future__ import annotations

from msgspec import Struct


class ServiceEndpoint(Struct, frozen=True, gc=False):
    """One endpoint of one instance of a service: ``$SRV.STATS`` (NATS ADR-32).

    Services report only an average, since they started: no percentile can be made of it.
    """

    service: str
    version: str
    instance: str
    endpoint: str
    subject: str
    queue_group: str
    requests: float
    errors: float
    average: float | None
    """Seconds of work a request; None before the first, or where it is not reported."""
    last_error: str


class ServiceAnswers(Struct, frozen=True, tag="nats.services"):
    """The answers of all services.

    Attributes:
        endpoints: Of every instance that answered.
        unread: Why an answer could not be read, for each that could not.
    """

    endpoints: tuple[ServiceEndpoint, ...]
    unread: tuple[str, ...] = ()
