"""What servers publish of themselves and their clients, and what anybody else may send there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.model.nats_reports import NatsReport
from arcwatch.wire.nats_reports import LONGEST, OF_JETSTREAM, OF_SYSTEM, parse_report

SERVER = {"name": "s1", "host": "127.0.0.1", "id": "NAX", "ver": "2.15.1"}
LEFT = {
    "type": "io.nats.server.advisory.v1.client_disconnect",
    "timestamp": "2026-11-30T20:35:49.67007473Z",
    "server": SERVER,
    "client": {
        "start": "2026-11-30T20:35:49.5Z",
        "host": "127.0.0.1",
        "id": 7,
        "acc": "APP",
        "user": "app",
        "name": "worker",
        "rtt": 213000,
        "kind": "Client",
    },
    "sent": {"msgs": 2, "bytes": 548},
    "reason": "Client Closed",
}
AT = 1_796_070_949.670075


def parsed(kind="disconnected", told=LEFT, **changed):
    return parse_report(kind, json.dumps(told | changed).encode())


def test_a_client_that_left_is_named_with_its_server_and_why():
    assert parsed() == NatsReport(
        "disconnected",
        AT,
        "s1",
        "s1",
        "APP",
        "worker",
        7,
        1_796_070_949.5,
        "Client Closed",
    )


def test_a_client_without_a_name_is_its_address():
    client = {name: value for name, value in LEFT["client"].items() if name != "name"}
    assert parsed(client=client).client == "127.0.0.1"


def test_a_servers_own_message_is_flat():
    told = SERVER | {"cluster": "belt", "time": LEFT["timestamp"]}
    assert parsed("shut down", told) == NatsReport("shut down", AT, "s1", "belt")


def test_an_advisory_names_the_stream():
    told = {"timestamp": LEFT["timestamp"], "stream": "ORDERS", "consumer": "billing"}
    report = parsed("quorum lost", told)
    assert (report.stream, report.consumer, report.at) == ("ORDERS", "billing", AT)


@pytest.mark.parametrize(
    "changed",
    [
        {"timestamp": "soon"},
        {"timestamp": ""},
        {"server": 7},
        {"client": {"id": "x"}},
        # a link rather than a client
        {"client": LEFT["client"] | {"kind": "Leafnode"}},
    ],
)
def test_what_is_none_is_left_out(changed):
    assert parsed(**changed) is None


def test_names_are_bounded():
    report = parsed(client=LEFT["client"] | {"name": "x" * 100_000}, reason="y" * 100_000)
    assert (len(report.client), len(report.reason)) == (LONGEST, LONGEST)


@given(st.binary(), st.sampled_from([*OF_SYSTEM.values(), *OF_JETSTREAM.values()]))
def test_no_message_raises(body, kind):
    assert parse_report(kind, body) is None or kind
