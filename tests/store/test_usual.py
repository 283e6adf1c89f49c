"""What is usual of a backlog: only from a past that was watched."""

from math import inf, isnan, nan

import pytest

from arcwatch.store.backlog.parts import parts_of
from arcwatch.store.backlog.usual import LEAST, usuals
from arcwatch.store.series.series import SeriesTable
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
    assert isnan(found.ratio)


def test_the_last_minute_is_not_its_own_measure():
    found = usual(watched([10.0] * 300 + [90.0] * 30), 90.0)
    assert found.median == 10.0
    assert found.ratio == 9.0
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
    assert usual(calm, 0.0).ratio == 1.0
    assert usual(calm, 5.0).ratio == inf


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
