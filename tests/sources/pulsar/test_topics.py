"""Which topics an address is, by names that load nothing, and what readers must know of them."""

import pytest

from arcwatch.errors import NotThereError
from arcwatch.notation.address import parse_address
from arcwatch.sources.pulsar.topics import (
    ensure_there,
    last_message,
    last_readable,
    open_transaction,
    places,
    quota,
    replication_clusters,
    unsent,
    whole_of,
    wholes_of,
)
from arcwatch.wire.pulsar_reading import Quota

BASE = "persistent/arc/a"


def parts(**counts):
    return {
        f"{BASE}/{name.replace('_', '-')}/partitions": b'{"partitions":%d}' % count
        for name, count in counts.items()
    }


def full(*names):
    return tuple(f"persistent://arc/a/{name}" for name in names)


async def test_a_topic_is_its_partitions_or_itself(answered):
    cluster, _ = await answered(parts(parted=2, plain=0))
    assert await places(cluster, parse_address("pulsar:arc/a/plain")) == full("plain")
    assert await places(cluster, parse_address("pulsar:arc/a/parted")) == full(
        "parted-partition-0", "parted-partition-1"
    )
    one = full("parted-partition-1")
    assert await places(cluster, parse_address("pulsar:arc/a/parted-partition-1")) == one


async def test_what_is_not_there_is_told_before_a_reader_would_create_it(answered):
    cluster, _ = await answered(parts(parted=2))
    for name in ("gone", "parted-partition-2"):
        with pytest.raises(NotThereError, match="no such topic") as caught:
            await places(cluster, parse_address(f"pulsar:arc/a/{name}"))
        assert caught.value.where == f"pulsar:arc/a/{name}"
    await ensure_there(cluster, *full("parted-partition-1"))


async def test_a_pattern_is_what_it_matches_and_partitions_stand_for_their_topic(answered):
    listed = b'["persistent://arc/a/x","persistent://arc/a/x1","persistent://arc/a/y"]'
    cluster, _ = await answered({BASE: listed, f"{BASE}/partitioned": b'["persistent://arc/a/x"]'})
    assert await places(cluster, parse_address("pulsar:arc/a/x*")) == full("x1")


async def test_a_name_may_only_look_like_a_partition(answered):
    cluster, asked = await answered(parts(parted=2))
    names = full("parted-partition-0", "parted-partition-1", "parted-partition-7", "x-partition-0")
    assert await wholes_of(cluster, names) == {
        *full("parted", "parted-partition-7", "x-partition-0")
    }
    # each is looked up once
    assert len(asked) == 2
    assert await whole_of(cluster, *full("plain")) == full("plain")[0]


async def test_the_last_message_and_the_last_that_can_be_read(answered):
    buffer = "/admin/v3/transactions/transactionBufferStats/arc/a/t"
    cluster, _ = await answered(
        {
            f"{BASE}/t/lastMessageId": b'{"ledgerId":5,"entryId":7}',
            buffer: b'{"maxReadPosition":"5:6","totalAbortedTransactions":1}',
        }
    )
    assert await last_message(cluster, *full("t")) == (5, 7)
    assert (await last_readable(cluster, *full("t"))).entry == 6
    cluster, _ = await answered({buffer: 403})
    assert await last_readable(cluster, *full("t")) is None


async def test_a_topics_own_replication_takes_precedence_over_its_namespaces(answered):
    own, wider = f"{BASE}/t/replication", "namespaces/arc/a/replication"
    cluster, _ = await answered({own: b'["eu","us"]', wider: b'["eu"]'})
    assert await replication_clusters(cluster, *full("t")) == ("eu", "us")
    for lacking in (None, b"", 403):
        cluster, _ = await answered({own: lacking, wider: b'["eu"]'})
        assert await replication_clusters(cluster, *full("t")) == ("eu",)
    cluster, _ = await answered({own: 403, wider: 403})
    assert await replication_clusters(cluster, *full("t")) == ()


async def test_what_may_not_have_come_yet_is_told_only_where_there_are_several_clusters(answered):
    own = f"{BASE}/t/replication"
    cluster, _ = await answered({own: b'["eu"]'})
    assert await unsent(cluster, *full("t")) == ""
    cluster, _ = await answered({own: b'["us","eu\\u001b"]'})
    said = await unsent(cluster, *full("t"))
    assert said.startswith("is replicated between eu")
    assert said.isprintable()


async def test_an_open_transaction_is_named_where_it_may_be_listed(answered):
    slow = "/admin/v3/transactions/slowTransactions/0"
    cluster, _ = await answered({slow: 403})
    assert await open_transaction(cluster, *full("t")) == "a transaction is open"
    cluster, _ = await answered({slow: b"{}"})
    assert await open_transaction(cluster, *full("t")) == "a transaction is open"


async def test_the_rate_of_a_topic_is_that_of_the_whole_and_unbounded_where_it_is_not_known(
    answered,
):
    body = b'{"dispatchThrottlingRateInMsg":100,"ratePeriodInSecond":10}'
    cluster, _ = await answered(parts(parted=2) | {f"{BASE}/parted/dispatchRate": body})
    assert await quota(cluster, *full("parted-partition-0")) == Quota(10, None)
    for refused in (403, b"", 404):
        cluster, _ = await answered({f"{BASE}/t/dispatchRate": refused})
        assert await quota(cluster, *full("t")) == Quota(None, None)
