"""What waits for remote clusters: rows, since when, problems, alerts, and the ranking."""

from math import isnan

import pytest

from arcwatch.model.pulsar import Replicator
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules

ORDERS = "persistent://geo/ns/orders"
AT = "pulsar:geo/ns/orders#pulsar.repl.eu"


def replicator(remote="eu", backlog=0.0, delay=0.0, *, connected=True, out=5.0):
    return Replicator(remote, connected, backlog, delay, 2.0, out, 20.0, 50.0)


@pytest.fixture
def told(tell, nouns):
    """Tells of a topic's replicators at so many seconds."""

    def at(seconds, *replicators, name=ORDERS):
        topic = nouns.topic(name, in_messages=int(10 * seconds), replicators=replicators)
        tell.broker(seconds, nouns.page(topic))

    return at


def test_a_row_has_both_directions_and_since_when_it_is_connected(store, told, nouns):
    told(0.0, replicator())
    told(4.0, replicator(connected=False, backlog=20.0, delay=3.0))
    told(8.0, replicator(connected=False, backlog=60.0, delay=7.0, out=0.0))
    (row,) = store.pulsar_replicators()
    assert (row.cluster, row.topic, row.remote, row.connected) == ("belt", ORDERS, "eu", False)
    assert (row.since, row.partitions, row.partitions_connected) == (nouns.START + 4.0, 1, 0)
    assert (row.backlog_entries, row.delay, row.msg_rate_in, row.msg_rate_out) == (
        60.0,
        7.0,
        2.0,
        0,
    )
    told(10.0, replicator())
    (row,) = store.pulsar_replicators()
    assert (row.connected, row.since) == (True, nouns.START + 10.0)


def test_one_that_is_cut_off_when_it_is_first_seen_has_been_for_as_long_as_its_oldest(
    store, told, nouns
):
    told(100.0, replicator(connected=False, backlog=60.0, delay=45.0))
    assert store.pulsar_replicators()[0].since == nouns.START + 55.0


def test_partitions_are_summed_and_one_that_is_not_connected_is_enough(store, tell, nouns):
    topics = [
        nouns.topic(
            f"{ORDERS}-partition-{n}", replicators=(replicator(backlog=n, connected=n < 2),)
        )
        for n in range(3)
    ]
    tell.broker(0.0, nouns.page(*topics))
    (row,) = store.pulsar_replicators()
    assert (row.topic, row.partitions, row.partitions_connected) == (ORDERS, 3, 2)
    assert (row.connected, row.backlog_entries, row.msg_rate_in) == (False, 3.0, 6.0)


def test_a_remote_that_entries_wait_for_is_one_problem(store, told, tell, nouns):
    cut = replicator(connected=False, backlog=60.0)
    tell.broker(
        1.0,
        nouns.page(
            nouns.topic(ORDERS, replicators=(cut,)),
            nouns.topic("persistent://geo/ns/x", replicators=(cut, replicator("asia"))),
            nouns.topic("persistent://geo/ns/idle", replicators=(replicator(connected=False),)),
        ),
    )
    (problem,) = store.problems()
    assert problem.what == "remote cluster eu is not connected"
    assert problem.why == "120 entries of 2 topics wait for it"
    assert problem.since == nouns.START + 1.0
    one = replicator(connected=False, backlog=1.0)
    tell.broker(2.0, nouns.page(nouns.topic(ORDERS, replicators=(one,))))
    assert [each.why for each in store.problems()] == ["1 entry of 1 topic waits for it"]


def test_a_dead_remote_is_an_alert_once_it_lasts(store, told, nouns):
    store.alerts = Alerts(default_rules())
    for at in range(30):
        told(float(at), replicator(connected=False, backlog=60.0))
        store.judge(nouns.START + at, float(at))
    assert store.alerts.firing() == []
    told(31.0, replicator(connected=False, backlog=90.0))
    store.judge(nouns.START + 31.0, 31.0)
    (alert,) = store.alerts.firing()
    assert (alert.rule, alert.severity, alert.address) == ("replication-cut-off", "critical", AT)
    # the problem that is there without any rule says it already
    assert len(store.problems()) == 1


def test_it_is_a_row_of_the_ranking_with_its_cause(store, told, nouns):
    for at in range(0, 80, 2):
        told(at, replicator(connected=False, backlog=10.0 * at, delay=float(at), out=0.0))
    (row,) = store.backlogs()
    assert (row.kind, row.address, row.entries, row.age) == ("replicator", AT, 780.0, 78.0)
    assert isnan(row.messages)
    assert row.growth == pytest.approx(10.0)
    assert row.cause.text == "not connected to eu"
    (why,) = store.why(AT)
    assert why.evidence[0].value == "no, since 1m 18s ago"
    assert store.backlog_window(row, 60.0, 10)[-1] >= 760.0


def test_one_that_sends_less_than_comes_is_behind(store, told):
    for at in range(0, 80, 2):
        told(at, replicator(backlog=1000.0 + 5.0 * at, delay=9.0))
    (row,) = store.backlogs()
    assert row.cause.text == "replicates too slowly"


def test_what_pulsar_replicates_for_itself_is_not_listed(store, told):
    told(0.0, replicator(connected=False, backlog=3.0), name="persistent://geo/ns/__change_events")
    assert store.pulsar_replicators() == []
    assert store.backlogs() == []
    assert len(store.pulsar_replicators(internal=True)) == 1


def test_a_broker_that_is_silent_leaves_what_it_told_and_no_problem(store, told, tell):
    told(0.0, replicator(connected=False, backlog=60.0))
    tell.silence(2.0, "pulsar", "p1:8080", "metrics")
    assert store.pulsar_replicators()[0].stale
    assert not any("remote" in problem.what for problem in store.problems())
