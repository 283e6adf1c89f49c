"""JetStream's samples of acknowledgements (``io.nats.jetstream.metric.v1.consumer_ack``).  Pure.

A consumer with ``sample_freq`` publishes them on ``$JS.EVENT.METRIC.CONSUMER.ACK.STREAM.CONSUMER``,
where there is a subscriber.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError

from .documents import decoded
from .numbers import Int64

SUBJECTS = "$JS.EVENT.METRIC.CONSUMER.ACK."
"""What the subjects of samples begin with."""


class _Sample(Struct):
    stream: str
    consumer: str
    ack_time: Int64


_sample = msgspec.json.Decoder(_Sample)


def ack_sample(subject: str | None, body: bytes) -> tuple[str, float] | None:
    """The consumer's address, and the seconds from a delivery to its acknowledgement.

    None for what is no sample.
    """
    if subject is None or not subject.startswith(SUBJECTS):
        return None
    try:
        sample = decoded(_sample, body, "not an acknowledgement sample")
    except WireError:
        return None
    if sample.ack_time < 0:
        return None
    return f"js:{sample.stream}#{sample.consumer}", sample.ack_time / 1e9
