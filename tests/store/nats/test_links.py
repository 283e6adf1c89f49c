"""Links between servers as rows: pools are one, rates are of connections, what is missing shows."""

import math

import pytest
from msgspec.structs import replace

from arcwatch.model.nats_links import LinkAnswer, NatsAccount, NatsAccounts, NatsLink, NatsLinks

ROUTE = NatsLink(
    "route", 1, "n2", "ID2", "", True, "10.0.0.2", 6222, 0.001, 10, 100, 200, 1000, 2000, 5, 400.0
)  # fmt: skip - a row of figures


@pytest.fixture
def tells(tell, nouns):
    def links(at, *rows, kind="route", server_id="RUN1"):
        body = NatsLinks(server_id, (LinkAnswer(kind, 500.0 + at, tuple(rows)),))
        tell.nats(at, "links", body)

    return links


@pytest.fixture
def server(tell, nouns):
    tell.nats(0, "varz", nouns.server(now=500.0, remote_clusters=("west",)))


def test_a_pool_is_one_row_whose_rates_survive_a_connection_that_began_anew(store, server, tells):
    second = replace(ROUTE, cid=2, rtt=0.004, account="SYS")
    tells(0, ROUTE, second)
    anew = replace(second, cid=3, in_msgs=20, out_msgs=0, in_bytes=0, out_bytes=0, start=501.0)
    tells(2, replace(ROUTE, in_msgs=140), anew)
    row, missing = store.nats_links()
    assert (row.peer, row.connections, row.rtt, row.pending_bytes) == ("n2", 2, 0.004, 20)
    # 40 on the one that stayed, 20 on the new one
    assert (row.in_msgs_rate, row.out_msgs_rate, row.in_msgs) == (30.0, 0.0, 160)
    assert (missing.peer, missing.connected, math.isnan(missing.in_msgs_rate)) == (
        "west",
        False,
        True,
    )


def test_a_restart_and_silence_are_gaps(store, server, tells, tell, nouns):
    tells(0, ROUTE)
    tells(2, replace(ROUTE, in_msgs=900), server_id="RUN2")
    assert math.isnan(store.nats_links()[0].in_msgs_rate)
    tell.silence(4, "nats", "http://n1:8222", "links")
    assert {row.stale for row in store.nats_links()} == {True}


def test_a_gateway_that_is_not_connected_is_a_problem_until_it_is(store, server, tells, tell):
    tells(1, ROUTE)
    (problem,) = store.problems()
    assert (problem.what, problem.where) == ("no gateway", "west")
    tells(2, replace(ROUTE, kind="gateway", peer="west", peer_id="RUN1"), kind="gateway")
    assert store.problems() == []
    (row,) = store.nats_links()
    # the id of a server that is known is told as its name
    assert row.via == "n1"


def test_an_account_without_jetstream_has_traffic_and_one_with_it_both(store, server, tell, nouns):
    sent = NatsAccount("PLAIN", 2, 9, 0, 30, 0, 100, 0, 1000, 0, clients_alone=True)
    for at, more in ((0, 0), (2, 50)):
        told = replace(sent, in_msgs=100 + more)
        tell.nats(at, "accounts", NatsAccounts("RUN1", 500.0 + at, (told,)))
    (row,) = store.nats_accounts()
    assert (row.account, row.connections, row.in_msgs_rate) == ("PLAIN", 2, 25.0)
    assert (row.jetstream, row.storage, row.limit_used) == (False, None, None)
