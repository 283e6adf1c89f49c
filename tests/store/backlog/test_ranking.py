"""What a ranking makes of backlogs that cannot be."""

import math
from math import nan

import msgspec
import pytest

from arcwatch.commands.status import text
from arcwatch.model.nats import JsOrigin
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules


def told(store, tell, nouns, *consumers):
    tell.nats(0, "jsz", nouns.jetstream(nouns.stream("ORDERS", *consumers, messages=100), now=0.0))
    return {row.address.partition("#")[2]: row for row in store.backlogs()}


def test_what_is_capped_is_no_exact_figure_and_says_what_was_reported(store, tell, nouns):
    odd = nouns.consumer("odd", num_pending=100, pending_reported="5000000")
    rows = told(store, tell, nouns, odd, nouns.consumer("good", num_pending=7))
    assert (rows["odd"].messages, rows["odd"].exact) == (100, False)
    assert rows["odd"].cause.text == "wrong count: more than stored"
    (chain,) = store.why("js:ORDERS#odd")
    assert chain.evidence[0].value == "5000000 pending"
    assert (rows["good"].messages, rows["good"].exact) == (7, True)


def test_what_was_published_while_the_server_counted_is_worth_no_word(store, tell, nouns):
    odd = nouns.consumer("odd", num_pending=100, pending_reported="107")
    row = told(store, tell, nouns, odd)["odd"]
    assert not row.exact
    assert not any("wrong count" in words for words in row.says)


def test_what_is_not_known_is_ranked_last_and_is_null(store, tell, nouns):
    odd = nouns.consumer("odd", num_pending=nan, pending_reported=str(2**64 - 2))
    rows = told(store, tell, nouns, odd, nouns.consumer("good", num_pending=1))
    assert list(rows) == ["good", "odd"]
    assert math.isnan(rows["odd"].messages)
    document = msgspec.json.decode(msgspec.json.encode(rows["odd"]))
    assert (document["messages"], document["exact"]) == (None, False)
    assert any("js:ORDERS#odd" in line and " – " in line for line in text(store))


def test_a_lag_that_is_not_known_is_not_the_worst(store, tell, nouns):
    origin = JsOrigin("ORDERS", nan, None)
    copy = nouns.stream("COPY", is_mirror=True, origins=(origin,))
    good = nouns.stream("ORDERS", nouns.consumer("good", num_pending=1))
    tell.nats(0, "jsz", nouns.jetstream(copy, good, now=0.0))
    assert [row.address for row in store.backlogs()] == ["js:ORDERS#good", "js:COPY"]
    assert not store.backlogs()[1].exact


def test_what_a_broker_says_that_cannot_be_is_ranked_last(store, tell, nouns):
    odd = nouns.subscription("odd", backlog_entries=nan)
    good = nouns.subscription("good", backlog_entries=3)
    for at in range(20):
        tell.broker(
            10 * at, nouns.page(nouns.topic("persistent://t/n/a", odd, good, in_messages=nan))
        )
    rows = store.backlogs()
    assert [row.address.partition("#")[2] for row in rows] == ["good", "odd"]
    assert math.isnan(rows[1].waiting)
    assert math.isnan(rows[1].drains_in)
    assert math.isnan(rows[0].age)
    text(store)


@pytest.mark.parametrize("unknown", ["num_pending", "num_ack_pending"])
def test_what_is_not_known_is_no_growth(store, tell, nouns, unknown):
    for at in range(4):
        odd = nouns.consumer("odd", **{unknown: nan})
        answer = nouns.jetstream(nouns.stream("ORDERS", odd, messages=100), now=float(at))
        tell.nats(at, "jsz", answer)
    (row,) = store.backlogs()
    assert not row.exact
    assert math.isnan(row.growth)
    assert math.isnan(row.drains_in)


def test_of_entries_the_age_is_the_least_it_can_be_and_the_same_for_the_ranking_and_the_rules(
    store, tell, nouns
):
    late = nouns.subscription("late", backlog_entries=3)
    for at in range(20):
        topic = nouns.topic("persistent://t/n/a", late, in_messages=10.0 * at)
        tell.broker(10 * at, nouns.page(topic))
    (row,) = store.backlogs()
    store.judge(190.0, 190.0)
    (place,) = store.scope.places("backlog")
    assert math.isnan(row.messages)
    assert 0 < row.age == place.read("backlog.age")
    assert (row.age_at_least, row.age_exact) == (True, False)


def test_what_only_waits_for_its_time_is_delayed_and_not_waiting(store, tell, nouns):
    for at in range(20):
        later = nouns.subscription(
            "mailer", backlog_entries=5 * at, delayed_messages=5 * at, consumers=1
        )
        due = nouns.subscription("due", backlog_entries=2)
        topic = nouns.topic("persistent://t/n/a", later, due, in_messages=5.0 * at)
        tell.broker(10 * at, nouns.page(topic))
    rows = {row.address.partition("#")[2]: row for row in store.backlogs()}
    assert list(rows) == ["due", "mailer"], "it is there, and behind what waits"
    row = rows["mailer"]
    assert (row.waiting, row.delayed, row.growth, row.keeps_up) == (0, 95, 0, True)
    assert (row.cause.kind, row.cause.severity) == ("delayed", "info")
    store.judge(190.0, 190.0)
    place = next(p for p in store.scope.places("backlog") if p.address == row.address)
    assert (place.read("backlog.waiting"), place.read("backlog.growth")) == (0, 0)


def work_queue(nouns, messages, *consumers):
    return nouns.stream("WQ", *consumers, messages=messages, retention="workqueue", origins=())


def test_what_a_work_queue_keeps_and_nobody_expects_is_stranded(store, tell, nouns):
    done = nouns.consumer("w", num_pending=0, num_ack_pending=0)
    for at in range(2):
        tell.nats(at, "jsz", nouns.jetstream(work_queue(nouns, 9, done), now=float(at)))
    (row,) = store.backlogs()
    assert (row.address, row.messages, row.exact) == ("js:WQ", 9, True)
    assert (row.cause.kind, row.says) == ("stranded", ("stranded: nobody gets them",))
    (dead,) = store.dead_letters()
    assert (dead.what, dead.place, dead.count) == ("stranded", "js:WQ", 9)
    store.alerts = Alerts(default_rules())
    (fired,) = store.judge(nouns.START, 1.0)
    assert (fired.rule, fired.address, fired.value) == ("stranded", "js:WQ", 9)


def test_what_is_under_way_to_a_consumer_is_not_stranded(store, tell, nouns):
    for at in range(4):
        busy = nouns.consumer(
            "w",
            num_pending=5,
            num_ack_pending=4,
            delivered=1_000 * at,
            delivered_stream_seq=1_000 * at,
        )
        # the stream was counted a moment before its consumer
        tell.nats(at, "jsz", nouns.jetstream(work_queue(nouns, 60, busy), now=float(at)))
    assert [row.address for row in store.backlogs()] == ["js:WQ#w"]


def test_a_cause_is_steady_on_the_way_through_the_store(store, tell, nouns):
    """A consumer that acknowledges in bursts flips its figures with every look."""
    told = []
    for at in range(40):
        late = 100.0 if at % 2 else 1.0
        sub = nouns.subscription(
            backlog_entries=500,
            consumers=2,
            unacked_messages=50,
            last_consumed=nouns.START + 10 * at - 70,
            last_acked=nouns.START + 10 * at - late,
        )
        topic = nouns.topic("persistent://t/n/a", sub, in_messages=500.0)
        tell.broker(10 * at, nouns.page(topic))
        (row,) = store.backlogs()
        told.append(row.cause.text if row.cause else "")
    assert len(set(told[3:])) == 1


def test_why_is_told_of_what_keeps_up_as_well(store, tell, nouns):
    tell.nats(0, "jsz", nouns.jetstream(nouns.stream("ORDERS", nouns.consumer("good")), now=0.0))
    assert store.backlogs() == []
    (chain,) = store.why("js:ORDERS#good")
    assert (chain.cause, chain.address) == (None, "js:ORDERS#good")
    assert {one.figure for one in chain.evidence} >= {"waiting", "ack pending", "last ack"}
