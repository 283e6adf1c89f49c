"""Moves messages at a fixed rate: ``python -m tests.live.paced KIND URL FLOW...``.

Each flow is a JSON object.

A program of its own, so that nothing the tests do makes it late.  It prints a line once its
messages flow.  Asked ``FROM TO`` on its input, moments of the system's monotonic clock, it tells
how many a second a broker can have counted between the two, by flow: at least and at most, since
what was sent and is not confirmed may be counted or not.  On an idle machine the two are a few
messages apart; a busy one delays messages, and what this says of them stays true.  It ends when
its input does.
"""

import asyncio
import bisect
import contextlib
import functools
import json
import os
import sys
import time

import nats
import pulsar

from tests.processed import processed

TICK = 0.004


class Count:
    """How many there were at which moment."""

    def __init__(self):
        self.total = 0
        self._moments, self._totals = [-1.0], [0]

    def add(self, more):
        self.total += more
        self._totals.append(self.total)
        self._moments.append(time.monotonic())

    def at(self, moment):
        return self._totals[bisect.bisect_right(self._moments, moment) - 1]


class Pace:
    """Says how many are due on a straight line through time, and remembers when it said so."""

    def __init__(self, rate):
        self._rate, self._start = rate, time.monotonic()
        self.sent = self.confirmed = Count()

    def due(self):
        due = int((time.monotonic() - self._start) * self._rate) - self.sent.total
        if due > 0:
            self.sent.add(due)
        return due

    def skip(self):
        """Leave out what is due: there is no server to give it to."""
        self._start = time.monotonic() - self.sent.total / self._rate

    def rates(self, start, end, confirmed=None):
        """The least and the most that can have been counted per second."""
        confirmed = confirmed or self.confirmed
        least = confirmed.at(end) - self.sent.at(start)
        most = self.sent.at(end) - confirmed.at(start)
        return least / (end - start), most / (end - start)


async def nats_publisher(url, *, subject, rate, size=100, listeners=1):
    """Publishes on a connection called ``subject``, to so many others that listen."""
    options = {"max_reconnect_attempts": -1, "reconnect_time_wait": 0.1, "error_cb": _ignore}
    pace, payload = Pace(rate), bytes(size)
    pace.confirmed = Count()

    async def heard(message):
        pace.confirmed.add(1)

    for number in range(listeners):
        listener = await nats.connect(url, name=f"{subject}-{number}", **options)
        await listener.subscribe(subject, cb=heard if number == 0 else _ignore)
        await processed(listener)
    client = await nats.connect(url, name=subject, **options)
    pace.skip()
    yield {subject: pace.rates}
    while True:
        await asyncio.sleep(TICK)
        if not client.is_connected:
            pace.skip()
            continue
        for _ in range(pace.due()):
            await client.publish(subject, payload)


async def jetstream_consumer(url, *, stream, consumer, rate, ack_rate):
    """Pulls at one rate, and acknowledges at another, in order."""
    client = await nats.connect(url)
    pulled = await client.jetstream().pull_subscribe_bind(consumer, stream)
    pulling, acknowledging, held = Pace(rate), Pace(ack_rate), []
    pulling.confirmed, acknowledging.confirmed = Count(), Count()
    yield {f"{consumer} delivered": pulling.rates, f"{consumer} acknowledged": acknowledging.rates}
    while True:
        await asyncio.sleep(5 * TICK)
        if due := pulling.due():
            held += await pulled.fetch(due, timeout=60)
            pulling.confirmed.add(due)
        if due := acknowledging.due():
            await asyncio.gather(*(message.ack_sync(timeout=60) for message in held[:due]))
            acknowledging.confirmed.add(due)
            del held[:due]


async def pulsar_producer(url, *, topic, rate, size=100, batches=False, subscriptions=()):
    """Sends to a topic, each of whose subscriptions is consumed as fast as it comes."""
    client = pulsar.Client(url, logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull))
    received = {name: Count() for name in subscriptions}
    for name in subscriptions:
        client.subscribe(topic, name, message_listener=functools.partial(_receive, received[name]))
    producer = client.create_producer(
        topic,
        batching_enabled=batches,
        batching_max_publish_delay_ms=10,
        message_routing_mode=pulsar.PartitionsRoutingMode.RoundRobinDistribution,
    )
    pace, payload, short = Pace(rate), bytes(size), topic.rpartition("/")[2]
    pace.confirmed = Count()
    yield {
        short: pace.rates,
        **{
            f"{short} {name}": functools.partial(pace.rates, confirmed=received[name])
            for name in subscriptions
        },
    }
    while True:
        await asyncio.sleep(TICK)
        for _ in range(pace.due()):
            producer.send_async(payload, lambda result, _: pace.confirmed.add(1))


def _receive(received, consumer, message):
    received.add(1)
    consumer.acknowledge(message)


async def _ignore(message_or_error):
    pass


KINDS = {"nats": nats_publisher, "jetstream": jetstream_consumer, "pulsar": pulsar_producer}


async def main(kind, url, *flows):
    # being late is the one thing it must not be; only the administrator may ask for that
    with contextlib.suppress(PermissionError):
        os.nice(-10)
    asked = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(asked), sys.stdin
    )
    running = [KINDS[kind](url, **json.loads(flow)) for flow in flows]
    rates = {}
    for flow in running:
        rates |= await anext(flow)
    moving = asyncio.gather(*(anext(flow) for flow in running))
    _tell("flowing")
    while (span := await asked.readline()) and not moving.done():
        start, end = map(float, span.split())
        _tell({name: between(start, end) for name, between in rates.items()})
    if moving.done():
        moving.result()
    # a client that still has messages to send would keep the interpreter
    os._exit(0)


def _tell(answer):
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
