"""One connection with its subscriptions, and those that closed, as a real server gave them."""

import json
from datetime import datetime

import pytest

from arcwatch.errors import WireError
from arcwatch.store.nats.build_rows import connection_row, kind_of
from arcwatch.wire.nats_connz import parse_closed, parse_connz_page, parse_opened


def at(text):
    return pytest.approx(datetime.fromisoformat(text).timestamp(), abs=2e-6, rel=0)


def changed(body, *steps):
    """The payload with the value at ``steps[:-1]`` replaced by the last of them."""
    doc = json.loads(body)
    *path, name, value = steps
    place = doc
    for step in path:
        place = place[step]
    place[name] = value
    return json.dumps(doc).encode()


@pytest.fixture
def one(recorded):
    return recorded("nats-2.15.1/connz-one.json")


@pytest.fixture
def closed(recorded):
    return recorded("nats-2.15.1/connz-closed.json")


def test_reads_a_connections_subscriptions(one):
    opened = parse_opened(6, one)
    told = [(s.sid, s.subject, s.queue, s.msgs, s.max) for s in opened.subscriptions]
    assert told == [
        ("2", "audit.>", "", 3, None),
        ("3", "once", "", 1, 5),
        ("1", "ord.*", "workers", 7, None),
    ]
    assert (opened.cid, opened.connection.name, opened.connection.subscriptions) == (
        6,
        "billing",
        3,
    )
    assert (opened.stop, opened.reason) == (None, "")


def test_reads_what_tls_a_connection_speaks(one):
    body = changed(one, "connections", 0, "tls_version", "1.3")
    body = changed(body, "connections", 0, "tls_cipher_suite", "TLS_AES_128_GCM_SHA256")
    connection = parse_opened(6, body).connection
    assert (connection.tls_version, connection.tls_cipher) == ("1.3", "TLS_AES_128_GCM_SHA256")
    assert parse_opened(6, one).connection.tls_version == ""


def test_a_connection_that_closed_while_it_was_open_says_why(closed):
    slow = parse_opened(7, changed(closed, "connections", [json.loads(closed)["connections"][1]]))
    assert slow.reason == "Slow Consumer (Pending Bytes)"
    assert slow.stop == at("2026-11-23T18:36:29.360583286Z")
    assert slow.connection.name == "sleepy"


def test_a_connection_the_server_has_forgotten_is_none(recorded):
    opened = parse_opened(99, recorded("nats-2.15.1/connz-empty.json"))
    assert (opened.cid, opened.connection, opened.subscriptions) == (99, None, ())


def test_reads_the_connections_that_closed_in_the_servers_order(closed):
    answer = parse_closed(closed)
    assert [(c.connection.name, c.reason) for c in answer.connections] == [
        ("gone", "Client Closed"),
        ("sleepy", "Slow Consumer (Pending Bytes)"),
    ]
    assert (answer.total, answer.now) == (2, at("2026-11-23T18:36:29.571370993Z"))


def test_a_closed_connection_lived_until_it_stopped(closed):
    slow = parse_closed(closed).connections[1]
    assert slow.stop == at("2026-11-23T18:36:29.360583286Z")
    assert slow.connection.uptime == pytest.approx(0.029883, abs=1e-5)
    assert slow.connection.idle is None
    assert (slow.connection.pending_bytes, slow.connection.stalls) == (1_020_340, 7)


def test_a_closed_connection_without_an_end_is_named_with_its_place(closed):
    with pytest.raises(WireError, match=r"connections\[1\]"):
        parse_closed(changed(closed, "connections", 1, "stop", "yesterday"), "http://h:1/connz")


def test_a_subscription_of_the_wrong_type_is_named_with_its_place(one):
    body = changed(one, "connections", 0, "subscriptions_list_detail", 1, "msgs", "many")
    with pytest.raises(WireError) as caught:
        parse_opened(6, body)
    assert "subscriptions_list_detail" in caught.value.why


def test_every_kind_of_client_has_its_name(recorded):
    """A leaf node, an MQTT client with an id and one without, a browser, and one without a name."""
    rows = parse_connz_page(recorded("nats-2.15.1/connz-kinds.json")).connections
    shown = [connection_row(("c", "n"), row, (0.0,) * 5, True) for row in rows]
    assert [(kind_of(row), row.name) for row in shown] == [
        ("leaf node", "spoke"),
        ("MQTT", "sensor-7"),
        ("MQTT", "VXqvA5h3S3iX4YYPirY52W"),
        ("WebSocket", "browser"),
        ("NATS", ""),
    ]


def test_a_kind_that_we_do_not_know_is_called_as_the_server_calls_it(recorded):
    body = recorded("nats-2.15.1/connz-kinds.json")
    body = changed(
        changed(body, "connections", 0, "kind", "Satellite"), "connections", 0, "type", ""
    )
    (row, *_) = parse_connz_page(body).connections
    assert kind_of(connection_row(("c", "n"), row, (0.0,) * 5, True)) == "Satellite"
