"""Answers to ``$SRV.STATS`` -> model (``io.nats.micro.v1.stats_response``, NATS ADR-32)."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.model.nats_services import ServiceEndpoint
from arcwatch.text.control_characters import printable

from .documents import decoded
from .numbers import Count, Real, known


class _Endpoint(Struct):
    name: str = ""
    subject: str = ""
    queue_group: str = ""
    num_requests: Count = 0
    num_errors: Count = 0
    last_error: str | None = None
    average_processing_time: Real = -1.0


class _Stats(Struct):
    name: str
    id: str
    version: str = ""
    endpoints: list[_Endpoint] | None = None


LONGEST_ERROR = 300
"""Characters of what a service says of its last error."""

_stats = msgspec.json.Decoder(_Stats)


def parse_stats(body: bytes) -> list[ServiceEndpoint]:
    """The endpoints of one instance."""
    stats = decoded(_stats, body, "not service statistics")
    return [
        ServiceEndpoint(
            stats.name,
            stats.version,
            stats.id,
            one.name,
            one.subject,
            one.queue_group,
            known(one.num_requests),
            known(one.num_errors),
            _average(one),
            printable(one.last_error or "", limit=LONGEST_ERROR),
        )
        for one in stats.endpoints or ()
    ]


def _average(one: _Endpoint) -> float | None:
    worked = one.average_processing_time
    return worked / 1e9 if one.num_requests > 0 and worked >= 0 else None
