"""A backlog counted message by message, scan after scan and partition after partition."""

import json

import pytest

from arcwatch.errors import NotThereError, SourceError
from arcwatch.sources.pulsar import exact_backlog as module
from arcwatch.sources.pulsar.exact_backlog import exact_backlog

TOPIC = "persistent://a/b/t"


def scan(entries, messages, at=None):
    stopped = {"aborted": at is not None, "lastMessageId": at}
    return json.dumps({"entries": entries, "messages": messages} | stopped).encode()


def oldest(milliseconds):
    told = {"s": {"earliestMsgPublishTimeInBacklog": milliseconds}}
    return json.dumps({"subscriptions": told}).encode()


def paths(name="t", partitions=0):
    base = f"persistent/a/b/{name}"
    return f"{base}/partitions", f"{base}/subscription/s/analyzeBacklog", f"{base}/stats"


async def test_each_scan_goes_on_where_the_one_before_stopped(answered):
    partitions, analyze, stats = paths()
    cluster, asked = await answered(
        {
            partitions: b'{"partitions":0}',
            analyze: [scan(10, 30, "5:9:-1"), scan(2, 4)],
            stats: oldest(5_000),
        }
    )
    found = await exact_backlog(cluster, TOPIC, "s")
    assert (found.entries, found.messages, found.scans, found.partitions) == (12, 34, 2, 1)
    assert found.oldest == 5.0
    assert found.address == "pulsar:a/b/t#s"
    assert len([path for path, _ in asked if "analyze" in path]) == 2


async def test_all_partitions_count_and_only_those_with_a_backlog_are_asked_for_its_age(answered):
    _, first, stats = paths("t-partition-0")
    _, second, other = paths("t-partition-1")
    cluster, asked = await answered(
        {
            paths()[0]: b'{"partitions":2}',
            first: scan(1, 3),
            stats: oldest(7_000),
            second: scan(0, 0),
            other: oldest(0),
        }
    )
    found = await exact_backlog(cluster, TOPIC, "s")
    assert (found.messages, found.partitions, found.oldest) == (3, 2, 7.0)
    assert not [path for path, _ in asked if "partition-1/stats" in path]


async def test_a_scan_without_end_is_given_up(answered, monkeypatch):
    monkeypatch.setattr(module, "MOST_SCANS", 3)
    partitions, analyze, _ = paths()
    cluster, _ = await answered({partitions: b'{"partitions":0}', analyze: scan(1, 1, "5:9:-1")})
    with pytest.raises(SourceError, match="too large to be counted"):
        await exact_backlog(cluster, TOPIC, "s")


async def test_a_topic_that_is_not_there_is_told(answered):
    cluster, _ = await answered({})
    with pytest.raises(NotThereError, match="no such topic"):
        await exact_backlog(cluster, TOPIC, "s")


async def test_a_subscription_that_is_not_there_is_told_from_a_topic_that_is_not(answered):
    partitions, analyze, _ = paths()
    gone = {
        partitions: b'{"partitions":0}',
        analyze: (404, b'{"reason":"Subscription s not found"}'),
    }
    cluster, _ = await answered(gone)
    with pytest.raises(NotThereError, match="no such subscription") as caught:
        await exact_backlog(cluster, TOPIC, "s")
    assert caught.value.where == f"{TOPIC}#s"
    cluster, _ = await answered(gone | {analyze: (404, b'{"reason":"Topic not found"}')})
    with pytest.raises(NotThereError, match="no such topic"):
        await exact_backlog(cluster, TOPIC, "s")
