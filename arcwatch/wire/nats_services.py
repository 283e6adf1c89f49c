"""Answers to ``$SRV.STATS`` -> model (``io.nats.micro.v1.stats_response``, NATS ADR-32)."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError
from arcwatch.model.nats_services import ServiceEndpoint


class _Endpoint(Struct):
    name: str = ""
    subject: str = ""
    queue_group: str = ""
    num_requests: int = 0
    num_errors: int = 0
    last_error: str | None = None
    average_processing_time: float = 0.0


class _Stats(Struct):
    name: str
    id: str
    version: str = ""
    endpoints: list[_Endpoint] | None = None


_stats = msgspec.json.Decoder(_Stats)


def parse_stats(body: bytes) -> list[ServiceEndpoint]:
    """The endpoints of one instance.

    Raises:
        WireError: This is no such answer.
    """
    try:
        stats = _stats.decode(body)
    except msgspec.MsgspecError as error:
        raise WireError("not the statistics of a service", why=str(error)) from error
    return [
        ServiceEndpoint(
            stats.name,
            stats.version,
            stats.id,
            one.name,
            one.subject,
            one.queue_group,
            one.num_requests,
            one.num_errors,
            one.average_processing_time / 1e9 if one.num_requests else None,
            one.last_error or "",
        )
        for one in stats.endpoints or ()
    ]
