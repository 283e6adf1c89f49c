"""Policies, schema, ledgers and offloading of a topic, recorded and damaged."""

import pytest

from arcwatch.model.pulsar_opened import Offloading
from arcwatch.wire.pulsar_policies import (
    parse_ledgers,
    parse_offload,
    parse_offloading,
    parse_quotas,
    parse_retention,
    parse_schema,
    parse_ttl,
)
from tests.wire.test_pulsar_opened import WHERE


def test_tells_the_policies(recorded):
    assert parse_retention(recorded("pulsar-4.0.8/retention.json"), WHERE) == (86_400, 512 << 20)
    assert parse_ttl(recorded("pulsar-4.0.8/messageTTL.json"), WHERE) == 7200
    (quota,) = parse_quotas(recorded("pulsar-4.0.8/backlogQuotaMap.json"), WHERE).values()
    assert (quota.kind, quota.size, quota.seconds) == ("destination_storage", 10_000_000, None)
    assert quota.policy == "producer_exception"


@pytest.mark.parametrize("body", [b"", b"\n"])
def test_an_empty_answer_is_what_is_not_set(body):
    assert parse_retention(body, WHERE) is None
    assert parse_ttl(body, WHERE) is None
    assert parse_quotas(body, WHERE) == {}
    assert parse_schema(body, WHERE) is None
    assert parse_offload(body, WHERE) is None


def test_what_is_kept_for_ever_is_not_minus_a_minute():
    body = b'{"retentionTimeInMinutes":-1,"retentionSizeInMB":-1}'
    assert parse_retention(body, WHERE) == (-1, -1)


def test_a_quota_looks_at_its_own_limit_alone():
    body = b"""{"destination_storage":{"limitSize":-1,"limitTime":-1,"policy":"x"},
                "message_age":{"limitSize":10737418240,"limitTime":60,"policy":"y"}}"""
    storage, age = parse_quotas(body, WHERE).values()
    assert (storage.kind, storage.is_limited) == ("destination_storage", False)
    assert (age.kind, age.size, age.seconds) == ("message_age", None, 60)


def test_tells_when_ledgers_are_offloaded_and_for_how_long_bookies_keep_them(recorded):
    told = parse_offloading(recorded("pulsar-4.0.8/offloadPolicies.json"), WHERE)
    assert told == Offloading("", "", 1_048_576, 3_600, 14_400.0)
    to_s3 = b'{"managedLedgerOffloadDriver":"S3","managedLedgerOffloadBucket":"b"}'
    assert parse_offloading(to_s3, WHERE) == Offloading("S3", "b", None, None, None)
    for nothing in (b"", b"null", b'{"managedLedgerOffloadThresholdInBytes":-1}'):
        assert parse_offloading(nothing, WHERE) is None


def test_tells_the_schema_and_the_offloading(recorded):
    assert parse_schema(recorded("pulsar-4.0.8/schema.json"), WHERE) == ("JSON", 0)
    assert parse_offload(recorded("pulsar-4.0.8/offload.json"), WHERE) == ("NOT_RUN", "")


def test_tells_the_ledgers(recorded):
    told = parse_ledgers(
        recorded("pulsar-4.0.8/internalStats-full.json"),
        b'{"ledgers":[]}',
        WHERE,
        partitioned=False,
    )
    assert (told.count, told.entries, told.size, told.offloaded) == (1, 1, 4401, 0)
    assert told.first_closed is None


def test_tells_the_ledgers_of_all_partitions(recorded):
    told = parse_ledgers(
        recorded("pulsar-4.0.8/partitioned-internalStats.json"),
        b'{"version":0,"partitions":{"a":{"ledgers":[{"timestamp":2000},{"timestamp":9000}]},'
        b'"b":{"ledgers":[{"timestamp":1000},{}]},"c":{"ledgers":[{"timestamp":500}]}}}',
        WHERE,
        partitioned=True,
    )
    assert told.count == 3
    assert told.size == 24_063
    assert told.first_closed == 1.0


def test_tells_when_the_oldest_ledger_was_closed(recorded):
    stats = recorded("pulsar-4.0.8/internalStats-full.json")
    info = recorded("pulsar-4.0.8/internal-info.json")
    told = parse_ledgers(stats, info, WHERE, partitioned=False)
    assert told.first_closed == 1795459819.071


def test_tells_what_deduplication_keeps(recorded):
    stats = recorded("pulsar-4.0.8/internalStats-deduplicated.json")
    told = parse_ledgers(stats, b'{"ledgers":[]}', WHERE, partitioned=False)
    assert (told.deduplicated_producers, told.since_snapshot) == (3, 104)
    assert (told.compacted_entries, told.compacted_size) == (None, None)


def test_an_offload_that_failed_says_why(recorded):
    status, why = parse_offload(recorded("pulsar-4.0.8/offload-error.json"), "here")
    assert status == "ERROR"
    assert "Connection refused connecting to POST http://127.0.0.1:9000/offloaded/" in why


def test_where_it_goes_and_from_which_size_on(recorded):
    told = parse_offloading(recorded("pulsar-4.0.8/offload-policies-s3.json"), "here")
    assert told == Offloading("S3", "offloaded", 1_048_576, None, None)


def test_ledgers_that_are_offloaded_are_counted(recorded):
    stats = recorded("pulsar-4.0.8/internal-stats-offloaded.json")
    told = parse_ledgers(stats, b'{"ledgers":[]}', "here", partitioned=False)
    assert (told.count, told.offloaded) == (6, 5)
