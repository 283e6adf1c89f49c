"""Tiered storage: a row for each topic, and an offload that fails as problem, alert and event."""

from math import isnan

import pytest
from msgspec.structs import replace

from arcwatch.model.pulsar import OffloadCounts, PulsarTopics
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules

OLD = "persistent://arc/audit/old"


def counts(name, latency=0.01, errors=0.0):
    return OffloadCounts(name, 17_000.0, 500.0, 9_000.0, errors, 1.0, latency)


@pytest.fixture
def told(tell, nouns):
    """Tells at so many seconds of a topic, and when an offload of it worked and failed."""

    def at(seconds, worked=None, failed=None):
        topic = nouns.topic(OLD, nouns.subscription(), storage_size=900, offloaded_size=600)
        tell.broker(seconds, nouns.page(topic, offloads=(counts(OLD),)))
        detail = nouns.detail(OLD)
        detail = replace(detail, last_offloaded=worked, last_offload_failed=failed)
        tell.cluster(seconds, "topic", PulsarTopics((detail,)))

    return at


def test_partitions_are_summed_and_the_longest_read_is_told(store, tell, nouns):
    parts = [
        nouns.topic(f"{OLD}-partition-{n}", storage_size=100, offloaded_size=n) for n in range(3)
    ]
    told = [counts(parts[0].name, errors=2), counts(parts[1].name, latency=0.5)]
    tell.broker(0.0, nouns.page(*parts, nouns.topic("persistent://t/n/x"), offloads=told))
    (row,) = store.pulsar_offloads()
    assert (row.topic, row.storage_size, row.offloaded_size) == (OLD, 300, 3)
    assert (row.offload_rate, row.read_rate, row.read_bytes) == (34_000.0, 1_000.0, 18_000.0)
    assert (row.errors, row.read_errors, row.read_latency) == (2.0, 2.0, 0.5)
    assert (row.last_offloaded, row.failed_at, row.stale) == (None, None, False)
    tell.silence(9.0, "pulsar", "p1:8080", "metrics")
    (row,) = store.pulsar_offloads()
    assert row.stale
    assert isnan(row.offload_rate)


def test_what_is_offloaded_and_is_not_counted_has_a_row_too(store, tell, nouns):
    tell.broker(0.0, nouns.page(nouns.topic(OLD, offloaded_size=5)))
    (row,) = store.pulsar_offloads()
    assert (row.offload_rate, row.read_bytes) == (0.0, 0.0)
    assert isnan(row.read_latency)


def test_a_failure_lasts_until_an_offload_works(store, told):
    told(0.0, worked=10.0)
    told(5.0, worked=10.0, failed=20.0)
    (row,) = store.pulsar_offloads()
    assert (row.last_offloaded, row.failed_at) == (10.0, 20.0)
    (problem,) = store.problems()
    assert (problem.what, problem.since) == ("offloading fails", 20.0)
    assert (problem.where, problem.why) == ("pulsar:arc/audit/old", "the last offload failed")
    told(9.0, worked=30.0, failed=20.0)
    assert store.pulsar_offloads()[0].failed_at is None
    assert store.problems() == []


def test_it_is_an_alert_at_once(store, told, nouns):
    store.alerts = Alerts(default_rules())
    told(0.0)
    store.judge(nouns.START, 0.0)
    assert store.alerts.firing() == []
    told(1.0, failed=20.0)
    store.judge(nouns.START + 1.0, 1.0)
    (alert,) = store.alerts.firing()
    assert (alert.rule, alert.address) == ("offload-failed", "pulsar:arc/audit/old")


def test_failing_and_working_again_are_one_event_each(store, told):
    told(0.0)
    for seconds, failed in enumerate((20.0, 40.0, 60.0), 1):
        told(3.0 * seconds, failed=failed)
    told(20.0, worked=70.0, failed=60.0)
    told(24.0, worked=70.0, failed=60.0)
    found = [(one.place, one.text) for one in store.events]
    assert sorted(found) == [
        ("pulsar:arc/audit/old", "offloading failed"),
        ("pulsar:arc/audit/old", "offloading works again"),
    ]
