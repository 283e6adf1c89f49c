"""Replicators on pages of a real broker, whose remote cluster then was killed."""

from pathlib import Path

from arcwatch.model.pulsar import Replicator
from arcwatch.wire.pulsar_metrics import MetricsPage

DATA = Path(__file__).parent.parent / "data" / "pulsar-4.0.8"
ORDERS = "persistent://geo/ns/orders"


def replicators(name):
    page = MetricsPage()
    page.feed((DATA / name).read_bytes())
    return {topic.name: topic.replicators for topic in page.finish("b:1").topics}


def test_a_dead_remote_is_not_connected_and_what_waits_for_it_grows_old():
    found = replicators("metrics-remote-dead.txt")
    assert found[ORDERS] == (Replicator("eu", False, 60, 21, 0.0, 3.587, 0.0, 6.458),)
    assert found["persistent://geo/ns/__change_events"][0].backlog_entries == 0


def test_replicators_are_no_subscriptions_and_no_topics_of_their_own():
    found = replicators("metrics-replicated.txt")
    assert {name for name, each in found.items() if each} == {
        ORDERS,
        "persistent://geo/ns/__change_events",
    }
    assert all(len(each) <= 1 for each in found.values())


def test_a_page_without_them_has_none():
    assert not any(replicators("metrics.txt").values())
