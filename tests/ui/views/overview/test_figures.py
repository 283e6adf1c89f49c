"""What the overview adds where there is room: what is usual, partitions, requests."""

import re
from math import nan

import pytest

from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.store.backlog.parts import PartBacklog
from arcwatch.store.backlog.past import DAY, SLOT, PastFigures, key_of
from arcwatch.store.backlog.usual import Usual
from arcwatch.ui.views.overview.selected import partition_lines
from tests.ui.filled import LONG, Platform
from tests.ui.views.overview.test_view import SIZES, told

pytestmark = pytest.mark.usefixtures("an_hour_east")

LARGE, SMALL = SIZES


@pytest.mark.parametrize(
    ("now", "median", "said"),
    [
        (10.0, nan, "–"),
        (10.0, 10.0, "yes, as in the last 10 min"),
        (21.0, 10.0, "2.1 × the median of 10 min"),
        (1.0, 10.0, "0.1 × the median of 10 min"),
        (10.0, 0.0, "no: usually 0 in the last 10 min"),
    ],
)
def test_what_waits_is_told_against_what_usually_does(now, median, said):
    assert Usual(now, median, nan, 600.0).text == said


async def test_the_selected_backlog_says_whether_it_is_as_usual_and_which_partition_holds_it():
    text = await told(Platform(lasting=LONG), LARGE)
    assert "as usual?  1.5 × the median of 8 min" in text
    assert "BY PARTITION   ≈ msgs, 4 loaded" in text
    assert "p3   ████████" in text


async def test_nothing_is_usual_before_it_was_watched():
    text = await told(Platform(lasting=100), LARGE)
    assert "as usual?  –" in text


@pytest.mark.parametrize(("days", "day"), [(1, "yesterday"), (7, "last week")])
async def test_the_selected_backlog_is_compared_with_an_earlier_day(days, day):
    platform = Platform(lasting=LONG)
    store = platform.store
    (row, *_) = store.backlogs()
    slot = int((store.now - days * DAY) // SLOT)
    store.past.put(slot, {key_of(row): PastFigures(row.entries / 3, 12.0)})
    text = await told(platform, LARGE)
    assert f"as usual?  3.0 × {day} at this time" in text
    text = await told(platform, (220, 60))
    assert re.search(rf"AS USUAL\? .*{day.upper()}", text)
    assert re.search(r"in/s .* 12\.0 ", text)


async def test_a_small_screen_keeps_what_it_has():
    text = await told(Platform(lasting=LONG), SMALL)
    assert "as usual?" not in text
    assert "BY PARTITION" not in text


async def test_a_large_screen_says_what_services_told_and_when():
    platform = Platform(lasting=LONG)
    for requests in (100, 140):
        one = ServiceEndpoint(
            "tasks", "1", "i1", "run", "arc.tasks.request", "q", requests, 2, 0.008, ""
        )
        platform.tell("nats", "$SRV.STATS", "services", ServiceAnswers((one,)))
        platform.t += 10
    platform.t += 20
    platform.tick()
    text = await told(platform, (220, 60))
    assert "AS USUAL?" in text
    assert "arc.tasks.request" in text
    assert "4.0/s   mean 8.00 ms   errors 2" in text
    assert "services polled 32s ago" in text


def test_of_many_partitions_those_that_hold_most_are_told_by_number():
    parts = [PartBacklog(n, float(n), float(n), n == 39) for n in range(40)]
    lines = [
        "".join(text for text, _ in line) for line in partition_lines(parts, 46, ascii_only=True)
    ]
    assert lines[0] == "BY PARTITION   ≈ msgs, the largest 8 of 40   ? no answer"
    assert [line.split()[0] for line in lines[1:]] == ["p32", "p33", "p34", "p35"]
    assert "p39  ########    39?" in lines[-1]
    assert max(map(len, lines[1:])) <= 46


def test_partitions_of_unknown_messages_are_told_in_entries():
    (head, _) = partition_lines([PartBacklog(0, 7.0, nan, False)], 46, ascii_only=False)
    assert head[0][0].startswith("BY PARTITION   entries")
