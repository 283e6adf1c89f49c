"""Links between servers and accounts' traffic, as real servers of a super-cluster told them."""

import pytest

from arcwatch.errors import WireError
from arcwatch.wire.nats_links import merge_links, parse_gatewayz, parse_leafz, parse_routez


def test_a_pool_of_routes_is_told_connection_by_connection(recorded):
    (told,) = parse_routez(recorded("nats-2.15.1/routez.json")).answers
    assert [(link.peer, link.account, link.out_msgs) for link in told.links] == [
        ("a1", "", 0),
        ("a1", "", 1000),
        ("a1", "", 0),
        ("a1", "SYS", 256),
    ]
    assert all(0 < link.rtt < 1 and link.pending_bytes == 0 for link in told.links)


def test_a_gateway_goes_out_once_and_comes_in_from_each_server(recorded):
    (told,) = parse_gatewayz(recorded("nats-2.15.1/gatewayz.json")).answers
    figures = [(link.peer, link.solicited, link.in_msgs, link.out_msgs) for link in told.links]
    assert figures[0] == ("east", True, 0, 206)
    assert sorted(figures[1:]) == [("east", False, 205, 0), ("east", False, 1075, 0)]


def test_a_leaf_node_is_told_for_each_account(recorded):
    (told,) = parse_leafz(recorded("nats-2.15.1/leafz.json")).answers
    assert [(link.peer, link.account, link.out_msgs) for link in told.links] == [
        ("leaf", "ARC", 1000),
        ("leaf", "SYS", 80),
    ]
    assert {(link.pending_bytes, link.start, link.solicited) for link in told.links} == {
        (None, None, False)
    }


def test_answers_of_a_server_that_restarted_in_between_are_refused(recorded):
    answers = [
        parse_routez(recorded("nats-2.15.1/routez.json")),
        parse_gatewayz(recorded("nats-2.15.1/gatewayz.json")),
    ]
    with pytest.raises(WireError, match="two servers"):
        merge_links(answers, "")
