"""Where the messages that a subscription refuses end: ``<topic>-<subscription>-DLQ``."""

from __future__ import annotations

from typing import Any

MAX_REDELIVERIES = 2


class DeadLetters:
    """Refuses messages as the client's own dead-letter policy does.

    The policy of pulsar-client 3.13 cannot be used: when the broker goes away while a dead
    letter is on its way, closing the client ends the process with a segmentation fault
    (``ConsumerImpl::processPossibleToDLQ``).
    """

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    def refuse(self, consumer: Any, message: Any) -> None:
        """Have ``message`` delivered again, or when that was done twice, bury it.

        Raises:
            pulsar.PulsarException: The dead-letter topic did not take it in time.
        """
        if message.redelivery_count() < MAX_REDELIVERIES:
            consumer.negative_acknowledge(message)
            return
        origin = {
            "REAL_TOPIC": message.topic_name(),
            "ORIGIN_MESSAGE_ID": str(message.message_id()),
        }
        self._producer.send(message.data(), properties=message.properties() | origin)
        consumer.acknowledge(message)
