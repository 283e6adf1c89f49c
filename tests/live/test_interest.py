"""A real server's queue group: its members, what each receives, and who else subscribes."""

import time
import uuid
from contextlib import asynccontextmanager

import nats
import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.nats import monitor as monitors
from arcwatch.sources.nats.monitor import NatsMonitor
from arcwatch.sources.net.http import new_client
from arcwatch.store.nats.server import NatsServerState

SENT = 300


async def nothing(message):
    pass


@asynccontextmanager
async def subscribed(url, subject):
    """Two clients that share a subject, and one that hears all of it."""
    clients = [await nats.connect(url, name=f"w{nth}-{subject}") for nth in range(3)]
    try:
        for client in clients[:2]:
            await client.subscribe(subject, queue="workers", cb=nothing)
        await clients[2].subscribe(f"{subject.partition('.')[0]}.>", cb=nothing)
        for client in clients:
            await client.flush()
        yield clients
    finally:
        for client in clients:
            await client.close()


async def test_members_share_what_another_subscriber_hears_all_of(stack):
    subject = f"i{uuid.uuid4().hex[:8]}.task"
    async with new_client() as client, subscribed(stack.nats, subject) as clients:
        monitor = NatsMonitor(stack.nats_monitor, client)
        state = NatsServerState(monitor.url)
        state.update_server(await monitor.varz(), time.time())
        state.update_interest(await monitor.interest(subject))
        assert {row.msgs for row in state.interest.rows} == {0}
        for _ in range(SENT):
            await clients[2].publish(subject, b"x")
        await clients[2].flush()
        state.update_interest(await monitor.interest(subject))
        members = [row for row in state.interest.rows if row.queue == "workers"]
        (other,) = [row for row in state.interest.rows if not row.queue]
        assert len(members) == 2
        assert sum(row.msgs for row in members) == other.msgs == SENT
        assert all(row.msgs_rate > 0 for row in state.interest.rows)
        ids = [client.client_id for client in clients]
        assert sorted(row.cid for row in state.interest.rows) == sorted(ids)
        # with wildcards all are listed, and those in common with it are taken
        found = await monitor.interest(f"{subject.partition('.')[0]}.*")
        assert sorted(each.cid for each in found.subscribers) == sorted(ids)


async def test_a_server_with_too_many_subscriptions_is_not_made_to_walk_through_them(
    stack, monkeypatch
):
    monkeypatch.setattr(monitors, "MOST_WALKED", 0)
    async with new_client() as client:
        with pytest.raises(SourceError, match="not asked for one of its"):
            await NatsMonitor(stack.nats_monitor, client).interest("a.b")
