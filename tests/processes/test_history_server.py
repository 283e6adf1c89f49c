"""Positions stay those of the topics they are of, whatever topics appear meanwhile."""

import asyncio
import os
import signal
import uuid

import httpx
import pytest

from arcwatch.config.settings import load
from arcwatch.errors import UsageError
from arcwatch.history.open import open_history
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import Locate, ReadPage


@pytest.fixture
def settings(stack):
    places = {"pulsar": stack.pulsar, "pulsar_admin": stack.pulsar_admin, "nats": "off"}
    return load(places, environ={"ARCWATCH_CONFIG": os.devnull})


@pytest.fixture
def topics(stack, pulsar_client):
    """A namespace with a topic of two partitions, of three messages each, which can grow."""
    namespace = f"grows/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/grows", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{namespace}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{namespace}/retention", json=keep).raise_for_status()
        path = f"persistent/{namespace}/b/partitions"
        admin.put(path, json=2).raise_for_status()
        producer = pulsar_client.create_producer(f"persistent://{namespace}/b")
        for number in range(6):
            producer.send(b"%d" % number)

        def grow():
            """More partitions, and a topic that a pattern finds before the others."""
            admin.post(path, json=4).raise_for_status()
            pulsar_client.create_producer(f"persistent://{namespace}/a").send(b"new")

        yield namespace, grow


@pytest.mark.parametrize("name", ["b", "*"])
async def test_a_history_that_is_opened_again_has_the_places_it_had(settings, topics, name):
    namespace, grow = topics
    process = HistoryProcess(settings)
    try:
        opened = await process.open(f"pulsar:{namespace}/{name}")
        start = await process.ask(Locate("earliest"))
        first = await process.ask(ReadPage(start, 2))
        grow()
        os.kill(process.pid, signal.SIGKILL)
        while process.pid:  # noqa: ASYNC110 - nothing tells of it but this
            await asyncio.sleep(0.01)
        rest = await process.ask(ReadPage(first.end, 10))
        bodies = sorted(message.body for message in (*first.messages, *rest.messages))
        assert bodies == [b"%d" % number for number in range(6)]
        # one that is opened by the user has all that there are
        again = await process.open(f"pulsar:{namespace}/{name}")
        assert len(again.places) > len(opened.places)
    finally:
        await process.close()


async def test_positions_of_other_topics_are_refused(settings, topics):
    namespace, grow = topics
    address = f"pulsar:{namespace}/b"
    async with open_history(settings, address) as history:
        positions, places = await history.latest(), history.places
    grow()
    async with open_history(settings, address) as history:
        for asked in (history.page_before(positions, 5), history.page_after(positions, 5)):
            with pytest.raises(UsageError, match="2 positions for 4"):
                await asked
        with pytest.raises(UsageError):
            await anext(history.scan(positions, positions))
    async with open_history(settings, address, places) as history:
        assert len((await history.page_before(positions, 10)).messages) == 6
