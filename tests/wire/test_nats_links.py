"""Links between servers and accounts' traffic, as real servers of a super-cluster told them."""

import pytest

from arcwatch.errors import WireError
from arcwatch.wire.nats_accounts import parse_accstatz
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


def test_an_account_is_told_without_what_neighbours_pass_on(recorded):
    accounts = parse_accstatz(recorded("nats-2.15.1/accstatz.json")).accounts
    arc = next(one for one in accounts if one.account == "ARC")
    assert (arc.in_msgs, arc.in_bytes, arc.out_msgs, arc.clients_alone) == (1000, 100_000, 0, True)
    assert {one.account for one in accounts} == {"ARC", "PLAIN", "SYS", "$G"}


def test_older_servers_do_not_tell_neighbours_apart():
    body = (
        b'{"now": "2026-11-24T03:51:28Z", "account_statz": ['
        b'{"acc": "A", "name": "same", "received": {"msgs": 7, "bytes": 9}},'
        b'{"acc": "B", "name": "same"}]}'
    )
    told = parse_accstatz(body, server_id="RUN").accounts
    assert [(one.account, one.in_msgs, one.clients_alone) for one in told] == [
        ("A", 7, False),
        ("B", 0, False),
    ]
