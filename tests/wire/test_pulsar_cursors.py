"""Where cursors of a topic stand, and what they acknowledged beyond that."""

import msgspec
import pytest

from arcwatch.errors import WireError
from arcwatch.wire.pulsar_cursors import Held, parse_acknowledged, parse_cursors


def cursors(**told):
    return parse_cursors(msgspec.json.encode({"lastConfirmedEntry": "7:4"} | told), "here")


def test_a_topic_as_a_broker_told_of_it(recorded):
    found = parse_cursors(recorded("pulsar-4.0.8/internalStats-full.json"), "here")
    assert found.ledgers == (Held(6041, 1, 4401),)
    assert (found.end, found.compacted) == ((6041, 1), 0)
    assert found.marks["idle"] == (6041, -1)
    assert found.begun == 1795458594753


def test_what_compaction_has_left_is_told_apart_from_the_topic(recorded):
    found = parse_cursors(recorded("pulsar-4.0.8/internalStats-compacted.json"), "here")
    assert (found.compacted, found.ledgers[-1].entries) == (10, 200)


def test_of_the_ledger_that_is_written_to_the_counters_say_more_than_the_list():
    ledgers = [{"ledgerId": 5, "entries": 9, "size": 90}, {"ledgerId": 7}]
    found = cursors(ledgers=ledgers, currentLedgerEntries=5, currentLedgerSize=50)
    assert found.ledgers == (Held(5, 9, 90), Held(7, 5, 50))
    assert cursors().ledgers == ()


def test_a_name_is_what_its_subscribers_call_it():
    found = cursors(cursors={"a%2Fb+c": {"markDeletePosition": "7:-1"}})
    assert found.marks == {"a/b c": (7, -1)}
    assert found.acknowledged == {"a/b c": ""}


@pytest.mark.parametrize("text", ["", "7", "a:b", "7:", ":"])
def test_a_position_that_is_none_is_refused(text):
    with pytest.raises(WireError, match="not a broker's cursor statistics"):
        cursors(lastConfirmedEntry=text)
    with pytest.raises(WireError, match="not a broker's cursor statistics"):
        cursors(cursors={"a": {"markDeletePosition": text}})


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-23T18:29:54", "9" * 400])
def test_when_a_ledger_began_may_be_unknown(text):
    assert cursors(lastLedgerCreatedTimestamp=text).begun is None


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("[]", ()),
        ("", ()),
        ("[(5:3..5:7]]", (((5, 4), (5, 8)),)),
        ("[[5:3..5:7)]", (((5, 3), (5, 7)),)),
        ("[(5:-1..5:0]]", (((5, 0), (5, 1)),)),
        ("[(6:1..6:2],(5:3..6:0]]", (((5, 4), (6, 1)), ((6, 2), (6, 3)))),
    ],
)
def test_ranges_are_open_below_and_closed_above_and_come_in_order(text, ranges):
    assert parse_acknowledged(text, "here") == ranges


def test_text_that_holds_no_range_is_not_nothing():
    with pytest.raises(WireError, match="here"):
        parse_acknowledged("[5:3-5:7]", "here")
