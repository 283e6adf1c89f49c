"""Where a replicated subscription is in the other cluster: only where that can be compared."""

import math

import pytest
from msgspec.structs import replace

from arcwatch.model.pulsar import Replicator
from arcwatch.model.reading import Failure, Reading
from arcwatch.wire.pulsar_opened import parse_opened

TOPIC = "persistent://geo/ns/orders"


@pytest.fixture
def world(store, nouns, recorded):
    """Tells what a cluster has of the topic: its replicators, and its open subscription."""
    store.call("world.us", "west")
    store.call("world.eu", "east")
    body = parse_opened(TOPIC, recorded("pulsar-4.0.8/stats-full.json"), "")
    (sub, *_) = (sub for part in body.parts for sub in part.subscriptions)

    def tell(context, at, part, body, source="b:1"):
        reading = Reading(context, "pulsar", source, part, nouns.START + at, at, 0.0, body)
        store.apply(reading)

    def told(name, at, *, waits, oldest, remote, backlog=0.0, delay=0.0, connected=True, kept=True):
        here = {"us": "eu", "eu": "us"}
        way = Replicator(remote or here[name], connected, backlog, delay, 0.0, 0.0, 0.0, 0.0)
        topic = nouns.topic(TOPIC, replicators=(way,))
        tell(f"world.{name}", at, "metrics", nouns.page(topic, broker="b:1", cluster=name))
        date = None if oldest is None else nouns.START + oldest
        one = replace(sub, name="s", backlog_entries=waits, oldest=date, is_replicated=kept)
        part = replace(body.parts[0], name=TOPIC, subscriptions=(one,))
        opened = replace(body, name=TOPIC, parts=(part,))
        tell(f"world.{name}", at, "opened", opened, "http://b:1")

    told.tell, told.store = tell, store
    return told


def elsewhere(world, cluster="west"):
    row = world.store.opened_topic(TOPIC, cluster)
    return [(one.cluster, one.behind) for one in row.subscriptions[0].elsewhere]


def test_it_is_behind_by_the_publish_times_of_the_oldest_that_wait(world):
    world("us", 100, waits=5, oldest=90.0, remote="")
    world("eu", 100, waits=9, oldest=70.0, remote="")
    assert elsewhere(world) == [("east", 20.0)]
    assert elsewhere(world, "east") == [("west", -20.0)]


def test_where_nothing_waits_it_is_nowhere_behind(world):
    world("us", 100, waits=0, oldest=None, remote="")
    world("eu", 100, waits=0, oldest=None, remote="")
    assert elsewhere(world) == [("east", 0.0)]


@pytest.mark.parametrize(
    "here",
    [
        # nothing waits here: where it is nobody tells
        {"waits": 0, "oldest": None},
        # the oldest there may not have arrived yet
        {"waits": 5, "oldest": 90.0, "backlog": 3.0, "delay": 40.0},
        {"waits": 5, "oldest": 90.0, "connected": False},
    ],
)
def test_what_cannot_be_compared_has_no_figure(world, here):
    world("us", 100, remote="", **here)
    world("eu", 100, waits=9, oldest=70.0, remote="")
    ((cluster, behind),) = elsewhere(world)
    assert cluster == "east"
    assert math.isnan(behind)


def test_what_is_on_its_way_and_newer_than_both_changes_nothing(world):
    world("us", 100, waits=5, oldest=80.0, remote="", backlog=3.0, delay=1.0)
    world("eu", 100, waits=9, oldest=70.0, remote="")
    assert elsewhere(world) == [("east", 10.0)]


def test_a_stale_answer_is_not_compared_and_others_are_not_meant(world):
    world("us", 100, waits=5, oldest=90.0, remote="")
    world("eu", 100, waits=9, oldest=70.0, remote="")
    failed = Failure("cannot connect", "b:1", "refused", "start it")
    world.tell("world.eu", 104, "opened", failed, "http://b:1")
    assert math.isnan(elsewhere(world)[0][1])
    assert world.store.failure("pulsar", "opened", "west") is None
    assert world.store.failure("pulsar", "opened", "east") == failed
    # not replicated to it, or not a replicated subscription
    world("us", 106, waits=5, oldest=90.0, remote="asia")
    assert elsewhere(world) == []
    world("us", 108, waits=5, oldest=90.0, remote="", kept=False)
    assert elsewhere(world) == []
