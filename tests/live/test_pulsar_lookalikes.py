"""Topics that are called as partitions are, on a real broker: listed and read as themselves."""

import pytest

from arcwatch.errors import NotThereError
from arcwatch.notation.address import parse_address
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.topics import ensure_there, places, whole_of, wholes_of


@pytest.fixture(scope="module")
def lookalikes(admin, pulsar_client, namespace):
    """One beside the topic without the number, one alone, and real partitions."""
    admin.put(f"persistent/{namespace}/parted/partitions", json=2).raise_for_status()
    producers = [
        pulsar_client.create_producer(f"persistent://{namespace}/{name}")
        for name in ("x", "x-partition-3", "y-partition-3", "parted")
    ]
    for producer in producers:
        producer.send(b"hello")
    yield f"persistent://{namespace}"
    for producer in producers:
        producer.close()


@pytest.fixture
async def cluster(stack):
    async with new_client() as http:
        yield PulsarCluster(stack.pulsar_admin, http)


async def test_they_are_read_as_themselves(cluster, lookalikes, namespace):
    for name in ("x", "x-partition-3", "y-partition-3", "parted-partition-1"):
        address = parse_address(f"pulsar:{namespace}/{name}")
        assert await places(cluster, address) == (f"{lookalikes}/{name}",)
    for name in ("x-partition-4", "y-partition-4", "parted-partition-2"):
        with pytest.raises(NotThereError):
            await ensure_there(cluster, f"{lookalikes}/{name}")


async def test_what_they_are_part_of_is_asked_of_the_broker(cluster, lookalikes):
    names = [f"{lookalikes}/{n}" for n in ("x", "x-partition-3", "y-partition-3")]
    parts = [f"{lookalikes}/parted-partition-{n}" for n in (0, 1)]
    for name in names:
        assert await whole_of(cluster, name) == name
    assert await wholes_of(cluster, [*names, *parts]) == {*names, f"{lookalikes}/parted"}


async def test_a_look_lists_each_as_itself(lookalikes, stack, watch):
    store = await watch(pulsar_admin=stack.pulsar_admin).look()
    rows = {row.topic: row.partitions for row in store.pulsar_topics()}
    mine = {name.rpartition("/")[2]: n for name, n in rows.items() if name.startswith(lookalikes)}
    mine.pop("__change_events", None)
    assert mine == {"x": 0, "x-partition-3": 0, "y-partition-3": 0, "parted": 2}
