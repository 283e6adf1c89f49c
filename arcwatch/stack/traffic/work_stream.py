"""The JetStream stream of work items, and its two consumers."""

from __future__ import annotations

import asyncio

from nats.aio.client import Client
from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StreamConfig
from nats.js.errors import BadRequestError

from .plan import Clock, is_draining

STREAM = StreamConfig(
    name="ARC_WORK",
    subjects=["arc.work.>"],
    retention=RetentionPolicy.LIMITS,
    discard=DiscardPolicy.OLD,
    # seconds and bytes: what brokers left running for days keep
    max_age=1800.0,
    max_bytes=64 * 1024 * 1024,
)

KEEPS_UP, FALLS_BEHIND = CONSUMERS = ("indexer", "archiver")
"""Durable pull consumers with explicit acknowledgement, and the connections that serve them."""

WAVE_PERIOD = 150.0
WAVE_GROWING = 90.0
"""Plan seconds in which the one that falls behind takes nothing, at the start of each period."""
FETCH_EVERY = 0.5
"""Plan seconds between two fetches."""
FETCH = {KEEPS_UP: 100, FALLS_BEHIND: 50}
"""Messages taken at once: about 25 a second arrive."""
NEARLY_NONE = 100
"""Messages; a consumer with no more than these waiting has caught up."""


async def follow(client: Client, name: str, clock: Clock) -> None:
    """Take and acknowledge the stream's messages for ever, making stream and consumer first.

    Both are made again whenever nothing comes: a server may return with an empty store.
    """
    context = client.jetstream()
    while True:
        try:
            await _set_up(context)
            subscription = await context.pull_subscribe_bind(name, STREAM.name)
            try:
                await _take(subscription, name, clock)
            finally:
                await subscription.unsubscribe()
        except Error:
            await asyncio.sleep(1)


async def _set_up(context: JetStreamContext) -> None:
    try:
        await context.add_stream(STREAM)
    except BadRequestError:
        # it exists with other limits
        await context.update_stream(STREAM)
    for name in CONSUMERS:
        await context.add_consumer(
            "ARC_WORK",
            ConsumerConfig(
                durable_name=name, ack_policy=AckPolicy.EXPLICIT, ack_wait=30.0, max_ack_pending=500
            ),
        )


async def _take(subscription: JetStreamContext.PullSubscription, name: str, clock: Clock) -> None:
    waiting = 0
    while True:
        await asyncio.sleep(FETCH_EVERY / clock.pace)
        # what a slow machine could not drain in time is drained all the same
        if name == FALLS_BEHIND and waiting < NEARLY_NONE and not _is_draining(clock):
            continue
        for message in await subscription.fetch(FETCH[name], timeout=2):
            waiting = message.metadata.num_pending
            await message.ack()


def _is_draining(clock: Clock) -> bool:
    return is_draining(clock.now(), period=WAVE_PERIOD, growing=WAVE_GROWING)
