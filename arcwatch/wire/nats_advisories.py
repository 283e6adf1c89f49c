"""JetStream's advisories of messages that are not delivered again: JSON to model.

Source: ``JSConsumerDeliveryExceededAdvisory`` and ``JSConsumerDeliveryTerminatedAdvisory`` in
``server/jetstream_events.go`` of nats-server 2.2 to 2.15; ``reason`` came with 2.10.9.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError
from arcwatch.model.nats_advisories import JsAdvisory, Kind

from .documents import decoded
from .go_text import unix
from .numbers import Int64

SUBJECTS: dict[str, Kind] = {
    "ADVISORY.CONSUMER.MAX_DELIVERIES.>": "gave up",
    "ADVISORY.CONSUMER.MSG_TERMINATED.>": "terminated",
}
"""What to subscribe to behind ``$JS.EVENT.``, and what a message there means."""


class _Advisory(Struct):
    stream: str
    consumer: str
    stream_seq: Int64
    timestamp: str = ""
    deliveries: Int64 = 0
    reason: str = ""
    domain: str = ""


class _Info(Struct):
    domain: str = ""


_info = msgspec.json.Decoder(_Info)
_advisory = msgspec.json.Decoder(_Advisory)


def parse_domain(body: bytes) -> str | None:
    """The JetStream domain in an answer of ``$JS.API.INFO``; None of anything else."""
    try:
        return decoded(_info, body, "not an answer from $JS.API.INFO").domain
    except WireError:
        return None


def parse_advisory(kind: Kind, body: bytes) -> JsAdvisory | None:
    """Parse an advisory; None for anything else, which anyone may publish there."""
    try:
        report = decoded(_advisory, body, "not an advisory")
        at = unix(report.timestamp)
    except WireError:
        return None
    if at is None or report.stream_seq < 1:
        return None
    return JsAdvisory(
        report.stream[:256],
        report.consumer[:256],
        kind,
        report.stream_seq,
        report.deliveries,
        at,
        report.reason[:1000],
        report.domain[:256],
    )
