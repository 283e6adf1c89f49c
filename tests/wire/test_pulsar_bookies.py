"""Lists of bookies, as brokers of 4.0.8 tell them, and damaged."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.model.pulsar import Bookie, PulsarBookies
from arcwatch.wire.pulsar_admin import parse_bookies

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


def test_a_broker_without_the_list_has_not_told():
    assert parse_bookies(b"", b"", "here") == PulsarBookies(None)


@given(st.binary(min_size=1), st.binary())
def test_rubbish_is_told_as_such(told, racks):
    with contextlib.suppress(WireError):
        parse_bookies(told, racks, "here")
