"""What clients sent to a server, and whether neighbours are counted with them."""

import pytest
from msgspec.structs import replace

from arcwatch.wire.nats_monitor import parse_varz


@pytest.fixture
def server(recorded):
    found = parse_varz(recorded("nats-2.15.1/varz.json"))
    own = {"client_in_msgs": 1, "client_out_msgs": 2, "client_in_bytes": 3, "client_out_bytes": 4}
    every = {"in_msgs": 10, "out_msgs": 20, "in_bytes": 30, "out_bytes": 40}
    alone = {"routes": 0, "leafnodes": 0, "remote_clusters": (), "seen_as": ""}
    return replace(found, **own, **every, **alone)


def test_what_clients_sent_is_told_without_what_neighbours_pass_on(server):
    neighbour = replace(server, routes=3, remote_clusters=("west",))
    assert neighbour.of_clients == (1, 2, 3, 4)
    assert not neighbour.counts_neighbours
    assert neighbour.gateways == 1


@pytest.mark.parametrize(
    "linked",
    [{"routes": 1}, {"remote_clusters": ("west",)}, {"leafnodes": 1}, {"seen_as": "ARC"}],
)
def test_where_a_server_does_not_separate_them_neighbours_are_counted_too(server, linked):
    old = replace(server, client_in_msgs=None, **linked)
    assert old.of_clients == (10, 20, 30, 40)
    assert old.counts_neighbours


def test_a_server_alone_has_no_neighbours_to_count(server):
    assert not replace(server, client_in_msgs=None).counts_neighbours
