"""Where a subscription stands, and how much lies between two places."""

import json

import pytest

from arcwatch.errors import NotThereError, UsageError
from arcwatch.sources.pulsar.cursor import Acknowledged, Stored, cursor
from arcwatch.wire.pulsar_cursors import Held

NAME = "persistent://arc/a/t"
PATH = "persistent/arc/a/t"
LEDGERS = Stored([Held(5, 10, 100), Held(7, 4, 80)])


def answers(**told):
    subs = {
        "s": {"msgBacklog": 5, "type": "Shared", "isDurable": True, "consumers": []},
        "reader": {"msgBacklog": 5, "type": "Exclusive", "isDurable": False, "consumers": []},
        "idle": {"msgBacklog": 5, "type": "Shared", "isDurable": True, "consumers": []},
    }
    marks = {"s": {"markDeletePosition": "5:3", "individuallyDeletedMessages": "[(5:6..5:8]]"}}
    internal = {
        "lastConfirmedEntry": "7:3",
        "currentLedgerEntries": 4,
        "ledgers": [{"ledgerId": 5, "entries": 10, "size": 100}, {"ledgerId": 7}],
        "cursors": marks,
    }
    return {
        f"{PATH}/stats": json.dumps({"msgInCounter": 0, "subscriptions": subs}).encode(),
        f"{PATH}/internalStats": json.dumps(internal | told).encode(),
    }


async def test_a_subscription_stands_behind_what_it_acknowledged_without_a_gap(answered):
    cluster, _ = await answered(answers())
    found = await cursor(cluster, NAME, "s")
    assert (found.next, found.end) == ((5, 4), (7, 4))
    # six of the first ledger and four of the second, two of which are acknowledged
    assert found.backlog == 8
    assert (5, 7) in found.acknowledged
    assert (5, 9) not in found.acknowledged


async def test_a_subscription_that_nobody_has_names_those_there_are(answered):
    cluster, _ = await answered(answers())
    with pytest.raises(NotThereError, match="no such subscription") as caught:
        await cursor(cluster, NAME, "nobody")
    assert caught.value.hint == "there are idle, s"
    with pytest.raises(UsageError, match="not a durable subscription"):
        await cursor(cluster, NAME, "reader")
    with pytest.raises(NotThereError, match="removed meanwhile"):
        await cursor(cluster, NAME, "idle")


@pytest.mark.parametrize(
    ("start", "end", "entries", "size"),
    [
        ((5, 0), (5, 10), 10, 100),
        ((5, 4), (5, 6), 2, 20),
        ((5, 8), (7, 1), 3, 40),
        ((7, 0), (5, 0), 0, 0),
        ((6, 0), (6, 9), 0, 0),
        ((-1, 0), (9, 0), 14, 180),
    ],
)
def test_what_lies_between_two_places_is_counted_ledger_by_ledger(start, end, entries, size):
    found = LEDGERS.amount(start, end)
    assert (found.entries, found.size) == (entries, size)


def test_what_is_acknowledged_beyond_a_gap_counts_within_the_stretch_alone():
    acknowledged = Acknowledged(LEDGERS, (((5, 2), (5, 4)), ((5, 8), (7, 2))))
    assert acknowledged.within((-1, 0), (9, 0)).entries == 6
    assert acknowledged.within((5, 3), (5, 9)).entries == 2
    assert acknowledged.within((5, 4), (5, 8)).entries == 0
    assert acknowledged.end == (7, 2)
    assert Acknowledged(LEDGERS, ()).end == (-1, 0)
    assert Stored([]).first is None
