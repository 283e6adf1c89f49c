"""What servers tell of accounts' traffic, recorded and made up."""

from arcwatch.wire.nats_accounts import parse_accstatz


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
