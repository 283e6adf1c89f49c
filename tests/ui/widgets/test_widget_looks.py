"""How the widgets look together: each picture was looked at before it was kept."""

import math
from typing import NamedTuple

import pytest
from textual.app import App
from textual.containers import Horizontal, Vertical

from arcwatch.charts.time_chart import Line, linear
from arcwatch.ui.header import Header, Tab
from arcwatch.ui.widgets.braille import strip
from arcwatch.ui.widgets.chart import Chart
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.filter_input import FilterInput
from arcwatch.ui.widgets.key_hints import Hint, KeyHints
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.problems_line import ProblemsLine, Trouble
from arcwatch.ui.widgets.row_table import RowTable

NAN = math.nan
WAVE = [10 + 8 * math.sin(n / 6) for n in range(96)]


class Backlog(NamedTuple):
    system: str
    name: str
    waiting: int
    rate: float
    trend: tuple[str, str]
    history: list[float]
    stale: bool = False


BACKLOGS = [
    Backlog(
        "pulsar", "arc/agents/task-events#billing", 1_204_331, 1_310, ("▲ growing", "bad"), WAVE
    ),
    Backlog("js", "ORDERS#invoicer", 48_211, 900, ("▼ draining", "good"), WAVE[20:]),
    Backlog("pulsar", "evil\x1b[2J[red]#sub", 4_821, 12.5, ("▲ growing", "warn"), WAVE[40:]),
    Backlog("js", "PAYMENTS#ledger", 310, 0, ("= steady", ""), [*WAVE[:9], *[NAN] * 6, *WAVE[:9]]),
    Backlog("pulsar", "arc/audit/raw#archive", 0, 0, ("= steady", "dim"), [0.0] * 24, stale=True),
]
COLUMNS = [
    Column("system", "system", 6, drop=2),
    Column("name", "backlog", 18, flex=1, elide="middle"),
    Column("waiting", "waiting", 10, align="right"),
    Column("rate", "in/s", 7, align="right", drop=3),
    Column("history", "last 10 min", 12, drop=4),
    Column("trend", "trend", 10, drop=1),
]


def cells(row):
    history = (strip(row.history[-24:], 12), "accent")
    return [row.system, row.name, f"{row.waiting:,}", f"{row.rate:,g}", history, row.trend]


class Picture(App[None]):
    CSS = """
    #top { height: 1; }
    Chart { height: 10; }
    """

    def __init__(self, theme="textual-dark", **settings):
        super().__init__(**settings)
        self.theme = theme

    def compose(self):
        with Horizontal(id="top"):
            names = ("Overview", "NATS", "Pulsar", "Tail")
            yield Header("demo", [Tab(name, name, n) for n, name in enumerate(names, 1)])
        yield ProblemsLine()
        yield Chart(clock="{:.0f}s".format)
        with Vertical():
            yield RowTable(
                COLUMNS,
                key=lambda row: row.name,
                cells=cells,
                sort_values={"name": lambda row: row.name, "waiting": lambda row: row.waiting},
                dim=lambda row: row.stale,
                sort=Sort("waiting", True),
            )
            yield FilterInput()
        yield KeyHints()

    def on_mount(self):
        self.query_one(ProblemsLine).show(
            [
                Trouble("backlog-old", "arc/agents/task-events#billing", "since 14:03", True),
                Trouble("not answering", "n3"),
            ]
        )
        lines = [
            Line("in", [*WAVE[:40], *[NAN] * 6, *WAVE[46:]]),
            Line("out", [value * 1.6 for value in WAVE]),
            Line("max", [value * 2.4 for value in WAVE]),
        ]
        scale = linear(lines[2].values, "{:,.0f}/s".format)
        self.query_one(Chart).show("Messages", lines, (0, 600), [scale])
        self.query_one(KeyHints).show(
            [Hint("enter", "open"), Hint("t", "tail"), Hint("b", "history"), Hint("/", "filter")]
        )
        table = self.query_one(RowTable)
        table.show(BACKLOGS)
        table.focus()


@pytest.mark.parametrize("size", [(110, 24), (80, 24), (44, 20)])
def test_at_every_width(snap_compare, size):
    assert snap_compare(Picture(), terminal_size=size, press=["j"])


def test_in_sixteen_colours(snap_compare):
    assert snap_compare(Picture("ansi-dark"), terminal_size=(80, 24), press=["j"])


def test_in_no_colour_at_all(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Picture("ansi-dark", ansi_color=True)
    assert snap_compare(app, terminal_size=(80, 24), press=["j"])


def test_on_a_light_screen(snap_compare):
    assert snap_compare(Picture("textual-light"), terminal_size=(80, 24), press=["j"])


def test_while_a_filter_is_typed(snap_compare):
    async def typed(pilot):
        line = pilot.app.query_one(FilterInput)
        line.typed.cursor_blink = False
        line.open()
        await pilot.press("o", "r")
        table = pilot.app.query_one(RowTable)
        table.filter = line.text
        line.show_status(f"{table.matches} of {table.total}")

    assert snap_compare(Picture(), terminal_size=(80, 24), run_before=typed)


def test_while_the_chart_is_read(snap_compare):
    async def pointed(pilot):
        pilot.app.query_one(Chart).focus()
        await pilot.pause()
        await pilot.press(*["left"] * 20)

    assert snap_compare(Picture(), terminal_size=(80, 24), run_before=pointed)
