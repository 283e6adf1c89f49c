"""What can be measured of messages that a tail brings, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.runtime.boundary import each
from arcwatch.store.series.tail_latency import Lateness
from arcwatch.wire.jetstream_ack import ack_sample


def measure_messages(
    lateness: Lateness,
    messages: Sequence[Message],
    failed: Callable[[ArcwatchError], object],
) -> None:
    """Measure all that carry a publish time, and all that tell of an acknowledgement.

    Args:
        lateness: Takes the measurements.
        messages: As they came.
        failed: Takes the reason for each that cannot be measured.
    """
    each(messages, partial(_measure, lateness), failed, "the message could not be measured")


def _measure(lateness: Lateness, message: Message) -> None:
    lateness.saw((message,))
    if message.source == "nats" and (sample := ack_sample(message.subject, message.body)):
        lateness.acknowledged(*sample)
