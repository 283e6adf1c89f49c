"""An opened topic: who is connected, and what holds for it."""

import pytest

from arcwatch.errors import NotThereError
from arcwatch.model.pulsar_opened import Quota, TopicGone
from arcwatch.sources.pulsar.open_topic import about, limits, opened, partitions, quotas_of

TOPIC = "persistent://arc/a/t"
PATH = "persistent/arc/a/t"
BROKER = "brokers/configuration/runtime"
GB = b'{"destination_storage":{"limitSize":1000,"limitTime":-1,"policy":"producer_exception"}}'
NONE = b'{"destination_storage":{"limitSize":-1,"limitTime":-1}}'


async def test_a_topic_without_partitions_and_one_with_some(answered, recorded):
    plain = {f"{PATH}/partitions": b'{"partitions":0}'}
    cluster, asked = await answered(
        plain | {f"{PATH}/stats": recorded("pulsar-4.0.8/stats-full.json")}
    )
    found = await opened(cluster, TOPIC)
    assert (found.name, len(found.parts)) == (TOPIC, 1)
    # it is not created by being looked for
    assert asked[0][0].endswith("partitions?checkAllowAutoCreation=false")
    belt = "persistent/tree/belt/parted"
    body = recorded("pulsar-4.0.8/partitioned-stats.json")
    cluster, asked = await answered(
        {f"{belt}/partitions": b'{"partitions":3}', f"{belt}/partitioned-stats": body}
    )
    assert len((await opened(cluster, "persistent://tree/belt/parted")).parts) == 3
    assert "perPartition=true" in asked[-1][0]


async def test_one_that_is_gone_is_no_error(answered):
    cluster, _ = await answered({})
    assert await opened(cluster, TOPIC) == TopicGone(TOPIC)
    assert await about(cluster, TOPIC) == TopicGone(TOPIC)
    with pytest.raises(NotThereError):
        await partitions(cluster, TOPIC)


async def test_of_each_kind_the_nearest_quota_holds_and_one_without_a_limit_is_none(answered):
    own, wider = f"{PATH}/backlogQuotaMap", "namespaces/arc/a/backlogQuotaMap"
    broker = {BROKER: b'{"backlogQuotaDefaultLimitSecond":"60"}'}
    storage = Quota("destination_storage", 1_000, None, "producer_exception")
    age = Quota("message_age", None, 60, "")
    cluster, _ = await answered(broker | {wider: GB})
    assert await quotas_of(cluster, TOPIC) == (storage, age)
    cluster, _ = await answered(broker | {wider: GB, own: NONE})
    assert await quotas_of(cluster, TOPIC) == (age,)
    # a version without policies of topics
    cluster, _ = await answered(broker | {wider: GB, own: None})
    assert await quotas_of(cluster, TOPIC) == (storage, age)


async def test_what_may_not_be_asked_is_named_and_the_rest_is_there(answered):
    cluster, _ = await answered(
        {
            f"{PATH}/partitions": b'{"partitions":0}',
            f"{PATH}/messageTTL": b"60",
            f"{PATH}/retention": 403,
            f"{PATH}/offload": None,
            BROKER: b"{}",
        }
    )
    found = await about(cluster, TOPIC)
    assert found.ttl == 60
    assert {"retention", "offload", "ledgers"} <= {*found.unknown}
    assert not {"ttl", "schema", "quota"} & {*found.unknown}


async def test_limits_are_unknown_together(answered):
    cluster, _ = await answered({f"{PATH}/messageTTL": b"60", BROKER: b"{}"})
    assert await limits(cluster, TOPIC) == (60, ())
    cluster, _ = await answered({f"{PATH}/messageTTL": 403})
    assert await limits(cluster, TOPIC) == (None, ())
