"""What is told of an opened topic, recorded and damaged."""

import contextlib
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.model.pulsar_opened import Compaction
from arcwatch.wire.pulsar_opened import parse_opened, parse_opened_partitions, parse_partitions
from arcwatch.wire.pulsar_policies import (
    parse_compaction,
    parse_ledgers,
    parse_offload,
    parse_quotas,
    parse_retention,
    parse_schema,
    parse_ttl,
)

ORDERS, PARTED = "persistent://tree/belt/orders", "persistent://tree/belt/parted"
WHERE = "http://b:8080/admin/v2/persistent/tree/belt/orders/stats"


@pytest.fixture
def orders(recorded):
    return parse_opened(ORDERS, recorded("pulsar-4.0.8/stats-full.json"), WHERE).parts[0]


@pytest.fixture
def stats(recorded):
    return msgspec.json.decode(recorded("pulsar-4.0.8/stats-full.json"))


def sub(part, name):
    (found,) = [one for one in part.subscriptions if one.name == name]
    return found


# -- statistics -----------------------------------------------------------------------------------


def test_tells_the_topic(orders):
    assert (orders.in_messages, orders.in_bytes, orders.out_messages) == (200, 4401, 600)
    assert (orders.storage_size, orders.offloaded_size) == (4401, 0)
    assert orders.last_offloaded is None
    assert orders.owner == "127.0.0.1:18080"


def test_tells_each_subscription(orders):
    assert [one.name for one in orders.subscriptions] == ["idle", "audit", "keyed", "billing"]
    billing, idle = sub(orders, "billing"), sub(orders, "idle")
    assert (billing.type, billing.durable) == ("Shared", True)
    assert (billing.backlog_entries, billing.backlog_size) == (1, 4401)
    assert (billing.out_messages, billing.out_bytes) == (200, 4401)
    assert (billing.unacked_messages, billing.delayed_messages) == (200, 0)
    assert billing.last_consumed == 1795458594.915
    assert billing.last_acked is None
    assert sub(orders, "audit").active_consumer == "audit-1"
    assert idle.consumers == ()


def test_tells_who_reads_from_where_and_since_when(orders):
    (consumer,) = sub(orders, "billing").consumers
    assert (consumer.name, consumer.address) == ("billing-1", "127.0.0.1:45060")
    assert consumer.version == "Pulsar-CPP-v4.2.0"
    at = datetime(2026, 11, 23, 18, 29, 54, 809485, tzinfo=UTC)
    assert consumer.since == pytest.approx(at.timestamp(), abs=1e-5)
    assert (consumer.permits, consumer.unacked_messages) == (800, 200)


def test_tells_who_writes(orders):
    (producer,) = orders.producers
    assert (producer.name, producer.address) == ("shop", "127.0.0.1:45060")
    assert (producer.access, producer.version) == ("Shared", "Pulsar-CPP-v4.2.0")


def test_tells_each_partition_in_the_order_of_the_numbers(recorded):
    body = recorded("pulsar-4.0.8/partitioned-stats.json")
    told = parse_opened_partitions(PARTED, body, WHERE)
    assert told.partitions == 3
    assert [part.name for part in told.parts] == [f"{PARTED}-partition-{n}" for n in range(3)]
    assert sum(part.in_messages for part in told.parts) == 300
    assert all(part.producers[0].name == "gate" for part in told.parts)
    assert all(sub(part, "workers").consumers[0].name == "w1" for part in told.parts)


def test_a_partition_of_another_topic_is_left_out(recorded):
    body = recorded("pulsar-4.0.8/partitioned-stats.json")
    assert parse_opened_partitions("persistent://tree/belt/other", body, WHERE).parts == ()


def test_tells_how_replication_goes(stats):
    # one cluster alone has none: the fields are those of ReplicatorStatsImpl
    stats["replication"] = {
        "west": {
            "connected": False,
            "replicationBacklog": 12,
            "replicationDelayInSeconds": 0,
            "msgInCount": 5,
            "msgOutCount": 7,
            "outboundConnection": "[id: 0x1, L:/10.0.0.7:1 - R:west/10.1.0.7:6650]",
        }
    }
    part = parse_opened(ORDERS, msgspec.json.encode(stats), WHERE).parts[0]
    (west,) = part.replication
    assert (west.cluster, west.connected, west.backlog_entries) == ("west", False, 12)
    assert (west.in_messages, west.out_messages, west.delay) == (5, 7, 0.0)


def test_fields_that_are_new_or_missing_are_no_error(stats):
    stats["newer"] = {"deep": [1]}
    for name in ("storageSize", "offloadedStorageSize", "publishers", "replication"):
        del stats[name]
    part = parse_opened(ORDERS, msgspec.json.encode(stats), WHERE).parts[0]
    assert (part.storage_size, part.producers) == (0, ())


def test_a_field_of_another_type_is_an_error_that_names_it(stats):
    stats["subscriptions"]["billing"]["consumers"][0]["address"] = 7
    with pytest.raises(WireError) as raised:
        parse_opened(ORDERS, msgspec.json.encode(stats), WHERE)
    assert raised.value.where == WHERE
    assert "consumers" in raised.value.why
    assert ".address" in raised.value.why


@pytest.mark.parametrize("text", ["yesterday", "0000-00-00T00:00:00Z", None])
def test_a_moment_that_is_none_is_not_known(stats, text):
    stats["publishers"][0]["connectedSince"] = text
    part = parse_opened(ORDERS, msgspec.json.encode(stats), WHERE).parts[0]
    assert part.producers[0].since is None


def test_tells_how_many_partitions_there_are():
    assert parse_partitions(b'{"partitions":3,"deleted":false}', WHERE) == 3
    assert parse_partitions(b'{"partitions":0,"deleted":false}', WHERE) == 0


# -- policies -------------------------------------------------------------------------------------


def test_tells_what_compaction_has_left(recorded):
    stats = recorded("pulsar-4.0.8/internalStats-compacted.json")
    told = parse_ledgers(stats, b'{"ledgers":[]}', WHERE, partitioned=False)
    assert (told.compacted_entries, told.compacted_size) == (10, 610)
    assert parse_compaction(b'{"status":"RUNNING","lastError":""}', WHERE) == ("RUNNING", "")
    (part,) = parse_opened("t", recorded("pulsar-4.0.8/stats-compacted.json"), WHERE).parts
    assert part.compaction == Compaction(1796094045.138, None, 190, 0.325)
    (never,) = parse_opened("t", recorded("pulsar-4.0.8/stats-full.json"), WHERE).parts
    assert never.compaction == Compaction(None, None, None, None)
    (old,) = parse_opened("t", b'{"msgInCounter":0}', WHERE).parts
    assert old.compaction is None


@given(st.binary())
def test_no_answer_raises_anything_but_that_it_is_none(body):
    for parse in (
        lambda: parse_opened(ORDERS, body, WHERE),
        lambda: parse_opened_partitions(ORDERS, body, WHERE),
        lambda: parse_partitions(body, WHERE),
        lambda: parse_retention(body, WHERE),
        lambda: parse_ttl(body, WHERE),
        lambda: parse_quotas(body, WHERE),
        lambda: parse_schema(body, WHERE),
        lambda: parse_offload(body, WHERE),
        lambda: parse_ledgers(body, body, WHERE, partitioned=True),
    ):
        with contextlib.suppress(WireError):
            parse()


def test_more_partitions_than_can_be_named_are_refused():
    """Each would become a name in memory, and a request."""
    assert parse_partitions(b'{"partitions":100000}', WHERE) == 100_000
    for number in (4_000_000_000_000, -1, -(10**40)):
        with pytest.raises(WireError, match="partitions"):
            parse_partitions(b'{"partitions":%d}' % number, WHERE)
