"""View 6: reported and measured latencies, over time and as distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from arcwatch.changes.probe_plan import ProbePlan
from arcwatch.charts.heat import HeatMap, micros, of_micros, percentile_bars
from arcwatch.charts.time_chart import logarithmic
from arcwatch.engine.questions import DetailTarget
from arcwatch.model.reading import System
from arcwatch.store.charted import Charted
from arcwatch.store.nats.services import NatsServiceRow
from arcwatch.store.series.heat import EDGES, SLICE, SLOTS
from arcwatch.store.series.latency_rows import LatencyRow
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.problems import why
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.row_panes import LOW, TALL, TALLER, is_large_screen
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.views.tables import COMPARED, TablesView
from arcwatch.ui.widgets.distributions import Distribution, DistributionView, HeatView
from arcwatch.ui.widgets.panel import Line
from arcwatch.ui.widgets.prompt_line import PromptLine

from . import tables
from .detail import LatencyDetail, charted

EMPTY = (
    "No latencies yet.  Pulsar reports its own once messages are published, NATS the round trips "
    "of its connections.  P starts a probe; tailed messages (view 4) are measured as they arrive."
)


NO_SERVICES = "No NATS micro services in this account."


class LatencyView(TablesView):
    """Percentiles of each source over time, and the distribution of the one under the cursor."""

    NAME: ClassVar[str] = "Latency"
    SYSTEM: ClassVar[System] = "nats"
    HAPPENS: ClassVar[bool] = False
    FEW: ClassVar[bool] = True
    HOMES: ClassVar[Mapping[type, str]] = {LatencyRow: "sources"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("P", "probe", "Probe", id="latency.probe"),
    ]
    SCALE = (micros, of_micros)
    SCALING = logarithmic

    def __init__(self, showing: ViewContext) -> None:
        detail = LatencyDetail(showing)
        services = Sheet("Services", tables.services(showing), NO_SERVICES, opens=False)
        super().__init__(showing, [Sheet("Sources", tables.sources(), EMPTY), services], [detail])
        self._asks_services = False
        self._detail = detail
        self._complained: set[tuple[str, str]] = set()
        self._planned: ProbePlan | None = None
        self._distribution = DistributionView(glyphs=showing.glyphs, id="distribution")
        self._heat = HeatView(glyphs=showing.glyphs)
        self._prompt = PromptLine()
        self._below = Horizontal(self._distribution, self._heat, id="below")
        self._placed = False, ""

    def compose(self) -> ComposeResult:
        """As every view of tables; where there is room, a distribution and a heat map below."""
        yield from super().compose()
        yield self._below
        yield self._prompt

    @property
    def version(self) -> object:
        return self.showing.version, self.showing.probe.version

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        store = self.showing.store
        return store.services.rows if sheet.id == "services" else store.latencies.rows(store.now)

    def count(self, sheet: Sheet) -> str:
        """See :meth:`TablesView.count`: services are asked only while they are looked at."""
        services = self.showing.store.services
        if sheet.id == "services" and services.answered_at is None:
            return units.UNKNOWN
        return super().count(sheet)

    def on_hide(self) -> None:
        """Stop polling services while the view is hidden."""
        self._ask_services(ask=False)

    def _ask_services(self, *, ask: bool) -> None:
        if ask != self._asks_services:
            self._asks_services = ask
            targets = [DetailTarget("", None, services=True)] if ask else []
            self.showing.watcher.watch_details(targets)

    def charted(self, row: Any) -> Charted | None:
        if isinstance(row, NatsServiceRow):
            return None
        return charted(self.showing, row)

    def together(self, row: Any) -> Sequence[Charted]:
        """See :meth:`TablesView.together`: beside what was measured once what is measured on."""
        if self.app.size.height < TALL:
            return ()
        rows = (each for each in self.rows(self.sheet) if isinstance(each, LatencyRow))
        goes_on = (each for each in rows if not each.measured_once)
        return [found for each in goes_on if (found := self.charted(each))][:COMPARED]

    def previews(self, row: Any) -> bool:
        """See :meth:`TablesView.previews`: what is below the chart says it."""
        return False

    def why_empty(self, sheet: Sheet) -> str:
        if sheet.id == "services":
            services = self.showing.store.services
            waits = "" if services.answered_at is not None else "Loading …"
            return why(services.failure) if services.failure else waits
        probe = self.showing.probe
        failed = "; ".join(f"{path}: {reason}" for path, reason in probe.failures.items())
        return failed or ("Measuring …" if probe.plan else "")

    # -- measuring ------------------------------------------------------------------------------

    def action_probe(self) -> None:
        """Ask what to measure with messages of our own, or stop measuring."""
        probe = self.showing.probe
        if probe.plan:
            self.workers.cancel_group(self, "probe")
            self.notify("probe stopped", markup=False)
        else:
            question = "probe: rate/s, size, paths"
            self._prompt.ask(question, str(self._planned or probe.usual), self._probe)

    def _probe(self, answer: str) -> None:
        self._planned = plan = self.showing.probe.planned(answer)
        self.run_worker(self._measure(plan), name="probe", group="probe", exclusive=True)

    async def _measure(self, plan: ProbePlan) -> None:
        await self.showing.probe.run(plan)

    # -- drawing --------------------------------------------------------------------------------

    def draw(self) -> None:
        """See :meth:`TablesView.draw`; and the distribution of the chosen row."""
        # from the first look on: before, nobody asked
        self.showing.tailing.analysis.measure(self.showing.probe.apply)
        super().draw()
        self._ask_services(ask=self.sheet.id == "services")
        self._draw_below()
        failures = self.showing.probe.failures
        for path, reason in failures.items() - self._complained:
            self.notify(f"{path} cannot be measured: {printable(reason, 200)}", markup=False)
        self._complained = set(failures.items())

    def _title_line(self) -> Line:
        plan = self.showing.probe.plan
        probe = f"   probe: {plan.rate:g}/s of {plan.size:,} B; P stops it" if plan else ""
        return [*super()._title_line(), (probe, "warn")]

    def _why_empty(self) -> str:
        # either system may report latencies, and measuring needs neither
        return ""

    def _draw_chart(self) -> None:
        super()._draw_chart()
        self._draw_below()

    def _arrange(self) -> bool:
        """See :meth:`TablesView._arrange`; what is below the chart comes after it."""
        row, once = self._row, bool(self._row and self._row.measured_once)
        has_room = self.app.size.height >= TALLER or is_large_screen(self.app.size)
        high = "11" if once else "13" if has_room else ""
        if self.layout_name or row is None or self.app.size.height < (TALL if self.opened else LOW):
            high = ""
        is_same = (once, high) == self._placed
        if not is_same:
            self._placed = once, high
            self.set_class(once, "-once")
            self._below.display = bool(high)
            self._below.styles.height = high or 0
        return super()._arrange() or not is_same

    @property
    def _row(self) -> LatencyRow | None:
        found = self._detail.row if self.opened else self.table.cursor_item
        return found if isinstance(found, LatencyRow) else None

    def _draw_below(self) -> None:
        if (row := self._row) and self._below.size.height:
            self._draw_distribution(row)
            self._draw_heat(row)

    def _draw_distribution(self, row: LatencyRow) -> None:
        bars = percentile_bars(row.quantiles, partial(tables.figure_text, at_most=row.at_most))
        title = f"{row.name} ─ {tables.window(row)} ─ bars: log scale from 1 µs"
        self._distribution.show(Distribution(title, bars, row.note))

    def _draw_heat(self, row: LatencyRow) -> None:
        heat, now = self.showing.store.latencies.heat(row), self.showing.store.now
        if heat is None or row.measured_once:
            return
        end = (now // SLICE + 1) * SLICE
        times = (self._clock(end - SLOTS * SLICE), self._clock(end))
        what = "of 10,000 by quantiles" if row.count != row.count else "by how long they took"
        shown = HeatMap(heat.slices(now), _class_name, times)
        self._heat.show(f"last hour, each minute, {what}", shown)


def _class_name(number: int) -> str:
    if number == len(EDGES):
        return "> 50s"
    value, unit = next(
        (EDGES[number] / size, unit)
        for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
        if EDGES[number] >= 0.999 * size
    )
    return f"≤{value:.0f} {unit}"
