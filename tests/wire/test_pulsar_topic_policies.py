"""What limits a topic: answers of Pulsar 4.0.8."""

import pytest

from arcwatch.model.pulsar_opened import TopicPolicy
from arcwatch.wire.pulsar_settings import parse_broker_settings
from arcwatch.wire.pulsar_topic_policies import of_broker, parse_of_namespace, parse_own

WHERE = "http://pulsar/admin"


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        (
            "dispatch_rate",
            b'{"dispatchThrottlingRateInMsg":100,"dispatchThrottlingRateInByte":-1,'
            b'"relativeToPublishRate":true,"ratePeriodInSecond":2}',
            TopicPolicy("dispatch_rate", "topic", 100, None, 2, "above the publish rate"),
        ),
        (
            "publish_rate",
            b'{"publishThrottlingRateInMsg":1000,"publishThrottlingRateInByte":5000000}',
            TopicPolicy("publish_rate", "topic", 1000, 5_000_000, 1),
        ),
        (
            "subscribe_rate",
            b'{"subscribeThrottlingRatePerConsumer":5,"ratePeriodInSecond":30}',
            TopicPolicy("subscribe_rate", "topic", 5, None, 30),
        ),
        ("deduplication", b"false", TopicPolicy("deduplication", "topic", value="off")),
        ("compaction_threshold", b"1000", TopicPolicy("compaction_threshold", "topic", size=1000)),
        ("compaction_threshold", b"0", TopicPolicy("compaction_threshold", "topic")),
        (
            "schema_compatibility",
            b'"BACKWARD"',
            TopicPolicy("schema_compatibility", "topic", value="BACKWARD"),
        ),
        ("schema_compatibility", b'"UNDEFINED"', None),
        ("dispatch_rate", b"", None),
        ("dispatch_rate", b"null", None),
    ],
)
def test_a_topics_own(name, body, expected):
    assert parse_own(name, body, WHERE) == expected


@pytest.mark.parametrize("cluster", ["standalone", ""])
def test_a_namespaces(recorded, cluster):
    found = parse_of_namespace(recorded("pulsar-4.0.8/namespace-limited.json"), cluster, WHERE)
    assert sorted(found) == [
        "compaction_threshold",
        "deduplication",
        "deduplication_snapshot",
        "dispatch_rate",
        "publish_rate",
        "resource_group",
        "schema_compatibility",
        "subscribe_rate",
    ]
    assert found["publish_rate"] == TopicPolicy("publish_rate", "namespace", 500, 500_000, 1)
    assert found["deduplication_snapshot"].seconds == 77
    assert found["resource_group"].value == "w6rg"


def test_rates_of_other_clusters_are_not_this_ones(recorded):
    found = parse_of_namespace(recorded("pulsar-4.0.8/namespace-limited.json"), "eu", WHERE)
    assert "publish_rate" not in found


def test_a_namespace_that_sets_nothing(recorded):
    assert parse_of_namespace(recorded("pulsar-4.0.8/namespace.json"), "standalone", WHERE) == {}


def test_a_brokers_defaults():
    report = (
        b'{"brokerDeduplicationEnabled":"false","brokerServiceCompactionThresholdInBytes":"0",'
        b'"brokerDeduplicationSnapshotIntervalSeconds":"120","schemaCompatibilityStrategy":"FULL",'
        b'"maxPublishRatePerTopicInMessages":"9","maxPublishRatePerTopicInBytes":"0",'
        b'"subscribeThrottlingRatePerConsumer":"0","subscribeRatePeriodPerConsumerInSecond":"30"}'
    )
    assert of_broker(parse_broker_settings(report, WHERE)) == {
        "publish_rate": TopicPolicy("publish_rate", "broker", 9, None, 1),
        "subscribe_rate": TopicPolicy("subscribe_rate", "broker", None, None, 30),
        "deduplication": TopicPolicy("deduplication", "broker", value="off"),
        "deduplication_snapshot": TopicPolicy("deduplication_snapshot", "broker", seconds=120),
        "compaction_threshold": TopicPolicy("compaction_threshold", "broker"),
        "schema_compatibility": TopicPolicy("schema_compatibility", "broker", value="FULL"),
    }
