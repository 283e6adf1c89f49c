"""What happened, found by comparing one look with the one before."""

from math import nan

import pytest

from arcwatch.model.nats_reports import NatsReport, NatsReports
from arcwatch.model.pulsar import Bookie, PulsarBookies, PulsarBrokers, Replicator
from arcwatch.model.pulsar_opened import Quota, TopicAbout
from arcwatch.model.reading import Failure, Paused
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.events.clients import MOST as CLIENTS
from arcwatch.store.events.compared import Compared
from arcwatch.store.events.event import AT_ONCE, MOST, Event, EventLog
from arcwatch.store.events.of_nats import LONGEST
from tests.store.conftest import server as nats_server

AT = 1_700_000_000.0


def told(store):
    """Kind, place, text and change of every event, oldest first."""
    return [(one.kind, one.place, one.text, one.change) for one in store.events]


@pytest.fixture
def jetstream(tell, nouns):
    """Tells of streams at second ``at``."""
    tell.nats(0, "varz", nats_server(now=0.0))

    def jetstream(at, *streams):
        tell.nats(at, "jsz", nouns.jetstream(*streams, now=float(at)))

    return jetstream


def test_the_first_look_is_no_event(store, jetstream, nouns):
    jetstream(0, nouns.stream("ORDERS", nouns.consumer("c")))
    assert told(store) == []


def test_what_is_listed_before_the_servers_own_figures_is_no_event_and_what_comes_then_is(
    store, tell, nouns
):
    old, new = nouns.stream("OLD"), nouns.stream("NEW")
    a, b = nouns.connection(1, name="a"), nouns.connection(2, name="b")
    tell.nats(0, "jsz", nouns.jetstream(old, now=0.0))
    tell.nats(0, "connz", nouns.connections(a, now=0.0))
    tell.nats(1, "varz", nats_server(now=1.0))
    tell.nats(2, "jsz", nouns.jetstream(old, new, now=2.0))
    tell.nats(2, "connz", nouns.connections(a, b, now=2.0))
    assert told(store) == [
        ("created", "js:NEW", "stream created", ""),
        ("came", "client:b#2", "connected", ""),
    ]


def test_a_stream_and_its_consumers_come_change_and_go(store, jetstream, nouns):
    orders = nouns.stream("ORDERS")
    jetstream(0, orders)
    c = nouns.consumer("c", max_ack_pending=10, ack_wait=30.0)
    jetstream(1, orders, nouns.stream("NEW", c))
    assert told(store) == [
        ("created", "js:NEW", "stream created", ""),
        ("created", "js:NEW#c", "consumer created", ""),
    ]
    c = nouns.consumer("c", max_ack_pending=20, ack_wait=60.0, paused=True)
    jetstream(2, orders, nouns.stream("NEW", c, max_age=3_600.0, leader="n2"))
    assert told(store)[2:] == [
        ("leader", "js:NEW", "leader moved", "n1 → n2"),
        ("changed", "js:NEW", "max age changed", "none → 1h 00m"),
        ("changed", "js:NEW#c", "pause changed", "no → yes"),
        ("changed", "js:NEW#c", "ack wait changed", "30s → 1m 00s"),
        ("changed", "js:NEW#c", "max ack pending changed", "10 → 20"),
    ]
    assert {one.how for one in store.events} == {"compared"}
    for at in (3, 4):
        jetstream(at, orders)
    assert [event[:2] for event in told(store)[7:]] == [
        ("deleted", "js:NEW"),
        ("deleted", "js:NEW#c"),
    ]


def test_a_consumer_is_made_again_by_another_time_and_not_by_a_moment(store, jetstream, nouns):
    for at, created in enumerate((AT + 0.783, AT + 0.784, None, AT + 0.784, AT + 9)):
        jetstream(at, nouns.stream("ORDERS", nouns.consumer("c", created=created)))
    assert [event[:3] for event in told(store)] == [("changed", "js:ORDERS#c", "recreated")]


def test_a_stream_without_a_leader_is_critical(store, jetstream, nouns):
    for at, leader in enumerate(("n1", "")):
        jetstream(at, nouns.stream("ORDERS", leader=leader, replicas=3))
    (event,) = store.events
    assert (event.text, event.severity, event.change) == ("leader lost", "critical", "n1 → –")


def test_what_moves_from_one_server_to_another_is_not_deleted(store, tell, nouns):
    stream = nouns.stream("ORDERS")
    urls = ("http://n1:8222", "http://n2:8222")
    for url in urls:
        tell.nats(0, "varz", nats_server(now=0.0, server_name=url), url)
    for at, owner in enumerate((0, 0, 1, 1)):
        for n, url in enumerate(urls):
            listed = (stream,) if n == owner else ()
            tell.nats(at, "jsz", nouns.jetstream(*listed, now=float(at)), url)
    assert told(store) == []


def test_a_cursor_that_moves_back_is_told_with_both_positions(store, jetstream, nouns):
    for at, delivered in enumerate((90, 100, 40)):
        jetstream(at, nouns.stream("S", nouns.consumer("c", delivered_stream_seq=delivered)))
    assert told(store) == [("cursor", "js:S#c", "cursor moved back", "100 → 40")]


def test_a_server_that_restarts_with_another_version_says_both(store, tell):
    for at, run in enumerate(("A", "A", "B")):
        version = "2.15.1" if run == "B" else "2.14.0"
        tell.nats(at, "varz", nats_server(now=float(at), server_id=run, version=version))
    assert told(store) == [
        ("restarted", "server:n1", "restarted", ""),
        ("version", "server:n1", "version changed", "2.14.0 → 2.15.1"),
    ]


def test_a_server_is_gone_and_back(store, tell):
    tell.nats(0, "varz", nats_server(now=0.0))
    for at in (1, 2):
        tell.silence(at, "nats", "http://n1:8222", "varz")
    tell.nats(43, "varz", nats_server(now=43.0))
    assert told(store) == [
        ("gone", "server:n1", "cannot connect", ""),
        ("back", "server:n1", "answers again after 42s", ""),
    ]


def test_clients_come_and_go_and_ours_do_not_count(store, tell, nouns):
    tell.nats(0, "varz", nats_server(now=0.0))
    ours = nouns.connection(9, name="arcwatch/0.1.0@host")
    a, b = nouns.connection(1, name="a"), nouns.connection(2, name="b")
    for at, rows in enumerate(((a,), (a, b, ours), (b, ours))):
        tell.nats(at, "connz", nouns.connections(*rows, now=float(at)))
    assert told(store) == [
        ("came", "client:b#2", "connected", ""),
        ("went", "client:a#1", "disconnected", ""),
    ]


def page_of(nouns, *subs, **topic):
    return nouns.page(nouns.topic("persistent://t/n/x", *subs, **topic))


def test_topics_subscriptions_and_their_clients_come_and_go(store, tell, nouns):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    one = nouns.subscription("one", consumers=2)
    tell.broker(0, page_of(nouns, one, producers=1))
    two = nouns.subscription("two")
    fewer = nouns.subscription("one", consumers=0)
    tell.broker(2, page_of(nouns, fewer, two, producers=3))
    place = "pulsar:t/n/x"
    assert told(store) == [
        ("came", place, "producers", "1 → 3"),
        ("created", f"{place}#two", "subscription created", ""),
        ("went", f"{place}#one", "consumers", "2 → 0"),
    ]
    for at in (4, 6):
        tell.broker(at, page_of(nouns, fewer, producers=3))
    assert told(store)[3:] == [("deleted", f"{place}#two", "subscription deleted", "")]
    for at in (8, 10):
        tell.broker(at, nouns.page())
    assert told(store)[4:] == [("deleted", place, "topic deleted or unloaded", "")]


def test_a_segment_that_was_split_is_one_event_of_its_topic(store, tell, nouns):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    looks = ["0000-ffff-0"], ["0000-ffff-0", "0000-7fff-1", "8000-ffff-2"]
    for at, look in enumerate(looks):
        names = [f"segment://t/n/scaled/{name}" for name in look]
        tell.broker(2 * at, nouns.page(*(nouns.topic(name) for name in names)))
    assert told(store) == [("changed", "topic://t/n/scaled", "segments", "1 → 2, split of 0")]


def test_clients_that_a_page_does_not_count_did_not_go(store, tell, nouns):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    for at, count in enumerate((2.0, nan, 2.0)):
        sub = nouns.subscription("s", consumers=count)
        tell.broker(2 * at, page_of(nouns, sub, producers=count))
    assert told(store) == []


def test_a_subscription_that_is_rewound_is_told(store, tell, nouns):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    for at, (waiting, published) in enumerate(((0, 0), (100, 100), (100, 100), (901, 101))):
        sub = nouns.subscription("s", backlog_entries=waiting, consumers=1)
        tell.broker(2 * at, page_of(nouns, sub, in_messages=float(published)))
    assert told(store) == [
        ("cursor", "pulsar:t/n/x#s", "cursor moved back, entries waiting", "100 → 901")
    ]


@pytest.mark.parametrize(("grows", "said"), [(7, 0), (100, 1)])
def test_markers_of_a_replicated_topic_are_no_rewind(store, tell, nouns, grows, said):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    remote = Replicator("eu", True, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for look in range(4):
        sub = nouns.subscription("s", backlog_entries=100 + 15 * grows * look, consumers=1)
        page = page_of(nouns, sub, in_messages=100.0, replicators=(remote,))
        tell.broker(15 * look, page)
    texts = [one.text for one in store.events]
    assert texts.count("cursor moved back, entries waiting") == 3 * said


def test_a_bookie_comes_goes_and_takes_no_more_writes(store, tell):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    answers = ({"b1": False}, {"b1": None, "b2": None}, {"b1": True}, {"b1": None}, {"b1": False})
    for at, states in enumerate(answers, 1):
        bookies = tuple(Bookie(id, "", read_only) for id, read_only in states.items())
        tell.cluster(at, "bookies", PulsarBookies(bookies))
    assert [event[:3] for event in told(store)] == [
        ("came", "server:b2", "bookie registered"),
        ("gone", "server:b2", "bookie lost"),
        ("changed", "server:b1", "bookie is read-only"),
        ("changed", "server:b1", "bookie accepts writes again"),
    ]


def test_a_broker_restarts_joins_and_leaves(store, tell, nouns):
    for at, listed in enumerate((("p1:8080",), ("p1:8080", "p2:8080"), ("p1:8080",))):
        tell.cluster(at, "brokers", PulsarBrokers(listed))
    for at, started in ((3, 100.0), (4, 100.0), (5, 900.0)):
        tell.broker(at, nouns.page(started=started))
    assert [event[:3] for event in told(store)] == [
        ("came", "server:p2:8080", "broker joined"),
        ("gone", "server:p2:8080", "broker left"),
        ("restarted", "server:p1:8080", "restarted"),
    ]


def test_trouble_and_its_end_are_events_and_what_needs_nobody_is_none(store, tell, nouns):
    for at in range(12):
        waits = 0 if at > 8 else 500
        consumers = 0 if 3 <= at < 7 else 2
        sub = nouns.subscription(
            backlog_entries=waits,
            delayed_messages=500 if at in (7, 8) else 0,
            consumers=consumers,
        )
        tell.broker(2 * at, page_of(nouns, sub))
    causes = [event[2:] for event in told(store) if event[0] == "cause"]
    assert causes == [
        ("in trouble", "no consumers"),
        ("recovered", "no consumers → –"),
    ]


def test_rules_and_our_own_gaps_are_events(store, tell):
    store.alerts = Alerts(default_rules())
    for at in range(0, 60, 2):
        tell.silence(at, "nats", "http://n1:8222", "varz")
        store.judge(AT + at, float(at))
    tell.nats(70, "clock", Paused(43.0), source="clock")
    assert [event[0] for event in told(store)] == ["fired", "gap"]
    assert told(store)[1][2] == "arcwatch read nothing for 43s"


def test_what_somebody_says_of_an_alert_is_an_event(store, tell):
    store.alerts = Alerts(default_rules())
    for at in range(0, 60, 2):
        tell.silence(at, "nats", "http://n1:8222", "varz")
        store.judge(AT + at, float(at))
    (row,) = store.alerts.firing()
    store.alerts.acknowledge(row, AT + 60)
    store.alerts.silence(row, 3_600.0, AT + 61)
    store.alerts.clear_notes(row)
    store.judge(AT + 62, 62.0)
    said = [(event[0], event[2]) for event in told(store)[-3:]]
    assert said == [
        ("acknowledged", f"{row.rule} acknowledged"),
        ("silenced", f"{row.rule} silenced for 1h 00m"),
        ("acknowledged", f"{row.rule} no longer acknowledged or silenced"),
    ]
    store.judge(AT + 63, 63.0)
    assert len([event for event in store.events if event.kind == "acknowledged"]) == 2


def test_a_silence_that_is_over_is_an_event(store, tell):
    store.alerts = Alerts(default_rules())
    for at in range(0, 80, 2):
        tell.silence(at, "nats", "http://n1:8222", "varz")
        store.judge(AT + at, float(at))
        if at == 60:
            store.alerts.silence(store.alerts.firing()[0], 5.0, AT + at)
    texts = [event[2] for event in told(store) if event[0] == "silenced"]
    assert [text.split(" ", 1)[1] for text in texts] == ["silenced for 5.0s", "no longer silenced"]


def test_the_meta_leader_moves_is_lost_and_is_found(store, tell):
    def say(at, name, leader):
        url = f"http://{name}:8222"
        fields = {"meta_size": 3, "meta_leader": leader, "cluster": "belt", "server_id": name}
        tell.nats(at, "varz", nats_server(now=float(at), server_name=name, **fields), url)

    for at, leader in enumerate(("n1", "n1", "n2", "n2", None, None, "n3"), 0):
        for name in ("n2", "n3"):
            say(at * 20, name, leader)
    assert told(store) == [
        ("leader", "server:n2", "meta leader moved", "n1 → n2"),
        ("leader", "server:n2", "meta leader lost", "n2 → –"),
        ("leader", "server:n3", "meta leader moved", "n3"),
    ]
    assert [one.severity for one in store.events] == ["info", "critical", "info"]


def test_a_reload_says_which_settings_it_changed(store, tell):
    tell.nats(0, "varz", nats_server(now=0.0, config_loaded=AT, max_connections=100))
    again = {"config_loaded": AT + 9, "max_connections": 200, "auth_required": True}
    tell.nats(1, "varz", nats_server(now=1.0, **again))
    assert told(store)[0] == ("changed", "server:n1", "configuration reloaded", "")
    assert ("changed", "server:n1", "max connections changed", "100 → 200") in told(store)
    tell.nats(2, "varz", nats_server(now=2.0, **again))
    assert len(told(store)) == 3


def about(**told):
    nothing = dict.fromkeys(TopicAbout.__struct_fields__)
    fixed = {"name": "persistent://t/n/x", "quotas": (), "offload_error": "", "unknown": ()}
    return TopicAbout(**nothing | fixed | told)


def test_policies_of_a_topic_that_is_looked_at_are_events_when_they_change(store, tell):
    tell.cluster(0, "opened", about(ttl=60, retention_seconds=3_600, retention_size=-1))
    quota = Quota("destination_storage", 10 << 20, None, "producer_exception")
    tell.cluster(1, "opened", about(ttl=60, unknown=("retention",), quotas=(quota,)))
    tell.cluster(2, "opened", about(ttl=120, quotas=(quota,)))
    assert told(store) == [
        (
            "changed",
            "pulsar:t/n/x",
            "backlog quota changed",
            "none → 10.5 MB, then producers are refused",
        ),
        ("changed", "pulsar:t/n/x", "TTL changed", "1m 00s → 2m 00s"),
    ]


def test_a_remote_cluster_for_which_entries_wait_is_lost_and_found(store, tell, nouns):
    def say(at, connected, backlog):
        remote = Replicator("eu", connected, backlog, 0.0, 0.0, 0.0, 0.0, 0.0)
        tell.broker(at, nouns.page(nouns.topic("persistent://t/n/x", replicators=(remote,))))

    # what has nothing to send may close its connection
    says = ((True, 0.0), (False, 0.0), (False, 9.0), (False, 12.0), (True, 3.0))
    for at, (connected, backlog) in enumerate(says):
        say(at * 2, connected, backlog)
    place = "pulsar:t/n/x#pulsar.repl.eu"
    assert told(store) == [
        ("gone", place, "remote cluster eu disconnected", ""),
        ("back", place, "remote cluster eu reconnected", ""),
    ]


def report(at, kind="connected", name="agent", cid=7, **fields):
    return NatsReport(kind, AT + at, "n1", "belt", "APP", name, cid, AT, **fields)


def test_where_servers_report_clients_lists_are_not_compared(store, tell, nouns):
    tell.nats(0, "varz", nats_server(now=0.0))
    tell.nats(0, "reports", NatsReports(of_clients=True))
    a, b = nouns.connection(1, name="a"), nouns.connection(2, name="b")
    for at, rows in enumerate(((a,), (a, b), (b,))):
        tell.nats(at, "connz", nouns.connections(*rows, now=float(at)))
    assert told(store) == []
    came, went = report(3), report(4, "disconnected", reason="Client Closed")
    ours = report(3, name="arcwatch/0.1.0@host")
    tell.nats(5, "reports", NatsReports((came, ours, went), of_clients=True))
    assert told(store) == [
        ("came", "client:agent#7", "connected", ""),
        ("went", "client:agent#7", "disconnected", "Client Closed"),
    ]
    # and where that ends, they are again
    failure = Failure("cannot receive", "n1", "", "")
    tell.nats(6, "reports", failure)
    tell.nats(7, "connz", nouns.connections(a, b, now=7.0))
    assert told(store)[2:] == [("came", "client:a#1", "connected", "")]


def test_ten_thousand_clients_a_second_are_a_few_events(store, tell):
    tell.nats(0, "varz", nats_server(now=0.0))
    for at in range(180):
        many = tuple(report(at, cid=100 * at + n) for n in range(100))
        tell.nats(at, "reports", NatsReports(many, of_clients=True, is_limited=True))
    counted = [event[2] for event in told(store) if "more clients connected" in event[2]]
    assert counted == ["at least 5,940 more clients connected and 0 disconnected in a minute"] * 2
    assert len(store.events) < 3 * (CLIENTS + 1)


def event(n, text="x"):
    return Event(float(n), "nats", "c", "came", f"p{n}", text)


def test_the_list_is_bounded_and_the_newest_come_first():
    log = EventLog()
    for n in range(MOST + 5):
        log.add([event(n)])
    assert (len(log), log.dropped, log.version) == (MOST, 5, MOST + 5)
    assert [one.at for one in log.newest(2)] == [MOST + 4, MOST + 3]
    frozen = log.freeze()
    log.add([event(-1)])
    assert frozen.newest(1)[0].at == MOST + 4


def test_a_storm_of_one_kind_is_one_event():
    log = EventLog()
    log.add([event(n) for n in range(AT_ONCE)])
    assert len(log) == AT_ONCE
    log.add([event(n) for n in range(300)])
    (newest,) = log.newest(1)
    assert (newest.text, len(log)) == ("x, and 299 more", AT_ONCE + 1)


def test_a_storm_is_as_grave_as_the_worst_of_it():
    log = EventLog()
    lost = [
        Event(AT, "nats", "", "leader", f"js:S{n}", "leader lost", "n1", severity=severity)
        for n, severity in enumerate(("info", *("critical",) * AT_ONCE))
    ]
    log.add(lost)
    (event,) = log
    assert (event.severity, event.place, event.change) == ("critical", "js:S0", "")


def test_a_megabyte_of_subjects_is_not_kept_with_every_change(store, jetstream, nouns):
    for at, last in enumerate("ab"):
        subjects = (*(f"orders.{n:06}" for n in range(50_000)), last)
        jetstream(at, nouns.stream("ORDERS", subjects=subjects))
    (event,) = store.events
    assert len(event.before) == len(event.after) == LONGEST


def test_what_a_silent_source_leaves_out_is_not_gone():
    compared = Compared()
    compared.update({"a": 1}, learning=True)
    for _ in range(5):
        assert compared.update({}, frozen=True).went == []
    assert compared.update({}).went == []
    assert compared.update({}).went == [("a", 1)]
