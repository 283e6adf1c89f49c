"""How a cluster is set up: what may be asked is asked, and what may not gives its reason."""

import pytest

from arcwatch.model.pulsar_settings import NotAsked, TopicLimits
from arcwatch.sources.pulsar import settings as module
from arcwatch.sources.pulsar.settings import namespaces, policies, read_settings

TOPIC = "persistent://arc/a/t"
PATH = "persistent/arc/a/t"


@pytest.fixture
def whole(recorded):
    return {
        "brokers/configuration/runtime": b'{"ttlDurationDefaultInSeconds":"5"}',
        "tenants": b'["arc","pulsar"]',
        "namespaces/arc": b'["arc/a","arc/gone"]',
        "namespaces/arc/a": recorded("pulsar-4.0.8/namespace.json"),
        f"{PATH}/partitions": b'{"partitions":0}',
        f"{PATH}/stats": recorded("pulsar-4.0.8/stats-full.json"),
        f"{PATH}/messageTTL": b"60",
        f"{PATH}/backlogQuotaMap": b"",
        "schemas/arc/a/t/schema": recorded("pulsar-4.0.8/schema.json"),
    }


async def read(cluster, *topics):
    reports = []
    found = await read_settings(cluster, topics, lambda *counts: reports.append(counts))
    return found, reports


async def test_all_that_may_be_asked_is_there_and_what_is_gone_is_not(answered, whole):
    cluster, _ = await answered(whole)
    found, reports = await read(cluster, TOPIC, "persistent://arc/a/gone")
    assert found.broker["ttlDurationDefaultInSeconds"] == "5"
    assert [one.name for one in found.namespaces] == ["arc/a"]
    (topic,) = found.topics
    assert (topic.opened.name, topic.schema, topic.limits) == (TOPIC, "JSON", TopicLimits(60, ()))
    assert reports[-1][0] == reports[-1][1] == 4


async def test_what_is_refused_gives_its_reason_and_the_rest_is_asked(answered, whole):
    refused = {"brokers/configuration/runtime": 403, "tenants": 403, "schemas/arc/a/t/schema": 403}
    cluster, _ = await answered(whole | refused)
    found, _ = await read(cluster, TOPIC)
    assert isinstance(found.broker, NotAsked)
    assert "403" in found.broker.why
    # those in use are known all the same
    assert [one.name for one in found.namespaces] == ["arc/a"]
    assert isinstance(found.topics[0].schema, NotAsked)


async def test_where_topics_have_no_policies_of_their_own_their_namespace_decides(answered, whole):
    cluster, _ = await answered(whole | {f"{PATH}/messageTTL": None})
    found, _ = await read(cluster, TOPIC)
    assert found.topics[0].limits == TopicLimits()


async def test_of_very_many_the_rest_is_counted(answered, whole, monkeypatch):
    monkeypatch.setattr(module, "MOST_TOPICS", 1)
    monkeypatch.setattr(module, "MOST_NAMESPACES", 1)
    cluster, _ = await answered(whole)
    found, _ = await read(cluster, TOPIC, "persistent://arc/a/u", "persistent://arc/a/v")
    assert (found.topics_left_out, found.namespaces_left_out) == (2, 1)


async def test_pulsars_own_namespaces_are_none_of_the_users(answered, whole):
    cluster, asked = await answered(whole | {"namespaces/pulsar": b'["pulsar/system"]'})
    assert await namespaces(cluster) == ["arc/a", "arc/gone"]
    assert not [path for path, _ in asked if path.endswith("namespaces/pulsar")]
    assert await policies(cluster, "arc/gone") is None
