"""What every answer of NATS monitoring has in common."""

import pytest

from arcwatch.errors import WireError
from arcwatch.wire.nats_json import limit, moment, of_one_server, placed, unreadable
from arcwatch.wire.nats_links import parse_gatewayz, parse_routez


def test_a_moment_must_be_set():
    assert moment("2026-11-24T03:51:28.5Z") == 1795492288.5
    with pytest.raises(WireError, match="never set"):
        moment("0001-01-01T00:00:00Z")


def test_an_error_says_where_in_the_answer_it_was():
    with (
        pytest.raises(WireError, match=r"never set.* - at `\$\.now`") as caught,
        placed("/varz", "$.now"),
    ):
        moment("0001-01-01T00:00:00Z")
    assert (caught.value.where, caught.value.what) == (
        "/varz",
        "not an answer from NATS monitoring",
    )
    assert "8222" in caught.value.hint


def test_a_reason_is_one_printable_line():
    error = unreadable("/varz", "a\x1b\n" + "x" * 9_000)
    assert error.why.isprintable()
    assert len(error.why) < 200


def test_only_pages_of_one_server_belong_together(recorded):
    one = parse_routez(recorded("nats-2.15.1/routez.json"))
    other = parse_gatewayz(recorded("nats-2.15.1/gatewayz.json"))
    of_one_server([])
    of_one_server([one, one])
    with pytest.raises(WireError, match="pages of two servers"):
        of_one_server([one, other])


def test_what_is_not_limited_has_no_limit_and_nothing_is_one():
    assert [limit(value) for value in (-1, 2**64 - 1, 0, 5)] == [None, None, 0, 5]
