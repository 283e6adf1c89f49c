"""What is usual of a backlog: only from a past that was watched."""

from math import isnan, nan

import pytest

from arcwatch.store.backlog.parts import parts_of
from arcwatch.store.backlog.past import DAY, SLOT, PastFigures, key_of
from arcwatch.store.backlog.usual import LEAST, Usual, usuals
from arcwatch.store.series.series import SeriesTable
from arcwatch.text import units
from tests.ui.filled import LONG, Platform


def watched(values, every=2.0):
    table = SeriesTable(["backlog"])
    table.deepen(["x"])
    for n, value in enumerate(values):
        table.push(every * n, {"x": [value]})
    return table


def usual(table, now):
    (found,) = usuals(table, "x", ["backlog"])
    return found._replace(now=now)


def test_too_short_a_past_makes_nothing_usual():
    found = usual(watched([10.0] * int(LEAST / 2)), 10.0)
    assert isnan(found.median)
    assert found.text == "–"


def test_the_last_minute_is_not_its_own_measure():
    found = usual(watched([10.0] * 300 + [90.0] * 30), 90.0)
    assert found.median == 10.0
    assert found.text == "9.0 × the median of 9 min"
    assert found.seconds == pytest.approx(600.0, abs=31)
    assert isnan(found.hour_ago)


def test_a_gap_is_no_past():
    found = usual(watched([nan] * 250 + [10.0] * 80), 10.0)
    assert isnan(found.median)


def test_an_hour_ago_is_told_once_it_was_watched():
    found = usual(watched([4.0] * 200 + [10.0] * 1_750), 10.0)
    assert (found.median, found.hour_ago) == (10.0, 4.0)
    assert found.seconds == pytest.approx(3_600.0, abs=3)


def test_of_what_is_usually_nothing_anything_is_more():
    calm = watched([0.0] * 400)
    assert usual(calm, 0.0).text.startswith("yes, ")
    assert usual(calm, 5.0).text.startswith("no: usually 0 in")


@pytest.mark.parametrize(
    ("now", "then", "told"),
    [
        (10.0, 10.0, "yes, as yesterday at this time"),
        (21.0, 10.0, "2.1 × yesterday at this time"),
        (10.0, 0.0, "no: 0 yesterday at this time"),
        (nan, 10.0, "–"),
        (10.0, nan, "yes, as in the last 10 min"),
    ],
)
def test_an_earlier_day_goes_before_the_last_hour(now, then, told):
    assert Usual(now, 9.0, nan, 600.0, then, "yesterday").text == told


def test_why_says_the_same_as_the_screen():
    store = Platform().store
    row = next(row for row in store.backlogs() if row.address.endswith("task-events#billing"))
    slot = int((store.now - DAY) // SLOT)
    store.past.put(slot, {key_of(row): PastFigures(row.entries / 2, 1.0)})
    (found,) = [why for why in store.why(row.address) if why.address == row.address]
    (said,) = [one.value for one in found.evidence if one.figure == "as usual?"]
    assert said == f"2.0 × yesterday at this time: {units.count(row.messages / 2)} waiting"
    assert store.why("js:TASKS#reporter")[0].evidence[-1].figure != "as usual?"


def test_each_partition_holds_its_part_and_all_of_them_the_whole():
    platform = Platform(lasting=LONG)
    rows = {row.address.rpartition("/")[2]: row for row in platform.store.backlogs()}
    billing = rows["task-events#billing"]
    parts = parts_of(platform.store.pulsar, billing)
    assert [part.number for part in parts] == [0, 1, 2, 3]
    assert sum(part.messages for part in parts) == billing.messages
    assert sum(part.entries for part in parts) == billing.entries
    # neither a topic without partitions nor a stream has any
    assert parts_of(platform.store.pulsar, rows["commands#dispatcher"]) == []
    assert parts_of(platform.store.pulsar, rows["js:TASKS#reporter"]) == []
