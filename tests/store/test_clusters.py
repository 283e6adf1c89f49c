"""Two clusters with the same topics and brokers of the same name: every row keeps its own."""

from math import isnan

import pytest

from arcwatch.model.pulsar import PulsarBrokers, Replicator
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.charted import of_backlog
from arcwatch.store.names import names

TOPIC = "persistent://geo/ns/orders"
BROKER = "localhost:8080"
AT = "pulsar:geo/ns/orders#billing"


@pytest.fixture
def both(store):
    store.call("world.us", "us")
    store.call("world.eu", "eu")
    return store


@pytest.fixture
def told(both, nouns):
    """Tells what a cluster's broker has waiting in the topic."""

    def tells(at, cluster, backlog, *, replicators=(), name="standalone"):
        sub = nouns.subscription(backlog_entries=backlog, out_messages=int(at))
        topic = nouns.topic(TOPIC, sub, in_messages=int(10 * at), replicators=replicators)
        say(at, cluster, "metrics", nouns.page(topic, broker=BROKER, cluster=name))

    def say(at, cluster, part, body, source=BROKER):
        reading = Reading(
            f"world.{cluster}", "pulsar", source, part, nouns.START + at, at, 0.0, body
        )
        both.apply(reading)

    tells.say = say
    return tells


def test_rows_have_the_name_that_the_settings_give_it_whatever_it_calls_itself(both, told):
    for at in (0, 2):
        told(at, "us", 7)
        told(at, "eu", 3)
    found = {row.cluster: row.backlog_entries for row in both.pulsar_topics()}
    assert found == {"us": 7, "eu": 3}
    assert [(row.cluster, row.broker) for row in both.pulsar_brokers()] == [
        ("us", BROKER),
        ("eu", BROKER),
    ]
    assert {sub.cluster for row in both.pulsar_topics() for sub in row.subscriptions} == {
        "us",
        "eu",
    }


def test_what_is_replicated_between_clusters_is_known_to_count_twice(both, told):
    def replicator(remote, rate):
        return Replicator(remote, True, 0, 0.0, rate, 0.0, 0.0, 0.0)

    told(0, "us", 0)
    assert both.replicated_twice is None
    there = [replicator("eu-1", 5.0), replicator("elsewhere", 9.0)]
    told(2, "us", 0, replicators=there, name="us-1")
    told(2, "eu", 0, replicators=[replicator("us-1", 3.0)], name="eu-1")
    assert both.replicated_twice == 8.0
    told.say(4, "eu", "metrics", Failure("no answer", "x", "", ""))
    assert isnan(both.replicated_twice)


def test_an_address_leads_to_the_cluster_that_it_is_of(both, told):
    told(0, "us", 7)
    told(0, "eu", 3)
    assert [(row.address, row.entries) for row in both.backlogs()] == [
        (f"world.us::{AT}", 7),
        (f"world.eu::{AT}", 3),
    ]
    assert [row.entries for row in both.backlogs_of(f"world.eu::{AT}")] == [3]
    # of no cluster in particular it is every one
    assert [row.cluster for row in both.backlogs_of(AT)] == ["us", "eu"]
    assert [why.address for why in both.why(f"world.us::{AT}")] == [f"world.us::{AT}"]
    assert {name.address for name in names(both) if name.kind == "topic"} == {
        "world.us::pulsar:geo/ns/orders",
        "world.eu::pulsar:geo/ns/orders",
    }


def test_each_has_a_series_of_its_own(both, told):
    for at in range(0, 80, 2):
        told(at, "us", 10 * at)
        told(at, "eu", 500)
    us, eu = sorted(both.backlogs(), key=lambda row: row.cluster, reverse=True)
    assert us.growth == pytest.approx(10.0)
    assert eu.growth == 0.0
    assert both.backlog_window(us, 60.0, 10)[-1] > 700
    assert both.backlog_window(eu, 60.0, 10)[-1] == 500
    assert of_backlog(both, us).table is not of_backlog(both, eu).table


def test_one_that_is_down_takes_nothing_of_the_other(both, told):
    for at in (0, 2):
        told(at, "us", 7)
        told(at, "eu", 3)
    told.say(4, "eu", "metrics", Failure("cannot connect", BROKER, "refused", "start it"))
    assert {row.cluster: row.stale for row in both.pulsar_topics()} == {"us": False, "eu": True}
    assert {row.cluster: row.stale for row in both.pulsar_brokers()} == {"us": False, "eu": True}
    (problem,) = both.problems()
    assert (problem.cluster, problem.what) == ("eu", "cannot connect")
    assert both.half("pulsar") == "partly"


def test_a_broker_that_left_one_is_no_broker_that_left_the_other(both, told):
    for cluster in ("us", "eu"):
        told.say(0, cluster, "brokers", PulsarBrokers((BROKER, "b:1")), "http://lb")
        told(0, cluster, 1)
    both.scope.update(both, 0.0)
    both.scope.places("source")
    told.say(10, "eu", "brokers", PulsarBrokers((BROKER,)), "http://lb")
    both.scope.update(both, 30.0)
    silent = {(p.cluster, p.address): p.read("silent") for p in both.scope.places("source")}
    assert {place for place, value in silent.items() if value} == {("eu", "server:b:1")}
    assert {cluster for cluster, _ in silent} == {"us", "eu"}


def test_an_alert_of_one_ends_although_the_other_is_silent(both, told):
    both.alerts = Alerts(default_rules())
    cut = Replicator("eu", False, 60.0, 9.0, 0.0, 0.0, 0.0, 0.0)
    well = Replicator("eu", True, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0)
    for at in range(0, 40, 2):
        told(at, "us", 0, replicators=(cut,))
        told(at, "eu", 0)
        both.judge(at, float(at))
    (alert,) = both.alerts.firing()
    assert (alert.cluster, alert.address) == ("us", "pulsar:geo/ns/orders#pulsar.repl.eu")
    told.say(42, "eu", "metrics", Failure("cannot connect", BROKER, "refused", "start it"))
    for at in range(42, 120, 2):
        told(at, "us", 0, replicators=(well,))
        both.judge(at, float(at))
    assert [row.rule for row in both.alerts.firing() if row.cluster == "us"] == []


def test_latencies_events_and_dead_letters_keep_their_cluster(both, told, nouns):
    for at in range(0, 20, 2):
        for cluster, count in (("us", 2), ("eu", 5)):
            sub = nouns.subscription()
            dead = nouns.topic(f"{TOPIC}-billing-DLQ", in_messages=count)
            page = nouns.page(nouns.topic(TOPIC, sub), dead, broker=BROKER)
            if (at, cluster) == (10, "eu"):
                page = nouns.page(nouns.topic(TOPIC, sub), dead, broker=BROKER, version="4.2.4")
            told.say(at, cluster, "metrics", page)
    assert [(row.cluster, row.place, row.source) for row in both.dead_letters()] == [
        (of, f"world.{of}::pulsar:geo/ns/orders-billing-DLQ", f"world.{of}::{AT}")
        for of in ("us", "eu")
    ]
    assert {event.cluster for event in both.events if event.kind == "version"} == {"eu"}


def test_a_copy_knows_them_too(both, told):
    frozen = both.freeze()
    told(0, "us", 7)
    frozen.apply(Reading("world.eu", "pulsar", "settings", "x", 1.0, 1.0, 0.0, Failure(*"abcd")))
    assert frozen.pulsar_topics() == []
    assert [state.name for state in frozen.pulsar] == ["eu"]
