"""Lists of bookies, as brokers of 4.0.8 tell them, and damaged."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.model.pulsar import Bookie, PulsarBookies
from arcwatch.wire.pulsar_bookies import (
    parse_bookie_space,
    parse_bookie_state,
    parse_bookies,
    parse_underreplicated,
)

ALL = b'{"bookies":[{"bookieId":"b2:3181"},{"bookieId":"127.0.0.1:39877"}]}'
RACKS = b'{"default":{"b2:3181":{"rack":"/r1","hostname":"b2"},"b9:3181":{"hostname":"b9"}}}'


def test_bookies_are_told_with_their_racks_as_far_as_they_have_one():
    assert parse_bookies(ALL, RACKS, "here").bookies == (
        Bookie("127.0.0.1:39877", ""),
        Bookie("b2:3181", "/r1"),
    )


@pytest.mark.parametrize("racks", [b"", b"{}"])
def test_without_racks_bookies_are_in_none(racks):
    assert [bookie.rack for bookie in parse_bookies(ALL, racks, "here").bookies] == ["", ""]


def test_a_bookie_says_whether_it_takes_writes_and_how_full_it_is(recorded):
    assert parse_bookie_state(recorded("pulsar-4.0.8/bookie-state.json"), "x") is False
    assert parse_bookie_state(recorded("pulsar-4.0.8/bookie-state-readonly.json"), "x") is True
    told = parse_bookie_space(recorded("pulsar-4.0.8/bookie-info.json"), "x")
    assert told == (78390042624, 270553174016)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (b"No under replicated ledgers found", 0),
        (b"[ 3, 9 ]", 2),
        (b'{"3":["127.0.0.1:3181"]}', 1),
    ],
)
def test_under_replicated_ledgers_are_counted(body, count):
    assert parse_underreplicated(body, "x") == count


def test_a_broker_without_the_list_has_not_told():
    assert parse_bookies(b"", b"", "here") == PulsarBookies(None)


@given(st.binary(min_size=1), st.binary())
def test_rubbish_is_told_as_such(told, racks):
    with contextlib.suppress(WireError):
        parse_bookies(told, racks, "here")
