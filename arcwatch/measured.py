"""What can be measured of messages that a tail brings, whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from .model.message import Message
from .store.lateness import Lateness
from .wire.jetstream_ack import ack_sample


def measure_messages(lateness: Lateness, messages: Sequence[Message]) -> None:
    """Measure all that carry a publish time, and all that tell of an acknowledgement."""
    lateness.saw(messages)
    for message in messages:
        if message.source == "nats" and (sample := ack_sample(message.subject, message.body)):
            lateness.acknowledged(*sample)
