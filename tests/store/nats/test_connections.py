"""What is asked of a NATS server on demand, what its accounts use, and what makes a problem."""

import math

import pytest
from msgspec.structs import replace

from arcwatch.model.nats import (
    JsAccount,
    JsReplica,
    NatsClosed,
    NatsClosedConnection,
    NatsOpened,
    NatsSubscription,
)

N1, N2 = "http://n1:8222", "http://n2:8222"
SLOW = "Slow Consumer (Pending Bytes)"


@pytest.fixture
def server(store, tell, nouns):
    """The state of a server that has said who it is."""
    tell.nats(0, "varz", nouns.server(now=500.0, stalled_clients=3))
    return store.nats[0]


@pytest.fixture
def opened(tell, nouns):
    """Tells of an opened connection: ``opened(at, {"1": 40})``, messages by ``sid``."""

    def tell_opened(at, counts, cid=7, start=400.0, **told):
        subs = tuple(NatsSubscription(sid, "ord.*", "q", n, None) for sid, n in counts.items())
        connection = nouns.connection(cid, start=start)
        answer = NatsOpened("RUN1", 500.0 + at, cid, connection, subs)
        tell.nats(at, "connection", replace(answer, **told))

    return tell_opened


@pytest.fixture
def closed(tell, nouns):
    """Tells of connections that closed: ``closed(at, ("slow", reason, stop))``."""

    def tell_closed(at, *gone):
        rows = tuple(
            NatsClosedConnection(nouns.connection(cid, name=name), stop, reason)
            for cid, (name, reason, stop) in enumerate(gone, start=1)
        )
        tell.nats(at, "closed", NatsClosed("RUN1", 500.0 + at, len(rows), rows))

    return tell_closed


# -- stalls -------------------------------------------------------------------------------------


def test_a_connection_that_made_nobody_wait_has_no_stalls(server, store, tell, nouns):
    tell.nats(0, "connz", nouns.connections(nouns.connection(1), now=500.0))
    tell.nats(2, "connz", nouns.connections(nouns.connection(1, stalls=8), now=502.0))
    (row,) = store.nats_connections()
    assert (row.stalls, row.stalls_rate) == (8, 4.0)


def test_stalls_are_unknown_where_the_server_does_not_count_them(store, tell, nouns):
    tell.nats(0, "varz", nouns.server(now=500.0, stalled_clients=None))
    tell.nats(0, "connz", nouns.connections(nouns.connection(1), now=500.0))
    tell.nats(2, "connz", nouns.connections(nouns.connection(1), now=502.0))
    (row,), (server,) = store.nats_connections(), store.nats_servers()
    assert (row.stalls, server.stalled_clients) == (None, None)
    assert math.isnan(row.stalls_rate)
    assert math.isnan(server.stalls_rate)


def test_a_servers_stalls_have_a_rate(server, store, tell, nouns):
    tell.nats(2, "varz", nouns.server(now=502.0, stalled_clients=13))
    (row,) = store.nats_servers()
    assert (row.stalled_clients, row.stalls_rate) == (13, 5.0)


# -- an opened connection -----------------------------------------------------------------------


def test_each_subscription_has_its_rate(server, opened):
    opened(0, {"1": 40, "2": 0})
    opened(2, {"1": 50, "2": 0, "3": 9})
    rates = {row.sid: row.msgs_rate for row in server.opened.subscriptions}
    assert (rates["1"], rates["2"]) == (5.0, 0.0)
    assert math.isnan(rates["3"])  # when it began, nobody says
    assert server.opened.rates.latest("1", "msgs") == 5.0


def test_another_connection_begins_from_nothing(server, opened):
    opened(0, {"1": 40}, cid=7)
    opened(2, {"1": 90}, cid=8)
    (row,) = server.opened.subscriptions
    assert (row.cid, row.msgs) == (8, 90)
    assert math.isnan(row.msgs_rate)


def test_a_cid_used_again_after_a_restart_is_another_connection(server, opened):
    opened(0, {"1": 40}, start=400.0)
    opened(2, {"1": 90}, start=501.0)
    assert math.isnan(server.opened.subscriptions[0].msgs_rate)


def test_a_connection_that_closes_keeps_its_last_subscriptions_and_says_why(server, opened):
    opened(0, {"1": 40})
    opened(2, {}, stop=501.5, reason=SLOW)
    assert (server.opened.stop, server.opened.reason) == (501.5, SLOW)
    assert [(row.msgs, row.stale) for row in server.opened.subscriptions] == [(40, True)]


def test_a_connection_the_server_forgot_keeps_its_last_subscriptions(server, opened):
    opened(0, {"1": 40})
    opened(2, {}, connection=None)
    assert [(row.msgs, row.stale) for row in server.opened.subscriptions] == [(40, True)]
    assert server.opened.connection.cid == 7


def test_what_is_asked_on_demand_makes_no_half_partly_answer(store, server, tell):
    tell.silence(2, "nats", N1, "connection")
    tell.silence(2, "nats", N1, "closed")
    assert (store.half("nats"), store.problems()) == ("up", [])


# -- closed connections -------------------------------------------------------------------------


def test_a_slow_consumer_is_a_problem_for_five_minutes(store, server, closed, tell, nouns):
    closed(10, ("billing", SLOW, 506.0), ("done", "Client Closed", 507.0))
    (problem,) = store.problems()
    assert problem.what == "slow consumer billing closed"
    assert (problem.why, problem.over) == (SLOW, True)
    assert problem.since == nouns.START + 6
    tell.nats(305, "varz", nouns.server(now=805.0))
    assert len(store.problems()) == 1
    tell.nats(307, "varz", nouns.server(now=807.0))
    assert store.problems() == []


def test_the_closed_are_asked_for_when_a_slow_consumer_is_counted(server, tell, nouns, closed):
    assert not server.closed.tries
    tell.nats(1, "varz", nouns.server(now=501.0, slow_consumers=1))
    assert server.closed.tries
    closed(2, ("done", "Client Closed", 500.0))
    assert server.closed.tries  # counted, and not listed yet
    closed(3, ("billing", SLOW, 501.0), ("done", "Client Closed", 500.0))
    assert not server.closed.tries
    tell.nats(4, "varz", nouns.server(now=504.0, slow_consumers=1))
    assert not server.closed.tries


def test_asking_for_a_slow_consumer_that_is_never_listed_ends(server, tell, nouns, closed):
    tell.nats(1, "varz", nouns.server(now=501.0, slow_consumers=1))
    asked = 0
    while server.closed.tries:
        closed(2 + asked, ("done", "Client Closed", 500.0))
        asked += 1
    assert 0 < asked < 10


def test_a_restart_counts_its_slow_consumers_anew(server, tell, nouns, closed):
    tell.nats(1, "varz", nouns.server(now=501.0, slow_consumers=2))
    closed(2, ("billing", SLOW, 501.0))
    tell.nats(3, "varz", nouns.server(now=503.0, server_id="RUN2", slow_consumers=1))
    assert server.closed.tries


def test_closed_connections_are_marked_when_they_are_old(store, server, closed, tell):
    closed(1, ("billing", SLOW, 500.5))
    tell.silence(2, "nats", N1, "closed")
    assert [(row.name, row.slow, row.stale) for row in store.nats_closed()] == [
        ("billing", True, True)
    ]


# -- JetStream ----------------------------------------------------------------------------------


def test_an_account_is_told_with_its_fullest_limit(store, server, tell, nouns):
    account = JsAccount("ARC", 10, 900, None, 1000, 50, 2, 3, 4)
    tell.nats(0, "jsz", replace(nouns.jetstream(now=500.0), usage=(account,)))
    later = replace(account, api_total=70)
    tell.nats(2, "jsz", replace(nouns.jetstream(now=502.0), usage=(later,)))
    (row,) = store.nats_accounts()
    assert (row.server_name, row.account, row.limit_used) == ("n1", "ARC", 0.9)
    assert (row.api_total, row.api_rate, row.api_errors) == (70, 10.0, 2)


def test_a_stream_that_nobody_leads_is_one_problem_however_many_tell_of_it(store, tell, nouns):
    for number, url in ((1, N1), (2, N2)):
        name = nouns.server(server_name=f"n{number}", server_id=f"RUN{number}")
        tell.nats(0, "varz", name, url)
    lost = nouns.stream("ORDERS", replicas=3, leader="")
    for at in (1, 3):
        tell.nats(at, "jsz", nouns.jetstream(lost, now=500.0 + at), N1)
        tell.nats(at, "jsz", nouns.jetstream(lost, now=500.0 + at, server_id="RUN2"), N2)
    (problem,) = store.problems()
    assert (problem.what, problem.where) == ("stream without a leader", "js:ORDERS")
    assert problem.since == nouns.START + 1
    assert len(store.nats_streams()) == 1
    found = replace(lost, leader="n1", peers=(JsReplica("n2", True, False, 0.1, 0),))
    tell.nats(5, "jsz", nouns.jetstream(found, now=505.0), N1)
    tell.nats(5, "jsz", nouns.jetstream(now=505.0, server_id="RUN2"), N2)
    assert store.problems() == []


def test_a_stream_on_one_server_needs_no_leader(store, tell, nouns):
    tell.nats(0, "jsz", nouns.jetstream(nouns.stream(replicas=1, leader=""), now=500.0))
    assert store.problems() == []
