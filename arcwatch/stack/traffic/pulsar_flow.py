"""Producers and consumers over one Pulsar client.

The client's synchronous calls run on threads, one for each consumer, and none of them waits
without a bound.  A client that cannot go on ends the whole flow (``over``); whoever runs it
makes a new one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any

import pulsar
from _pulsar import SchemaType
from pulsar.schema import AvroSchema, BytesSchema, Schema, StringSchema

from .plan import Clock, Schedule, is_draining
from .pulsar_plan import Message, is_malformed
from .pulsar_topics import Subscription, Topic
from .report import Report

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


WAVE_PERIOD = 180.0
WAVE_GROWING = 110.0
"""Plan seconds in which a subscription with waves takes nothing, at the start of each period."""

BATCH = 25
DRAIN_EVERY = 0.25
"""Plan seconds between two batches of a draining consumer, so that a backlog falls in a slope."""
TICK = 0.1
"""Real seconds between two looks at the plan."""

RECEIVE_TIMEOUT_MS = 500
DRAIN_TIMEOUT_MS = 250
"""Real and plan milliseconds that a batch may take to fill.  In the latter a batch fills only
for a consumer that is behind."""
PREFETCH = 50
"""Messages a consumer holds ready for each partition.  Small, so that a backlog waits in the
broker; more than a batch, which would otherwise wait for its time-out."""


class JsonText(Schema):  # type: ignore[misc]  # untyped base
    """A JSON schema whose payloads are JSON text already."""

    def __init__(self, definition: dict[str, Any]) -> None:
        super().__init__(bytes, SchemaType.JSON, definition, "JSON")

    def encode(self, obj: bytes) -> bytes:
        """The payload itself."""
        return obj

    def decode(self, data: bytes) -> bytes:
        """The payload itself."""
        return data


class Flow:
    """What is published and consumed until it is over.

    Args:
        url: ``pulsar://…`` of the broker.
        report: Called with the reason why the flow ended, when it ended by itself.
    """

    def __init__(self, url: str, clock: Clock, report: Report) -> None:
        self._clock, self._report = clock, report
        self._threads: list[threading.Thread] = []
        self.over = threading.Event()
        self._client = pulsar.Client(
            url,
            io_threads=1,
            # the client writes to stdout unless it is given a file
            logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull),
        )

    def consume(self, topic: Topic) -> None:
        """Start the consumers of every subscription of ``topic``."""
        for subscription in topic.subscriptions:
            dead_letters = None
            if subscription.rejects:
                dead_letters = DeadLetters(self.producer(topic.dead_letters(subscription)))
            for number in range(1, subscription.consumers + 1):
                consumer = self._subscribe(topic, subscription, f"{subscription.name}-{number}")
                self._start(self._serve, consumer, subscription, dead_letters)

    def producer(self, topic: Topic) -> Any:
        """A producer for ``topic``, which registers the topic's schema."""
        mode = pulsar.BatchingType.KeyBased if topic.by_key else pulsar.BatchingType.Default
        return self._client.create_producer(
            topic.url,
            producer_name=topic.producer,
            schema=_schema(topic),
            compression_type=getattr(pulsar.CompressionType, topic.compression),
            max_pending_messages=10_000,
            batching_enabled=topic.batching,
            batching_type=mode,
            batching_max_messages=100,
            batching_max_publish_delay_ms=100,
        )

    def publish(self, outlets: Iterable[tuple[Any, Schedule[Message]]]) -> None:
        """Start publishing: each producer what its schedule has due."""
        self._start(self._keep_publishing, tuple(outlets))

    def close(self) -> None:
        """End the flow and its connections, within about a second."""
        self.over.set()
        for thread in self._threads:
            thread.join(timeout=1)
        # not close(), which waits for as long as a broker hangs
        self._client.shutdown()

    def _start(self, work: Any, *args: object) -> None:
        thread = threading.Thread(target=self._guarded, args=(work, *args), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, work: Any, *args: object) -> None:
        try:
            work(*args)
        except pulsar.PulsarException as error:
            if not self.over.is_set():
                self._report(f"interrupted: {error}")
            self.over.set()

    def _subscribe(self, topic: Topic, subscription: Subscription, name: str) -> Any:
        timeout_ms = RECEIVE_TIMEOUT_MS
        if subscription.in_waves:
            timeout_ms = round(DRAIN_TIMEOUT_MS / self._clock.pace)
        return self._client.subscribe(
            topic.url,
            subscription.name,
            getattr(pulsar.ConsumerType, subscription.type),
            consumer_name=name,
            initial_position=pulsar.InitialPosition.Earliest,
            receiver_queue_size=PREFETCH,
            negative_ack_redelivery_delay_ms=1000,
            batch_receive_policy=pulsar.ConsumerBatchReceivePolicy(BATCH, -1, timeout_ms),
        )

    def _serve(
        self, consumer: Any, subscription: Subscription, dead_letters: DeadLetters | None
    ) -> None:
        behind = False
        while not self.over.is_set():
            if subscription.in_waves and not (behind or self._is_draining()):
                self.over.wait(TICK)
                continue
            messages = consumer.batch_receive()
            for message in messages:
                if dead_letters is not None and is_malformed(message.data()):
                    dead_letters.refuse(consumer, message)
                else:
                    consumer.acknowledge(message)
            if subscription.in_waves:
                # what a slow machine could not drain in time is drained all the same
                behind = len(messages) == BATCH
                self.over.wait(DRAIN_EVERY / self._clock.pace)

    def _is_draining(self) -> bool:
        return is_draining(self._clock.now(), period=WAVE_PERIOD, growing=WAVE_GROWING)

    def _keep_publishing(self, outlets: tuple[tuple[Any, Schedule[Message]], ...]) -> None:
        while not self.over.wait(TICK):
            for producer, schedule in outlets:
                for message in schedule.due(self._clock.now()):
                    send(producer, message)


def send(producer: Any, message: Message) -> None:
    """Hand ``message`` to ``producer`` without waiting; one that cannot be stored is lost."""
    producer.send_async(
        message.value,
        _sent,
        partition_key=message.key,
        properties=message.properties,
        event_timestamp=message.event_time,
    )


def _sent(result: Any, message_id: Any) -> None:
    """Nothing to do; called on a thread of the client, where an exception ends the process."""


def _schema(topic: Topic) -> Any:
    match topic.encoding:
        case "AVRO":
            return AvroSchema(None, topic.schema)
        case "JSON":
            return JsonText(topic.schema)
        case "text":
            return StringSchema()
        case "plain":
            return BytesSchema()
