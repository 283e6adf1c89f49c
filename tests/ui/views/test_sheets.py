"""The line of titles above the tables of a view."""

from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from arcwatch.ui.views.sheets import Sheet, titles

NAMES = (
    "Topics",
    "Subscriptions",
    "Brokers",
    "Bookies",
    "Replication",
    "Functions",
    "Coordinators",
)
SHEETS = [Sheet(name, SimpleNamespace(id=name.lower()), "") for name in NAMES]


def told(current, width, sheets=SHEETS):
    line = titles(sheets, sheets[current], lambda sheet: f"{len(sheet.title):,}", width)
    return "".join(text for text, _ in line)


@pytest.mark.parametrize("width", [24, 40, 78, 100, 200])
@pytest.mark.parametrize("current", range(len(SHEETS)))
def test_the_table_on_show_is_named_in_full_and_so_is_every_other_that_is_named(current, width):
    line = told(current, width)
    assert cell_len(line) <= width
    assert f"▸ {NAMES[current]} {len(NAMES[current])}" in line
    assert {*line.split()} - {"▸", "…"} <= {*NAMES, *map(str, range(20))}


def test_what_is_left_out_is_marked_on_its_side():
    assert told(0, 60).startswith("▸ Topics 6 Subscriptions Brokers")
    assert told(0, 60).endswith(" …")
    assert told(6, 60).startswith("… ")
    assert told(6, 60).rstrip().endswith("▸ Coordinators 12")


def test_where_there_is_room_every_table_is_counted():
    assert told(1, 200).split() == [
        *("Topics", "6", "▸", "Subscriptions", "13", "Brokers", "7", "Bookies", "7"),
        *("Replication", "11", "Functions", "9", "Coordinators", "12"),
    ]
