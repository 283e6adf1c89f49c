"""The one cause of a backlog: which it is, since when, and that it does not flap."""

from itertools import pairwise
from math import nan
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.model.nats import JsOrigin
from arcwatch.model.pulsar import Member
from arcwatch.model.pulsar_opened import Draining, Quota
from arcwatch.store.backlog.pace import Pace
from arcwatch.store.causes.cause import Cause
from arcwatch.store.causes.evidence import evidence
from arcwatch.store.causes.facts import (
    BrokerFacts,
    ConnectionFacts,
    ConsumerFacts,
    LinkFacts,
    ServerFacts,
    StreamFacts,
    SubscriptionFacts,
    TopicFacts,
)
from arcwatch.store.causes.find import TESTED, causes_of
from arcwatch.store.causes.kinds import KINDS, STRENGTH
from arcwatch.store.causes.steady import Look, SteadyCauses
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsServerRow,
    PulsarBrokerRow,
    PulsarSubscriptionRow,
)

NOW = 1_700_000_000.0

BUSY = Pace(100.0, 60.0, growth=40.0, recent_growth=40.0, seconds=60.0, busy=1.0)
IDLE = Pace(0.0, 0.0, growth=0.0, recent_growth=0.0, seconds=60.0, busy=0.0)
"""What outpaces its consumers, and where nothing moves."""


def subscription(pace=IDLE, parts=(), members=(), age=600.0, transactions=0, quotas=(), **fields):
    """One whose two consumers take and acknowledge what is sent."""
    row = dict.fromkeys(PulsarSubscriptionRow.__struct_fields__, 0)
    row |= {"name": "s", "type": "Shared", "stale": False, "consumers": 2, "blocked": False}
    row |= {"unacked_messages": 10, "last_consumed": NOW - 1, "last_acked": NOW - 1}
    row |= {"held_since": None, "backlog_entries": 500, "backlog_size": None}
    row |= {"throttled_by": (), "cause": None, "topic": "persistent://a/b/c"}
    return SubscriptionFacts(
        row=PulsarSubscriptionRow(**row | fields),
        parts=parts,
        members=members,
        transactions=transactions,
        limits=(None, quotas),
        pace=pace,
        age=age,
        age_text="10m",
        keeps_up=False,
        read={"metrics": NOW - 2, "topic stats": NOW - 20, "arcwatch": NOW - 2},
        now=NOW,
    )


def consumer(pace=IDLE, age=600.0, leaderless=False, **fields):
    usual = {"stale": False, "paused": False, "max_ack_pending": 1000, "num_ack_pending": 10}
    usual |= {"num_pending": 50, "num_waiting": 1, "delivered_rate": 4.0, "deliver_subject": ""}
    usual |= {"pending_reported": None, "ack_policy": "explicit", "num_redelivered": 0}
    usual |= {"last_delivered": NOW - 1, "last_ack": NOW - 1, "cluster": "c"}
    row = SimpleNamespace(**usual | fields)
    row.backlog = row.num_pending + row.num_ack_pending
    stream = SimpleNamespace(leaderless=leaderless, replicas=3, messages=100.0)
    read = {"jsz": NOW - 1, "arcwatch": NOW - 1}
    return ConsumerFacts(row, stream, pace, age, "10m", False, read, NOW)


def stream(stranded=0.0, consumers=1, origins=(), leaderless=False):
    row = SimpleNamespace(
        leaderless=leaderless, origins=origins, replicas=1, stale=False, messages=9.0, cluster="c"
    )
    return StreamFacts(row, stranded, consumers, IDLE, {"jsz": NOW}, NOW)


def topic(drop_rate=0.0, throttled=False):
    sub = SimpleNamespace(name="s", drop_rate=drop_rate)
    row = SimpleNamespace(
        stale=False, subscriptions=(sub,), throttled=throttled, msg_rate_in=5.0, msg_rate_out=4.0
    )
    row.producers = row.consumers = 1
    return TopicFacts(row, {"metrics": NOW - 2}, NOW)


def connection(pending=0, stalls_rate=0.0, max_pending=64_000_000):
    row = dict.fromkeys(NatsConnectionRow.__struct_fields__, 0) | {"lang": "go", "version": "1"}
    row |= {"pending_bytes": pending, "stalls_rate": stalls_rate, "stale": False, "cause": None}
    read = {"connz": NOW - 1, "varz": NOW - 1}
    return ConnectionFacts(NatsConnectionRow(**row), max_pending, read, NOW)


def link(connected=True, pending=0, since=None):
    row = dict.fromkeys(NatsLinkRow.__struct_fields__, 0) | {"stale": False, "cause": None}
    row |= {"connected": connected, "pending_bytes": pending, "rtt": 0.1}
    return LinkFacts(NatsLinkRow(**row), since, 64_000_000, {"arcwatch": NOW}, NOW)


def server(health="", lost=(), lacks_leader=False, has_slow_client=False, **fields):
    row = dict.fromkeys(NatsServerRow.__struct_fields__, 0) | {"stale": False, "cause": None}
    row |= {"healthy": not health, "js_storage": 10, "js_max_storage": 100, "meta_leader": None}
    row = NatsServerRow(**row | {"health_note": ""} | fields)
    since = NOW - 9 if health else None
    read = {"varz": NOW - 1, "healthz": NOW - 1, "jsz": NOW}
    return ServerFacts(row, health, since, lost, lacks_leader, has_slow_client, read, NOW)


def broker(shown="", **fields):
    row = dict.fromkeys(PulsarBrokerRow.__struct_fields__, 0) | {"stale": False, "cause": None}
    row |= {"healthy": True, "direct_used": 70, "direct_max": 100}
    return BrokerFacts(PulsarBrokerRow(**row | fields), None, {"metrics": NOW}, NOW, shown)


def parts(*entries):
    return [
        SimpleNamespace(
            topic=SimpleNamespace(
                name=f"persistent://a/b/c-partition-{number}",
                subscriptions=(SimpleNamespace(name="s", backlog_entries=waiting),),
            )
        )
        for number, waiting in enumerate(entries)
    ]


def member(name="a", unacked=10, permits=100, consumed=1.0, acked=1.0, drains=0):
    """A consumer; ``consumed`` and ``acked`` are seconds ago."""
    times = (NOW - consumed, acked and NOW - acked)
    return Member(name, "10.0.0.1:1", unacked, permits, *times, Draining(2, drains, 0))


def found(facts):
    return [(cause.kind, cause.text) for cause in causes_of(facts)]


LATE = {"last_acked": NOW - 200}
UNTAKEN = {"last_consumed": NOW - 83, "last_acked": None, "unacked_messages": 0}


def test_what_waits_for_compaction_waits_for_no_consumer():
    facts = subscription(consumers=0, name="__compaction")
    assert "no-consumers" not in [cause.kind for cause in causes_of(facts)]


@pytest.mark.parametrize(
    ("facts", "kind", "text"),
    [
        (subscription(consumers=0), "no-consumers", "no consumers"),
        (subscription(blocked=True), "blocked", "blocked: too many unacked"),
        (subscription(**LATE), "stalled", "stalled: none of 2 consumers acks"),
        (subscription(**LATE, consumers=1), "stalled", "stalled: its consumer acks nothing"),
        # Exclusive and Failover report that nothing is unacknowledged
        (subscription(**UNTAKEN, type="Exclusive"), "stalled", "stalled: nothing taken"),
        (
            subscription(**UNTAKEN, members=[member(permits=0, unacked=0)], age=nan),
            "stalled",
            "stalled: nothing taken",
        ),
        (
            subscription(**UNTAKEN, members=[member(unacked=0)], transactions=1),
            "transaction",
            "behind an open transaction",
        ),
        (
            subscription(**UNTAKEN, members=[member(unacked=0)]),
            "undelivered",
            "not delivered: broker sends none",
        ),
        (
            subscription(held_since=NOW - 200, holes=3),
            "held",
            "held at one unacked message",
        ),
        (
            subscription(
                **LATE, held_since=NOW - 200, holes=1, backlog_entries=1, unacked_messages=1
            ),
            "held",
            "held at one unacked message",
        ),
        (
            subscription(members=[member(), member("b", consumed=90.0, acked=99.0)]),
            "one-slow",
            "slow: 1 of 2 acks nothing",
        ),
        (
            # who holds it says more than that it is held
            subscription(
                held_since=NOW - 200,
                holes=3,
                members=[member(), member("b", consumed=90.0, acked=99.0)],
            ),
            "one-slow",
            "slow: 1 of 2 acks nothing",
        ),
        (
            subscription(parts=parts(100, 1_800, 100)),
            "hot-partition",
            "hot partition: p1",
        ),
        (
            subscription(
                type="Key_Shared", members=[member(unacked=500), member("b"), member("c")]
            ),
            "hot-key",
            "hot key: 1 of 3 consumers",
        ),
        (
            subscription(
                type="Key_Shared",
                members=[member(consumed=90.0, acked=99.0, unacked=500, drains=4), member("b")],
            ),
            "draining",
            "keys wait for their old consumer",
        ),
        (
            subscription(
                backlog_size=2_000,
                quotas=(Quota("destination_storage", 1_000, None, "producer_request_hold"),),
            ),
            "quota",
            "quota reached: producers block",
        ),
        (subscription(BUSY), "too-few", "too few: 2 consumers"),
        (subscription(BUSY, consumers=nan), "too-few", "too few consumers"),
        (subscription(delayed_messages=500), "delayed", "delayed: waits for its time"),
        (consumer(leaderless=True), "no-leader", "no leader"),
        (consumer(paused=True), "paused", "paused"),
        (consumer(last_ack=NOW - 90), "stalled", "stalled: nothing acked"),
        (
            consumer(last_ack=NOW - 90, num_ack_pending=1000),
            "stalled",
            "stalled: at max ack pending",
        ),
        (
            consumer(num_waiting=0, delivered_rate=0.0, last_delivered=NOW - 70),
            "not-pulling",
            "no client pulls",
        ),
        (
            consumer(num_waiting=0, delivered_rate=0.0, last_delivered=None),
            "not-pulling",
            "no client pulls",
        ),
        (
            consumer(pending_reported="5000000"),
            "miscounted",
            "wrong count: more than stored",
        ),
        (consumer(num_ack_pending=1000), "ack-limit", "at max ack pending"),
        (consumer(BUSY), "too-few", "too few consumers"),
        (
            consumer(num_waiting=0, delivered_rate=0.0, last_delivered=NOW - 20),
            "bursts",
            "pulled in bursts",
        ),
        (
            stream(origins=(JsOrigin("ORDERS", 5, 92.0),)),
            "origin-silent",
            "origin silent: ORDERS",
        ),
        (stream(stranded=9.0), "stranded", "stranded: nobody gets them"),
        (stream(stranded=9.0, consumers=0), "no-consumers", "no consumers"),
        (
            subscription(throttled_by=("topic",), pace=BUSY),
            "throttled",
            "throttled: topic dispatch rate",
        ),
        (topic(drop_rate=5.3), "loss", "messages lost: no consumer was ready"),
        (topic(throttled=True), "producers-throttled", "producers throttled: publish rate"),
        (connection(pending=40_000_000), "near-cut", "near its pending limit: reads too slowly"),
        (connection(stalls_rate=12.0), "stalls", "stalls producers"),
        (link(connected=False, since=NOW - 70), "link-down", "not connected"),
        (link(pending=2_000_000), "link-behind", "behind: bytes pending"),
        (server(health="no stream"), "unhealthy", "unhealthy"),
        (server(health="no leader", lacks_leader=True), "no-leader", "no meta leader"),
        (server(lost=("n2",)), "link-down", "not connected to n2"),
        (server(lost=("n2", "n3")), "link-down", "not connected to 2 neighbours"),
        (server(has_slow_client=True), "near-cut", "a client is near its pending limit"),
        (server(stalls_rate=12.0), "stalls", "slow clients stall producers"),
        (server(js_storage=91), "storage-full", "JetStream storage nearly full"),
        (broker(healthy=False), "unhealthy", "not ready"),
        (broker(direct_used=95), "memory-full", "direct memory nearly full"),
        (broker(shown="memory-full"), "memory-full", "direct memory nearly full"),
    ],
)
def test_every_kind_is_found_from_its_figures_and_first(facts, kind, text):
    assert found(facts)[0] == (kind, text)
    shown = {one.figure for one in evidence(facts)}
    assert shown & set(KINDS[kind].rests_on), "its first evidence is among the figures"


def test_every_kind_has_a_test_and_every_test_its_kind():
    assert {name for tests in TESTED.values() for name in tests} | {"unknown"} == set(KINDS)


def test_segments_of_a_scalable_topic_may_be_uneven():
    assert found(subscription(parts=parts(100, 1_800, 100), topic="topic://a/b/c")) == []


def test_of_what_is_merely_busy_nothing_is_found():
    assert found(subscription(parts=parts(500, 480, 520))) == []
    assert found(consumer()) == []
    assert found(stream(origins=(JsOrigin("ORDERS", 5, 0.5),))) == []
    assert found(topic()) == found(connection()) == found(link()) == []
    # a server that does not tell where it cuts off
    assert found(connection(pending=40_000_000, max_pending=0)) == []


@pytest.mark.parametrize(
    "facts",
    [
        # what was published a moment ago cannot have been acknowledged yet
        subscription(**LATE, age=30.0),
        subscription(**LATE, age=nan),
        # a slow consumer that works through its queue asks for no more, and acknowledges
        subscription(last_consumed=NOW - 90, unacked_messages=0, members=[member(permits=0)]),
        subscription(held_since=NOW - 200, delayed_messages=1),
        subscription(held_since=NOW - 20),
        # its topic was asked 20 s ago, and what held it then may be gone
        subscription(held_since=NOW - 70, holes=3),
        subscription(members=[member(), member("b", consumed=70.0, acked=70.0)]),
        subscription(parts=parts(1, 60, 1)),
        subscription(parts=parts(5_000)),
        subscription(members=[member(unacked=500), member("b")]),
        subscription(BUSY._replace(recent_growth=-3.0)),
        subscription(BUSY._replace(seconds=9.0)),
        subscription(BUSY._replace(busy=0.3)),
        consumer(BUSY, last_delivered=NOW - 8),
        consumer(ack_policy="none", last_ack=None),
        consumer(num_waiting=0, delivered_rate=nan),
        consumer(num_waiting=0, delivered_rate=0.0, deliver_subject="push"),
        consumer(pending_reported="57"),
    ],
)
def test_what_only_looks_like_trouble_has_no_cause(facts):
    assert found(facts) == []


def going_on(facts, kind):
    """Whether what is shown still holds, and would not be shown anew."""
    assert kind not in [name for name, _ in found(facts)]
    return kind in [name for name, _ in found(facts._replace(shown=kind))]


def test_what_is_shown_holds_until_its_evidence_has_gone_by_a_margin():
    # the age is an estimate: nobody has acknowledged since
    assert going_on(subscription(**LATE, age=55.0), "stalled")
    assert not going_on(subscription(last_acked=NOW - 2, age=55.0), "stalled")
    assert going_on(consumer(age=55.0, last_ack=NOW - 99, num_ack_pending=5), "stalled")
    assert going_on(subscription(parts=parts(500, 290, 300)), "hot-partition")
    assert not going_on(subscription(parts=parts(500, 390, 400)), "hot-partition")
    assert going_on(consumer(num_ack_pending=800), "ack-limit")
    assert not going_on(consumer(num_ack_pending=700), "ack-limit")
    barely = BUSY._replace(growth=0.1, recent_growth=-1.0)
    assert going_on(subscription(pace=barely), "too-few")
    assert not going_on(subscription(pace=barely._replace(growth=-0.1)), "too-few")


def test_whose_consumers_have_just_stopped_has_not_too_few():
    assert found(subscription(pace=BUSY)) == [("too-few", "too few: 2 consumers")]
    assert found(subscription(pace=BUSY, last_consumed=NOW - 9)) == []


def test_the_stronger_comes_first_and_the_weaker_is_told_as_well():
    kinds = [kind for kind, _ in found(subscription(BUSY, consumers=0, parts=parts(1, 900, 1)))]
    assert kinds == ["no-consumers", "hot-partition", "too-few"]
    assert kinds == sorted(kinds, key=STRENGTH.__getitem__)


def test_the_time_is_that_which_the_server_reports():
    (cause, *_) = causes_of(subscription(**LATE))
    assert cause.since == NOW - 200
    assert cause.sentence(NOW) == "stalled: none of 2 consumers acks for 3m 20s"


def test_evidence_has_its_age_and_its_source():
    facts = subscription(members=[member(permits=0)], held_since=NOW - 75, holes=4)
    rows = {one.figure: one for one in evidence(facts)}
    assert (rows["permits"].value, rows["permits"].age, rows["permits"].source) == (
        "0: the broker sends no more",
        20.0,
        "topic stats",
    )
    assert (rows["unacked"].value, rows["unacked"].age) == ("10", 2.0)
    assert rows["held since"].value == "1m 15s ago"


def test_who_held_all_keys_before_others_joined_has_no_hot_key():
    members = [member(unacked=500, drains=4), member("b"), member("c")]
    facts = subscription(type="Key_Shared", members=members)
    assert found(facts) == []
    assert {one.figure: one.value for one in evidence(facts)}["draining"] == "2 hashes, 4 unacked"


def test_names_of_clients_are_made_safe():
    facts = subscription(members=[member("evil\x1b[2J"), member("b")])
    assert not any("\x1b" in one.value for one in evidence(facts))


# -- steady --------------------------------------------------------------------------------------

STALLED = Cause("stalled", "stalled: none of 2 consumers acks", "critical")
SLOW = Cause("too-few", "too few: 2 consumers", "warning")
BURSTS = Cause("bursts", "pulled in bursts", "info")


def shown_over(*looks, start=100):
    """What is shown after each look, of a source that has been looked at for long."""
    steady = SteadyCauses()
    for at in range(3):
        steady.update([Look("x", "s", at, ())])
    told = []
    for at, causes in enumerate(looks, start):
        look = Look("x", "s", at, causes)
        steady.update([look])
        told.append(steady.shown(look))
    return [cause.kind if cause else "" for cause in told], told


def test_a_cause_is_shown_when_it_held_for_two_looks_and_goes_the_same_way():
    kinds, told = shown_over([STALLED], [STALLED], [], [STALLED], [], [])
    assert kinds == ["", "stalled", "stalled", "stalled", "stalled", ""]
    assert told[1].since == 100, "since the first of the looks that found it"


def test_a_stronger_one_takes_two_looks_as_well():
    kinds, _ = shown_over([SLOW], [SLOW], [STALLED, SLOW], [SLOW], [STALLED, SLOW], [STALLED])
    assert kinds == ["", "too-few", "too-few", "too-few", "too-few", "stalled"]


def test_what_comes_and_goes_by_nature_stays_between():
    kinds, _ = shown_over([BURSTS], [BURSTS], *[[]] * 60, [BURSTS], *[[]] * 60)
    assert set(kinds[1:]) == {"bursts"}
    kinds, _ = shown_over([BURSTS], [BURSTS], *[[]] * 120)
    assert kinds[-1] == ""


def test_what_comes_and_goes_by_nature_is_remembered_while_nothing_waits():
    steady = SteadyCauses()
    for at in range(5):
        steady.update([Look("x", "s", at, [BURSTS])])
    steady.update([Look("other", "s", 6, ())])
    again = Look("x", "s", 8, [BURSTS])
    steady.update([again])
    assert steady.shown(again).kind == "bursts"
    steady.update([Look("other", "s", 500, ())])
    assert "x" not in steady.kinds


def test_the_same_answer_read_twice_is_one_look():
    steady = SteadyCauses()
    for at in range(3):
        steady.update([Look("x", "s", at, ())])
    look = Look("x", "s", 9, [STALLED])
    for _ in range(5):
        steady.update([look])
    assert steady.shown(look) is None


def test_the_first_looks_show_what_they_find():
    steady = SteadyCauses()
    first, second = Look("x", "s", 1, ()), Look("x", "s", 2, [STALLED])
    steady.update([first])
    steady.update([second])
    assert steady.shown(second).kind == "stalled"


def test_silence_freezes_what_was_shown():
    steady = SteadyCauses()
    for at in range(4):
        steady.update([Look("x", "s", at, [STALLED])])
    for at in range(4, 8):
        steady.update([Look("x", "s", at, (), frozen=True)])
    back = Look("x", "s", 9, [STALLED])
    steady.update([back])
    assert steady.shown(back).kind == "stalled"


@given(st.lists(st.sampled_from([(), (SLOW,), (STALLED, SLOW), (BURSTS,)]), max_size=60))
def test_whatever_is_found_nothing_is_shown_that_did_not_hold_for_two_looks(looks):
    kinds, _ = shown_over(*looks)
    strongest = [causes[0].kind if causes else "" for causes in looks]
    for at, (before, after) in enumerate(pairwise(kinds), 1):
        if before != after:
            assert strongest[at - 1] == strongest[at] == after


@given(st.lists(st.sampled_from([(STALLED, SLOW), (SLOW, STALLED)]), min_size=4, max_size=60))
def test_of_two_that_take_turns_by_chance_one_stays(looks):
    alternating = [looks[0], (SLOW, STALLED)] * 20
    kinds, _ = shown_over(*alternating)
    assert sum(a != b for a, b in pairwise(kinds)) <= 1
