"""Samples of acknowledgements."""

import pytest

from arcwatch.wire.jetstream_ack import SUBJECTS, ack_sample

SAMPLE = (
    b'{"stream":"ORDERS","consumer":"billing","stream_seq":7,"ack_time":2500000,"deliveries":1}'
)


def test_a_sample_names_its_consumer_and_tells_seconds():
    assert ack_sample(f"{SUBJECTS}ORDERS.billing", SAMPLE) == ("js:ORDERS#billing", 0.0025)


@pytest.mark.parametrize(
    ("subject", "body"),
    [(None, SAMPLE), ("orders", SAMPLE), (f"{SUBJECTS}x.y", b"{}"), (f"{SUBJECTS}x.y", b"\xff")],
)
def test_anything_else_is_none(subject, body):
    assert ack_sample(subject, body) is None
