"""What a stream's server is too old for comes from its version."""

import pytest


@pytest.mark.parametrize(
    ("version", "lacks"),
    [
        ("2.10.29", 5),
        ("2.11.10", 4),
        ("2.12.2", 1),
        ("2.15.1", 0),
        # who builds a server may call it anything
        ("main", 0),
    ],
)
def test_a_stream_says_what_its_server_is_too_old_for(store, tell, nouns, version, lacks):
    tell.nats(0.0, "varz", nouns.server(version=version))
    tell.nats(0.0, "jsz", nouns.jetstream(nouns.stream(), now=1.0))
    (row,) = store.nats_streams()
    assert len(row.lacks) == lacks


def test_nothing_is_said_of_a_stream_that_another_server_holds(store, tell, nouns):
    tell.nats(0.0, "varz", nouns.server(version="2.10.29"))
    tell.nats(0.0, "jsz", nouns.jetstream(nouns.stream(leader="n2"), now=1.0))
    (row,) = store.nats_streams()
    assert row.lacks == ()
