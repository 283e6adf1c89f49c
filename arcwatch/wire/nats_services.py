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
    average_processing_time: Real = 0.0


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
            one.average_processing_time / 1e9 if one.num_requests else None,
            printable(one.last_error or "", limit=LONGEST_ERROR),
        )
        for one in stats.endpoints or ()
    ]
