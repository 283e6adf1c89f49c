"""What NATS servers told becomes rows and rates, and says so when it is old."""

import math

import pytest

from arcwatch.model.nats import NatsHealth

N1, N2 = "http://n1:8222", "http://n2:8222"


def unknown(*figures):
    return all(math.isnan(figure) for figure in figures)


def traffic(row):
    return (row.in_msgs_rate, row.out_msgs_rate, row.in_bytes_rate, row.out_bytes_rate)


# -- servers ------------------------------------------------------------------------------------


def test_rates_are_divided_by_the_servers_own_clock(store, tell, nouns):
    tell.nats(0.0, "varz", nouns.server(now=500.0, in_msgs=1000, out_bytes=10))
    tell.nats(9.9, "varz", nouns.server(now=502.0, in_msgs=1400, out_bytes=10))
    (row,) = store.nats_servers()
    assert traffic(row) == (200.0, 0.0, 0.0, 0.0)
    assert (row.cluster, row.server_name, row.url, row.stale) == ("flash", "n1", N1, False)


def test_a_server_that_has_answered_once_has_figures_and_no_rates(store, tell, nouns):
    tell.nats(0.0, "varz", nouns.server(now=500.0, in_msgs=1000, connections=7))
    (row,) = store.nats_servers()
    assert (row.in_msgs, row.connections) == (1000, 7)
    assert unknown(*traffic(row))


def test_a_restart_is_a_gap_even_where_counters_have_caught_up(store, tell, nouns):
    tell.nats(0.0, "varz", nouns.server(now=500.0, in_msgs=100))
    tell.nats(1.0, "varz", nouns.server(now=501.0, in_msgs=200))
    tell.nats(2.0, "varz", nouns.server(now=502.0, in_msgs=900, server_id="RUN2"))
    (row,) = store.nats_servers()
    assert unknown(*traffic(row))
    tell.nats(3.0, "varz", nouns.server(now=503.0, in_msgs=950, server_id="RUN2"))
    shown = store.nats[0].traffic.window(N1, "in_msgs", nouns.START, nouns.START + 3, 3)
    assert shown == pytest.approx([100.0, math.nan, 50.0], nan_ok=True)


def test_silence_makes_a_row_stale_and_its_rates_unknown_until_it_answers(store, tell, nouns):
    tell.nats(0.0, "healthz", NatsHealth(True, ""))
    tell.nats(0.0, "varz", nouns.server(now=500.0, in_msgs=100))
    tell.nats(1.0, "varz", nouns.server(now=501.0, in_msgs=200))
    tell.silence(2.0, "nats", N1, "varz")
    (row,) = store.nats_servers()
    assert (row.stale, row.in_msgs, row.healthy) == (True, 200, False)
    assert unknown(*traffic(row))
    tell.nats(4.0, "varz", nouns.server(now=504.0, in_msgs=500))
    (row,) = store.nats_servers()
    # three seconds between the two that it counted, whatever was missed between
    assert (row.stale, row.in_msgs_rate) == (False, 100.0)


def test_a_gap_is_drawn_where_a_server_was_silent(store, tell, nouns):
    for at in (0, 1):
        tell.nats(at, "varz", nouns.server(now=500.0 + at, in_msgs=10 * at))
    tell.silence(2, "nats", N1, "varz")
    for at in (3, 4):
        tell.nats(at, "varz", nouns.server(now=500.0 + at, in_msgs=10 * at))
    shown = store.nats[0].traffic.window(N1, "in_msgs", nouns.START, nouns.START + 4, 4)
    assert shown == pytest.approx([10.0, math.nan, 10.0, 10.0], nan_ok=True)


def test_a_server_that_never_answered_has_no_row(store, tell):
    tell.silence(0.0, "nats", N1, "varz")
    assert store.nats_servers() == []


@pytest.mark.parametrize("healthy", [True, False])
def test_health_is_unknown_until_told_and_again_when_it_is_not_told(store, tell, nouns, healthy):
    tell.nats(0.0, "varz", nouns.server())
    assert store.nats_servers()[0].healthy is None
    tell.nats(0.0, "healthz", NatsHealth(healthy, "" if healthy else "no meta leader"))
    assert store.nats_servers()[0].healthy is healthy
    tell.silence(10.0, "nats", N1, "healthz")
    assert store.nats_servers()[0].healthy is None


def test_health_that_cannot_be_known_is_a_note_and_no_problem(store, tell, nouns):
    tell.nats(0.0, "varz", nouns.server())
    tell.nats(0.0, "healthz", NatsHealth(None, "this version has no /healthz"))
    (row,) = store.nats_servers()
    assert (row.healthy, row.health_note) == (None, "this version has no /healthz")
    assert store.problems() == []


# -- connections --------------------------------------------------------------------------------


def test_each_connection_has_rates_of_its_own(store, tell, nouns):
    tell.nats(0.0, "varz", nouns.server())
    first = nouns.connection(1, in_msgs=100), nouns.connection(2, out_bytes=5)
    then = nouns.connection(1, in_msgs=180), nouns.connection(2, out_bytes=25)
    tell.nats(0.0, "connz", nouns.connections(*first, now=500.0))
    tell.nats(4.0, "connz", nouns.connections(*then, now=504.0))
    one, two = store.nats_connections()
    assert (traffic(one), traffic(two)) == ((20.0, 0, 0, 0), (0, 0, 0, 5.0))


def test_a_connection_opened_since_the_last_look_counts_from_zero(store, tell, nouns):
    tell.nats(0.0, "connz", nouns.connections(now=500.0))
    new = nouns.connection(8, start=501.0, in_msgs=40)
    missed = nouns.connection(9, start=499.0, in_msgs=40)
    tell.nats(2.0, "connz", nouns.connections(new, missed, now=504.0))
    one, two = store.nats_connections()
    assert one.in_msgs_rate == 10.0
    # it was open before, on a page that moved while it was read: nobody knows what it had then
    assert unknown(*traffic(two))


def test_after_a_restart_the_same_cid_is_another_connection(store, tell, nouns):
    for at, run in ((0, "RUN1"), (2, "RUN1"), (4, "RUN2"), (6, "RUN2")):
        row = nouns.connection(1, in_msgs=100 * at)
        tell.nats(at, "connz", nouns.connections(row, now=500.0 + at, server_id=run))
        if at == 4:
            assert unknown(*traffic(store.nats_connections()[0]))
    points = store.nats[0].connection_traffic.points("1", "in_msgs", 0.0)
    assert [at - nouns.START for at, _ in points] == [6]


def test_series_of_closed_connections_are_dropped_at_once(store, tell, nouns):
    for at in range(50):
        rows = [nouns.connection(cid, start=500.0 + at) for cid in range(10 * at, 10 * at + 10)]
        tell.nats(at, "connz", nouns.connections(*rows, now=500.0 + at))
    traffic = store.nats[0].connection_traffic
    assert [cid for cid in range(500) if str(cid) in traffic] == [*range(490, 500)]


def test_connections_of_a_silent_server_stay_and_are_marked(store, tell, nouns):
    for at in (0, 2):
        row = nouns.connection(1, in_msgs=at, pending_bytes=77)
        tell.nats(at, "connz", nouns.connections(row, now=500.0 + at))
    tell.silence(4, "nats", N1, "connz")
    (row,) = store.nats_connections()
    assert (row.stale, row.pending_bytes, row.in_msgs) == (True, 77, 2)
    assert unknown(*traffic(row))


def test_rows_told_of_before_the_server_said_its_name_get_it_later(store, tell, nouns):
    tell.nats(0.0, "connz", nouns.connections(nouns.connection(1), now=500.0))
    tell.nats(0.0, "jsz", nouns.jetstream(nouns.stream("S", nouns.consumer()), now=500.0))
    tell.nats(0.1, "varz", nouns.server())
    rows = [*store.nats_connections(), *store.nats_streams(), *store.nats_consumers()]
    assert [row.cluster for row in rows] == ["flash"] * 3
    assert rows[0].server_name == "n1"


# -- JetStream ----------------------------------------------------------------------------------


def test_a_stream_counts_what_was_published_and_not_what_is_left(store, tell, nouns):
    tell.nats(0, "jsz", nouns.jetstream(nouns.stream(last_seq=100, messages=100), now=500.0))
    tell.nats(2, "jsz", nouns.jetstream(nouns.stream(last_seq=300, messages=10), now=502.0))
    (row,) = store.nats_streams()
    assert (row.in_msgs_rate, row.messages) == (100.0, 10)


def test_a_stream_that_was_made_anew_has_no_rate(store, tell, nouns):
    tell.nats(0, "jsz", nouns.jetstream(nouns.stream(last_seq=100), now=500.0))
    tell.nats(2, "jsz", nouns.jetstream(nouns.stream(last_seq=20), now=502.0))
    assert unknown(store.nats_streams()[0].in_msgs_rate)


def test_a_consumer_has_what_was_delivered_and_acknowledged(store, tell, nouns):
    for at, waiting in ((0, 20), (2, 60)):
        told = nouns.consumer(
            delivered=50 * at,
            delivered_stream_seq=50 * at,
            num_ack_pending=waiting,
            num_pending=7,
        )
        tell.nats(at, "jsz", nouns.jetstream(nouns.stream("S", told), now=500.0 + at))
    (row,) = store.nats_consumers()
    assert (row.delivered_rate, row.ack_rate, row.backlog) == (50.0, 30.0, 67)


def test_a_redelivery_is_no_acknowledgement(store, tell, nouns):
    for at, delivered in ((0, 10), (2, 50)):
        told = nouns.consumer(delivered=delivered, delivered_stream_seq=10, num_ack_pending=10)
        tell.nats(at, "jsz", nouns.jetstream(nouns.stream("S", told), now=500.0 + at))
    (row,) = store.nats_consumers()
    assert (row.delivered_rate, row.ack_rate) == (20.0, 0.0)


@pytest.mark.parametrize(
    ("told", "used"),
    [
        ({}, None),
        ({"max_bytes": 1000, "bytes": 250}, 0.25),
        ({"max_bytes": 1000, "bytes": 250, "max_messages": 10, "messages": 9}, 0.9),
    ],
)
def test_the_fullest_limit_is_told(store, tell, nouns, told, used):
    tell.nats(0, "jsz", nouns.jetstream(nouns.stream(**told), now=500.0))
    assert store.nats_streams()[0].limit_used == used


def test_streams_of_a_silent_server_stay_and_are_marked(store, tell, nouns):
    told = nouns.stream("S", nouns.consumer(num_pending=9), messages=5)
    tell.nats(0, "jsz", nouns.jetstream(told, now=500.0))
    tell.silence(2, "nats", N1, "jsz")
    (stream,), (consumer,) = store.nats_streams(), store.nats_consumers()
    assert (stream.stale, stream.messages) == (True, 5)
    assert (consumer.stale, consumer.num_pending) == (True, 9)
    assert unknown(stream.in_msgs_rate, consumer.delivered_rate, consumer.ack_rate)


@pytest.fixture
def cluster(store, tell, nouns):
    """Two servers of a cluster, each leading a consumer of the same stream."""
    for number, url in ((1, N1), (2, N2)):
        name = f"n{number}"
        tell.nats(0, "varz", nouns.server(server_name=name, server_id=f"RUN{number}"), url)
    one, two = nouns.consumer("one", num_pending=1), nouns.consumer("two", num_pending=2)
    tell.nats(0, "jsz", nouns.jetstream(nouns.stream("S", one, consumer_count=2), now=500.0), N1)
    followed = (nouns.stream("S", two),)
    tell.nats(0, "jsz", nouns.jetstream(now=500.0, followed=followed, server_id="RUN2"), N2)
    return store


def test_consumers_are_told_by_their_own_leaders_and_counted_by_the_streams(cluster):
    assert [(row.stream, row.consumers) for row in cluster.nats_streams()] == [("S", 2)]
    assert [row.name for row in cluster.nats_consumers()] == ["one", "two"]


def test_a_new_leader_replaces_one_that_went_silent(cluster, tell, nouns):
    tell.silence(2, "nats", N1, "jsz")
    assert [row.stale for row in cluster.nats_streams()] == [True]
    led = nouns.stream("S", nouns.consumer("one", num_pending=5), nouns.consumer("two"))
    tell.nats(4, "jsz", nouns.jetstream(led, now=504.0, server_id="RUN2"), N2)
    (stream,) = cluster.nats_streams()
    assert (stream.stale, stream.consumers) == (False, 2)
    assert [(row.name, row.stale) for row in cluster.nats_consumers()] == [
        ("one", False),
        ("two", False),
    ]
    assert [(row.address, row.messages) for row in cluster.backlogs()] == [("js:S#one", 5)]


def test_equal_names_on_different_clusters_are_different_streams(store, tell, nouns):
    for url, name in ((N1, "east"), (N2, "west")):
        tell.nats(0, "varz", nouns.server(cluster=name), url)
        tell.nats(0, "jsz", nouns.jetstream(nouns.stream("S"), now=500.0), url)
    assert [row.cluster for row in store.nats_streams()] == ["east", "west"]
