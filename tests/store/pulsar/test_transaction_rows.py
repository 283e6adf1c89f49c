"""Open transactions in the store: how old they are, what they hide, and who is told of them."""

from math import isnan

from arcwatch.model.pulsar import (
    Coordinator,
    Member,
    OpenTransaction,
    Produced,
    PulsarTopic,
    PulsarTopics,
    PulsarTransactions,
    SubscriptionDetail,
)
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules

TOPIC = "persistent://t/n/x"


def transaction(since, timeout=1800.0, hides=53.0, topic=TOPIC):
    produced = (Produced(topic, 3, 8, hides),)
    return OpenTransaction("(0,2)", since, timeout, produced, ((topic, "s"),))


def test_a_row_says_for_how_long_it_is_open_and_when_it_times_out(store, tell, nouns):
    tell.broker(700.0, nouns.page(nouns.topic(TOPIC)))
    told = PulsarTransactions((transaction(nouns.START - 20.0),))
    tell.cluster(700.0, "transactions", told)
    (row,) = store.pulsar_transactions()
    assert (row.cluster, row.id, row.open_for, row.times_out_in) == ("belt", "(0,2)", 720.0, 1080.0)
    assert (row.hides, row.topics, row.subscriptions) == (53.0, (TOPIC,), (f"{TOPIC}#s",))
    assert not row.stale
    tell.silence(702.0, "pulsar", "http://p1:8080", "transactions")
    assert store.pulsar_transactions()[0].stale


def test_what_is_not_told_is_not_known(store, tell, nouns):
    tell.broker(0.0, nouns.page(nouns.topic(TOPIC)))
    unknown = transaction(None, hides=float("nan"))
    tell.cluster(1.0, "transactions", PulsarTransactions((unknown,)))
    (row,) = store.pulsar_transactions()
    assert isnan(row.open_for)
    assert isnan(row.times_out_in)
    assert isnan(row.hides)
    tell.cluster(2.0, "transactions", PulsarTransactions(None))
    assert store.pulsar_transactions() == []


def test_coordinators_are_those_of_the_brokers_pages(store, tell, nouns):
    coordinator = Coordinator("0", 2, 30, 20, 7, 1)
    tell.broker(0.0, nouns.page(coordinators=(coordinator,)))
    (row,) = store.pulsar_coordinators()
    assert (row.broker, row.open, row.begun, row.committed) == ("p1:8080", 2, 30, 20)
    assert (row.aborted, row.timed_out, row.stale) == (7, 1, False)
    tell.silence(2.0, "pulsar", "p1:8080", "metrics")
    assert store.pulsar_coordinators()[0].stale


def test_one_that_is_open_for_long_is_an_alert(store, tell, nouns):
    store.alerts = Alerts(default_rules())
    tell.broker(0.0, nouns.page(nouns.topic(TOPIC)))
    tell.cluster(0.0, "transactions", PulsarTransactions((transaction(nouns.START),)))
    store.judge(nouns.START, 0.0)
    assert store.alerts.firing() == []
    tell.cluster(301.0, "transactions", PulsarTransactions((transaction(nouns.START),)))
    store.judge(nouns.START + 301.0, 301.0)
    (alert,) = store.alerts.firing()
    assert (alert.rule, alert.address) == ("transaction-open", "transaction:0,2")


def test_a_backlog_behind_one_names_it(store, tell, nouns):
    last = nouns.START - 300
    member = Member("c", "h:1", 0, 1000, last, last)
    detail = SubscriptionDetail("s", "Shared", 100, True, consumers=(member,))
    told = PulsarTopic(TOPIC, 53, 53, (detail,), transactions=1)
    sub = nouns.subscription("s", backlog_entries=53, consumers=1, last_consumed=last)
    for at in range(0, 300, 2):
        tell.broker(at, nouns.page(nouns.topic(TOPIC, sub, in_messages=53)))
        tell.cluster(at, "topic", PulsarTopics((told,)))
        tell.cluster(at, "transactions", PulsarTransactions((transaction(nouns.START),)))
    tell.broker(300.0, nouns.page(nouns.topic(TOPIC, sub, in_messages=53)))
    (why,) = store.why("pulsar:t/n/x#s")
    assert why.cause.text == "behind transaction (0,2)"
    assert why.cause.since == nouns.START
    assert why.evidence[0].value == "(0,2) open for 5m 00s, times out in 25m 00s"
