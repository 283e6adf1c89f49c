"""JetStream's advisories, and what anybody else may publish in their place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.model.nats_advisories import JsAdvisory
from arcwatch.wire.nats_advisories import parse_advisory

GOOD = {
    "type": "io.nats.jetstream.advisory.v1.terminated",
    "id": "rSt",
    "timestamp": "2026-11-24T03:00:00.25Z",
    "stream": "ORDERS",
    "consumer": "billing",
    "consumer_seq": 3,
    "stream_seq": 7,
    "deliveries": 2,
    "reason": "bad checksum",
}


def parsed(**changed):
    return parse_advisory("terminated", json.dumps(GOOD | changed).encode())


def test_an_advisory_names_the_message_the_consumer_and_the_cause():
    at = 1_795_489_200.25
    told = JsAdvisory("ORDERS", "billing", "terminated", 7, 2, at, "bad checksum")
    assert parsed() == told


@pytest.mark.parametrize(
    "changed", [{"stream_seq": 0}, {"stream": 7}, {"timestamp": "soon"}, {"timestamp": ""}]
)
def test_what_is_none_is_left_out(changed):
    assert parsed(**changed) is None


def test_names_and_reasons_without_end_are_cut():
    told = parsed(stream="x" * 10**6, reason="y" * 10**6)
    assert (len(told.stream), len(told.reason)) == (256, 1000)


@given(st.binary(max_size=200))
def test_any_bytes_do_no_harm(body):
    parse_advisory("gave up", body)
