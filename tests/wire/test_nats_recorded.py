"""Answers of every version that ``tests/versions`` runs, recorded while it ran."""

import pytest

from arcwatch.wire.nats_connz import parse_closed, parse_connz_page
from arcwatch.wire.nats_jetstream import parse_jsz
from arcwatch.wire.nats_monitor import parse_varz

VERSIONS = ["2.2.6", "2.9.25", "2.11.10", "2.12.2"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_read(recorded, version):
    def read(name):
        return recorded(f"nats-{version}/{name}.json")

    server = parse_varz(read("varz"))
    assert (server.server_name, server.version, server.jetstream) == ("n1", version, True)
    # counted from 2.12 on
    assert (server.stalled_clients is None) == (version != "2.12.2")
    assert parse_connz_page(read("connz")).connections[-1].name == "orders-writer"
    assert parse_closed(read("connz-closed")).connections[-1].reason == "Client Closed"


@pytest.mark.parametrize("version", VERSIONS)
def test_streams_and_consumers_of_every_version_are_read(recorded, version):
    read = parse_jsz(recorded(f"nats-{version}/jsz.json"))
    streams = {one.stream: one for one in read.streams}
    assert streams.keys() == {"ORDERS", "KV_config", "OBJ_assets"}
    orders = streams["ORDERS"]
    assert (orders.messages, orders.first_seq, orders.last_seq) == (10, 1, 11)
    assert orders.allows == ()
    # told from 2.8 on
    assert orders.num_subjects == (None if version == "2.2.6" else 4)
    (consumer,) = orders.consumers
    assert (consumer.name, consumer.num_pending) == ("billing", 10)
    assert (consumer.pause_until, consumer.priority_groups, consumer.pinned) == (None, (), ())
