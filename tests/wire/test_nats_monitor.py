"""``/varz``, ``/healthz`` and pages of ``/connz`` as real servers gave them, and as none should."""

import json
from datetime import datetime

import pytest
from msgspec.structs import replace

from arcwatch.errors import WireError
from arcwatch.model.nats import SlowByKind
from arcwatch.wire.nats_connz import merge_connz, parse_connz_page
from arcwatch.wire.nats_monitor import parse_healthz, parse_varz

VERSIONS = ["nats-2.15.1", "nats-2.10.25", "nats-2.10.25-cut-to-fields-of-2.2.6"]


def at(text):
    """The Unix time of what a server wrote, cut to microseconds."""
    return datetime.fromisoformat(text).timestamp()


# -- varz ---------------------------------------------------------------------------------------


SERVER_AS_TOLD = ["server_id", "server_name", "version", "stalled_clients", "slow_consumers"]
SERVER_AS_TOLD += ["connections", "total_connections", "max_connections", "subscriptions"]
SERVER_AS_TOLD += ["in_msgs", "out_msgs", "in_bytes", "out_bytes", "mem", "cpu", "cores"]
SERVER_AS_TOLD += ["max_payload", "max_pending"]


def test_reads_a_server(recorded):
    body = recorded("nats-2.15.1/varz.json")
    told, server = json.loads(body), parse_varz(body)
    for name in SERVER_AS_TOLD:
        assert getattr(server, name) == told[name], name
    assert server.now == pytest.approx(at(told["now"]), abs=2e-6, rel=0)
    assert server.start == pytest.approx(at(told["start"]), abs=2e-6, rel=0)
    assert (server.slow_consumers, server.stalled_clients) == (1, 71)


def test_what_clients_alone_sent_is_told_apart(recorded):
    doc = json.loads(recorded("nats-2.15.1/varz.json"))
    doc |= {"in_client_msgs": 1, "out_client_msgs": 2}
    doc |= {"in_client_bytes": 3, "out_client_bytes": 4}
    server = parse_varz(json.dumps(doc).encode())
    assert (server.client_in_msgs, server.client_out_msgs) == (1, 2)
    assert (server.client_in_bytes, server.client_out_bytes) == (3, 4)


def test_reads_jetstreams_use_and_limits(recorded):
    server = parse_varz(recorded("nats-2.15.1/varz.json"))
    assert server.jetstream
    assert (server.js_max_memory, server.js_max_storage) == (64 << 20, 256 << 20)
    assert (server.js_memory, server.js_storage) == (276, 3762)


def test_reads_what_jetstream_has_set_aside_and_been_asked(recorded):
    server = parse_varz(recorded("nats-2.15.1/varz.json"))
    assert (server.js_reserved_memory, server.js_reserved_storage) == (0, 1 << 20)
    assert (server.js_api_total, server.js_api_errors) == (16, 0)


def test_slow_consumers_are_told_by_kind_where_the_server_does(recorded):
    doc = json.loads(recorded("nats-2.15.1/varz.json"))
    doc["slow_consumer_stats"] = {"clients": 4, "routes": 3, "gateways": 2, "leafs": 1}
    assert parse_varz(json.dumps(doc).encode()).slow_by_kind == SlowByKind(4, 3, 2, 1)
    del doc["slow_consumer_stats"]
    assert parse_varz(json.dumps(doc).encode()).slow_by_kind is None


def test_reads_how_long_a_write_may_block_and_when_the_certificate_expires(recorded):
    doc = json.loads(recorded("nats-2.15.1/varz.json"))
    assert parse_varz(json.dumps(doc).encode()).tls_cert_not_after is None
    doc["tls_cert_not_after"] = "2027-01-02T03:04:05Z"
    server = parse_varz(json.dumps(doc).encode())
    assert server.tls_cert_not_after == at("2027-01-02T03:04:05Z")
    assert server.write_deadline == 10.0
    assert server.config_loaded == pytest.approx(server.start, abs=1.0)


def test_neighbours_of_a_server_are_counted(recorded):
    doc = json.loads(recorded("nats-2.15.1/varz.json"))
    doc |= {"routes": 8, "leafnodes": 3, "gateway": {"gateways": [{"name": "west"}]}}
    server = parse_varz(json.dumps(doc).encode())
    assert (server.routes, server.leafnodes, server.gateways) == (8, 3, 1)
    doc["gateway"] = {}
    assert parse_varz(json.dumps(doc).encode()).gateways == 0


def test_a_server_alone_is_its_own_cluster(recorded):
    server = parse_varz(recorded("nats-2.15.1/varz.json"))
    assert (server.cluster, server.meta_leader) == ("n1", None)


def test_a_server_among_others_names_the_cluster_and_who_leads_it(recorded):
    server = parse_varz(recorded("nats-2.15.1/varz-cluster.json"))
    assert (server.server_name, server.cluster, server.meta_leader) == ("c0", "arc", "c1")


def test_a_server_without_name_or_jetstream(recorded):
    server = parse_varz(recorded("nats-2.15.1/varz-standalone-without-jetstream.json"))
    assert server.server_name == server.cluster == server.server_id
    assert not server.jetstream
    assert (server.js_max_memory, server.js_memory, server.js_storage) == (None, None, None)


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_what_an_older_server_does_not_tell_is_unknown(recorded, version):
    server = parse_varz(recorded(f"{version}/varz.json"))
    assert server.in_msgs > 0
    assert (server.client_in_msgs, server.client_out_bytes, server.stalled_clients) == (None,) * 3


@pytest.mark.parametrize("limit", [-1, 2**64 - 1])
def test_an_unlimited_store_has_no_limit(recorded, limit):
    doc = json.loads(recorded("nats-2.15.1/varz.json"))
    doc["jetstream"]["config"]["max_storage"] = limit
    assert parse_varz(json.dumps(doc).encode()).js_max_storage is None


# -- healthz ------------------------------------------------------------------------------------


def test_why_a_server_is_not_healthy_is_short_and_harmless():
    said = json.dumps({"status": "unavailable", "error": "\x1b[2J" + "x" * 200_000}).encode()
    error = parse_healthz(503, said).error
    assert error.startswith("␛[2Jxxx")
    assert len(error) < 200


def test_a_healthy_server(recorded):
    health = parse_healthz(200, recorded("nats-2.15.1/healthz.json"))
    assert (health.healthy, health.error) == (True, "")


def test_a_server_that_says_what_it_lacks(recorded):
    health = parse_healthz(503, recorded("nats-2.15.1/healthz-503.json"))
    assert not health.healthy
    assert health.error == "JetStream has not established contact with a meta leader"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (503, b'{"status":"unavailable"}', "unavailable"),
        (503, b'{"status":"ok"}', "ok"),
        (200, b'{"status":"starting"}', "starting"),
        (500, b'{"status":"error","errors":[{"error":"a"},{"type":1},{"error":"b"}]}', "a; b"),
    ],
)
def test_anything_but_a_plain_ok_is_not_healthy(status, body, error):
    health = parse_healthz(status, body)
    assert (health.healthy, health.error) == (False, error)


# -- connz --------------------------------------------------------------------------------------


CONNECTION_AS_TOLD = ["cid", "kind", "type", "ip", "port", "lang", "version", "subscriptions"]
CONNECTION_AS_TOLD += ["pending_bytes", "in_msgs", "out_msgs", "in_bytes", "out_bytes"]


def test_reads_every_connection(recorded):
    body = recorded("nats-2.15.1/connz.json")
    told, page = json.loads(body), parse_connz_page(body)
    for row, was in zip(page.connections, told["connections"], strict=True):
        for name in CONNECTION_AS_TOLD:
            assert getattr(row, name) == was[name], name
    assert (page.server_id, page.total) == (told["server_id"], 4)


def test_a_name_is_kept_as_it_is_and_may_be_missing(recorded):
    names = [row.name for row in parse_connz_page(recorded("nats-2.15.1/connz.json")).connections]
    assert names == ["orders-writer", "billing ü \x1b[2J<evil>", "", "slow-reader"]


def test_ages_are_measured_on_the_servers_clock(recorded):
    body = recorded("nats-2.10.25/connz.json")
    told, page = json.loads(body), parse_connz_page(body)
    for row, was in zip(page.connections, told["connections"], strict=True):
        assert row.uptime == pytest.approx(at(told["now"]) - at(was["start"]), abs=1e-5)
        assert row.idle == pytest.approx(at(told["now"]) - at(was["last_activity"]), abs=1e-5)
        assert f"{int(row.uptime)}s" == was["uptime"]
        assert f"{int(row.idle)}s" == was["idle"]


def test_an_rtt_that_was_not_measured_is_unknown(recorded):
    doc = json.loads(recorded("nats-2.15.1/connz.json"))
    doc["connections"][1]["rtt"] = "0s"
    del doc["connections"][2]["rtt"]
    rtts = [row.rtt for row in parse_connz_page(json.dumps(doc).encode()).connections]
    assert rtts == [pytest.approx(708e-6), None, None, pytest.approx(128e-6)]


def test_who_makes_producers_wait_is_told_where_the_server_counts(recorded):
    stalls = [
        row.stalls for row in parse_connz_page(recorded("nats-2.15.1/connz.json")).connections
    ]
    assert stalls == [None, None, None, 7]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_tells_who_is_connected(recorded, version):
    page = parse_connz_page(recorded(f"{version}/connz.json"))
    assert page.connections[0].name == "orders-writer"
    assert page.connections[0].kind == "Client"


def test_an_idle_server(recorded):
    page = parse_connz_page(recorded("nats-2.15.1/connz-empty.json"))
    assert (page.total, page.connections) == (0, ())


def test_pages_become_one_list_in_which_nobody_is_twice(recorded):
    page = parse_connz_page(recorded("nats-2.15.1/connz.json"))
    a, b, c, d = page.connections
    newer = replace(b, in_msgs=b.in_msgs + 1)
    merged = merge_connz(
        [replace(page, connections=(a, b)), replace(page, now=9e9, connections=(newer, d, c))]
    )
    assert merged.connections == (a, newer, c, d)
    assert (merged.now, merged.total) == (page.now, 4)


def test_the_total_counts_what_was_not_read(recorded):
    page = parse_connz_page(recorded("nats-2.15.1/connz.json"))
    assert merge_connz([replace(page, total=20_000)]).total == 20_000


def test_the_total_is_never_less_than_what_was_read(recorded):
    page = parse_connz_page(recorded("nats-2.15.1/connz.json"))
    assert merge_connz([page, replace(page, total=1, connections=())]).total == 4


def test_pages_of_two_servers_are_not_mixed(recorded):
    page = parse_connz_page(recorded("nats-2.15.1/connz.json"))
    with pytest.raises(WireError, match="two servers"):
        merge_connz([page, replace(page, server_id="another")])


@pytest.mark.parametrize("key", ["start", "last_activity", "rtt"])
def test_an_unreadable_time_names_the_row_and_the_text(recorded, key):
    doc = json.loads(recorded("nats-2.15.1/connz.json"))
    doc["connections"][2][key] = "yesterday"
    with pytest.raises(WireError, match=r"yesterday - at `\$\.connections\[2\]`"):
        parse_connz_page(json.dumps(doc).encode())


def test_what_routes_pass_on_is_counted_only_where_it_cannot_be_told_apart(recorded):
    doc = json.loads(recorded("nats-2.15.1/varz-cluster.json"))
    told = parse_varz(json.dumps(doc).encode())
    assert (told.in_msgs, told.of_clients[0], told.counts_neighbours) == (236, 38, False)
    del doc["in_client_msgs"]
    told = parse_varz(json.dumps(doc).encode())
    assert (told.of_clients[0], told.counts_neighbours) == (236, True)
