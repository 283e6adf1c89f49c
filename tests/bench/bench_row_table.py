"""What a frame of a large live table costs, from new figures to painted lines."""

import gc
import random
import statistics
import time
from typing import NamedTuple

import pytest
from textual.app import App

from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable
from tests.bench.painted import painted

ROWS = 3_000
SIZE = (160, 50)
ROUNDS = 15


class Topic(NamedTuple):
    name: str
    state: str
    figures: tuple[float, ...]


COLUMNS = [
    Column("name", "topic", 40, flex=1, elide="middle"),
    Column("state", "state", 8),
    *(Column(f"f{n}", f"figure {n}", 10, align="right") for n in range(8)),
]


class Harness(App[None]):
    def compose(self):
        yield RowTable[Topic](
            COLUMNS,
            key=lambda topic: topic.name,
            cells=cells,
            sort_values={
                "name": lambda topic: topic.name,
                "f0": lambda topic: topic.figures[0],
            },
        )


def cells(topic):
    tone = "warn" if topic.figures[0] > 9_000 else ""
    return [topic.name, (topic.state, tone), *(f"{figure:,.1f}" for figure in topic.figures)]


def topics(seed):
    rng = random.Random(seed)
    return [
        Topic(
            f"persistent://arc/agents/task-events-{n}",
            "ok",
            tuple(rng.uniform(0, 10_000) for _ in range(8)),
        )
        for n in range(ROWS)
    ]


def frame(app, table, items, version=None):
    """Milliseconds of CPU to show rows, and from there to bytes for the terminal; how many."""
    began = time.process_time()
    table.show(items, version=version)
    shown = time.process_time()
    written = painted(app, table)
    return (shown - began) * 1000, (time.process_time() - shown) * 1000, written


@pytest.mark.bench
@pytest.mark.parametrize("sort", [Sort("f0", True), Sort("name"), Sort()])
@pytest.mark.parametrize("words", ["", "task events-1"])
async def test_a_frame_of_3000_rows(sort, words, capsys):
    app = Harness()
    async with app.run_test(size=SIZE) as pilot:
        table = app.query_one(RowTable)
        table.sort, table.filter = sort, words
        table.show(topics(0))
        await pilot.pause()
        worlds = [topics(seed) for seed in range(ROUNDS)]
        gc.freeze()  # as the dashboard does: what the bench itself holds is not the table's cost
        changed = [frame(app, table, world) for world in worlds]
        same = [frame(app, table, list(worlds[-1])) for _ in range(ROUNDS)]
        frame(app, table, worlds[-1], version=1)
        known = [frame(app, table, worlds[-1], version=1) for _ in range(ROUNDS)]
    lines = [
        f"\n{ROWS:,} rows, {SIZE[0]}x{SIZE[1]}, {sort}, filter {words!r}",
        report("all changed", changed),
        report("nothing changed", same),
        report("known by version", known),
    ]
    with capsys.disabled():
        print(*lines, sep="\n")  # noqa: T201  # figures are what a bench is for


def report(what, costs):
    total = sorted(show + paint for show, paint, _ in costs)
    show, paint, written = map(statistics.median, zip(*costs, strict=True))
    return (
        f"  {what:17} median {statistics.median(total):6.2f} ms"
        f" (show {show:5.2f}, paint {paint:5.2f}), slowest {total[-1]:6.2f} ms,"
        f" {written / 1024:5.1f} KiB"
    )
