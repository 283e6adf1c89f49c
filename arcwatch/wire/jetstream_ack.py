"""JetStream's samples of acknowledgements (``io.nats.jetstream.metric.v1.consumer_ack``).  Pure.

A consumer with ``sample_freq`` publishes them on ``$JS.EVENT.METRIC.CONSUMER.ACK.STREAM.CONSUMER``,
where somebody listens.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

SUBJECTS = "$JS.EVENT.METRIC.CONSUMER.ACK."
"""What the subjects of samples begin with."""


class _Sample(Struct):
    stream: str
    consumer: str
    ack_time: int


_sample = msgspec.json.Decoder(_Sample)


def ack_sample(subject: str | None, body: bytes) -> tuple[str, float] | None:
    """The consumer's address, and the seconds from a delivery to its acknowledgement.

    None for what is no sample.
    """
    if subject is None or not subject.startswith(SUBJECTS):
        return None
    try:
        sample = _sample.decode(body)
    except msgspec.MsgspecError:
        return None
    return f"js:{sample.stream}#{sample.consumer}", sample.ack_time / 1e9
