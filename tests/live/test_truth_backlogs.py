"""What is told of backlogs, held against what was sent, when, and what an analysis counts.

Nothing here waits for arcwatch's minutes: the steps in which it looks back are made short.
"""

import asyncio
import time
import uuid

import pulsar
import pytest

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.engine.exact_backlog import count_exactly

BEAT = 0.4
"""Seconds between two looks at the broker's figures."""

TREND = 1.2
RATE = 100
"""Messages per second that come in."""

DRAIN = 60
"""Messages per second that a consumer takes when it is back."""

SENT = 5 * RATE
HOT = 1
"""The partition that gets most."""


@pytest.fixture
def hasty(monkeypatch):
    """The same arithmetic over seconds instead of minutes."""
    monkeypatch.setattr(Engine, "page_interval", BEAT)
    monkeypatch.setattr("arcwatch.engine.questions.SCRAPE_SHARE", 1)
    monkeypatch.setattr("arcwatch.store.series.samples.STEP", BEAT / 2)
    monkeypatch.setattr("arcwatch.store.backlog.pace.TREND", TREND)
    monkeypatch.setattr("arcwatch.store.causes.of_pulsar.STUCK", 1.5)
    monkeypatch.setattr("arcwatch.engine.topic_details.AGE", BEAT)
    monkeypatch.setattr("arcwatch.engine.topic_details.EVERY", BEAT)


class Belt:
    """Three topics and what goes wrong with each.

    ``stuck``: all is acknowledged but the first message.  ``hot``: most goes to one partition.
    ``late``: its consumer stops, comes back when no more comes in.
    """

    def __init__(self, client, admin, namespace):
        self._client, run = client, uuid.uuid4().hex[:8]
        self.name = f"{namespace}/{{}}-{run}"
        admin.put(f"persistent/{self.name.format('hot')}/partitions", json=3).raise_for_status()
        self.first_sent = self.late_from = self.drained_at = 0.0
        self._held = []

    def address(self, which):
        return f"pulsar:{self.name.format(which)}#billing"

    def subscribe(self, which, **options):
        kind = pulsar.ConsumerType.Shared
        consumer = self._client.subscribe(self.name.format(which), "billing", kind, **options)
        self._held.append(consumer)
        return consumer

    def send(self, topic, count, per_second=0.0):
        """Send messages one by one, and return when the first was published."""
        producer = self._client.create_producer(topic, batching_enabled=False)
        begun = time.time()
        for n in range(count):
            producer.send_async(b"x", lambda *answer: None)
            time.sleep(max(0.0, begun + n / per_second - time.time()) if per_second else 0.0)
        producer.flush()
        producer.close()
        return begun

    def hold_one(self):
        consumer = self.subscribe("stuck")
        self.first_sent = self.send(self.name.format("stuck"), 50)
        held = [consumer.receive(10_000) for _ in range(50)]
        for message in held[1:]:
            consumer.acknowledge(message)

    def heat(self):
        self.subscribe("hot")
        for n in range(3):
            topic = f"{self.name.format('hot')}-partition-{n}"
            self.send(topic, 200 if n == HOT else 5)

    def flow(self):
        """Nobody takes what flows."""
        self.subscribe("late")
        self._held.pop().close()
        self.late_from = self.send(self.name.format("late"), SENT, RATE)

    def drain(self):
        """Somebody is back."""
        consumer = self.subscribe("late", receiver_queue_size=1)
        begun = time.time()
        for n in range(SENT):
            consumer.acknowledge(consumer.receive(10_000))
            time.sleep(max(0.0, begun + n / DRAIN - time.time()))
        self.drained_at = time.time()

    def close(self):
        for consumer in self._held:
            consumer.close()


@pytest.fixture
def belt(pulsar_client, admin, namespace):
    belt = Belt(pulsar_client, admin, namespace)
    yield belt
    belt.close()


async def test_a_stuck_a_hot_and_a_late_subscription_are_what_was_done_to_them(
    stack, watch, until, belt, hasty
):
    arcwatch = watch(pulsar_admin=stack.pulsar_admin)
    async with arcwatch.running() as (engine, store):

        def row(which):
            address = belt.address(which)
            return next((row for row in store.backlogs() if row.address == address), None)

        await asyncio.to_thread(belt.hold_one)
        await asyncio.to_thread(belt.heat)

        # stuck at its first message, which is too few to be ranked beside what others left behind
        engine.focus(f"persistent://{belt.name.format(which)}" for which in ("stuck", "hot"))
        stuck = await until(
            lambda: (r := row("stuck")) and r.cause and r.cause.kind == "held" and r
        )
        assert (stuck.waiting, stuck.age_at_least, stuck.unacked) == (1, True, 1)
        engine.open_topic(f"persistent://{belt.name.format('stuck')}")
        opened = await until(lambda: (r := row("stuck")) and r.age_exact and r)
        assert store.now - opened.age == pytest.approx(belt.first_sent, abs=0.5)

        # hot in one of three partitions
        hot = await until(lambda: (r := row("hot")) and r.entries == 210 and len(r.says) > 1 and r)
        # nobody receives what its consumers were sent, which is the stronger cause
        assert hot.says[-1] == f"hot partition: p{HOT}"

        # growing without a consumer, since it stopped
        flowing = asyncio.create_task(asyncio.to_thread(belt.flow))
        # (the first reading's window begins before the first message)
        rate = pytest.approx(RATE, rel=0.3)
        late = await until(lambda: (r := row("late")) and r.growth == rate and r)
        assert (late.consumers, late.cause.text) == (0, "no consumers")
        assert late.drains_in == float("inf")
        await flowing
        # what a batch holds is asked in two answers, and is off while messages come in
        some = pytest.approx(SENT, rel=0.02)
        late = await until(
            lambda: (r := row("late")) and (r.entries, r.messages) == (SENT, some) and r
        )
        settings = load(arcwatch.places, environ={"ARCWATCH_CONFIG": "/dev/null"})
        exact = await count_exactly(settings, belt.address("late"))
        assert exact.messages == SENT
        assert exact.oldest == pytest.approx(belt.late_from, abs=0.5)
        assert store.now - late.age == pytest.approx(exact.oldest, abs=2 * BEAT + 0.5)

        # drained when it was said that it would be
        draining = asyncio.create_task(asyncio.to_thread(belt.drain))
        late = await until(
            lambda: (
                (r := row("late"))
                and 0 < r.entries < SENT / 1.5
                and 0 < r.drains_in < float("inf")
                and r
            )
        )
        then, told = store.now, late.drains_in
        await draining
        assert told == pytest.approx(belt.drained_at - then, rel=0.5, abs=0.5)
        await until(lambda: row("late") is None)
