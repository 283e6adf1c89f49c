"""Of which messages only the broker knows where they are from, or when they are due."""

import pytest

from arcwatch.model.message import Message


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ({"id": "1:2:-1"}, True),
        ({"id": "1:2:3"}, True),
        # none in a batch is delayed
        ({"id": "1:2:-1:0"}, False),
        ({"id": "1:2:-1", "deliver_at": 0}, False),
        ({"id": "1:2:-1:0", "replicated_from": None}, True),
        ({"id": "1:2:-1", "deliver_at": 5, "replicated_from": None}, True),
        ({}, False),
    ],
)
def test_a_broker_is_asked_only_for_what_it_alone_knows(given, needed):
    assert Message("pulsar", "pulsar:a/b/c", 0, 1, b"1", **given).needs_lookup is needed
    assert not Message("js", "js:A", 0, 1, b"1", **given).needs_lookup
