"""View 7 under a user's hands, and what alerts do to the other views."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from arcwatch.engine.check_up import Looked
from arcwatch.errors import SourceError
from arcwatch.model.nats_advisories import JsAdvisories, JsAdvisory
from arcwatch.model.pulsar_settings import NamespaceSettings, PulsarSettings
from arcwatch.notation.times import parse_time
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.rules import Rule, parse_when
from arcwatch.store.events.event import Event
from arcwatch.ui.check_up import CheckUp
from arcwatch.ui.widgets.chart import Chart
from tests.ui import filled
from tests.ui.filled import EVIL, Belt, Platform, drawn, words_on

pytestmark = pytest.mark.usefixtures("an_hour_east")

BILLING = "pulsar:arc/agents/task-events#billing"
REPORTER = "js:TASKS#reporter"


def rule(name, when, severity="warning", **more):
    conditions, lasts = parse_when(when)
    return Rule(name, conditions, lasts, severity=severity, hint="add consumers", **more)


RULES = (
    rule("far-behind", "backlog.messages > 100k", "critical"),
    rule("behind", "backlog.messages > 40k", at=("js:*",)),
    rule("for-long", "backlog.messages > 1k for 1h", at=("pulsar:*/commands",)),
)


class Judged:
    """A platform that rules have judged for a while."""

    def __init__(self, **options):
        self.platform = Platform(**options)
        self.store = self.platform.store
        self.store.alerts = Alerts(RULES)
        self.beat()

    def beat(self, seconds=0.0):
        self.store.judge(self.platform.now + seconds, self.platform.t + seconds)


@asynccontextmanager
async def running(judged, size=(160, 48), view="alerts"):
    async with judged.platform.app().run_test(size=size) as pilot:
        pilot.app.action_view(view)
        await pilot.pause()
        yield pilot


async def row(pilot, word):
    return next(line for line in (await drawn(pilot))[3:] if word in line)


@pytest.fixture
def judged():
    return Judged(lasting=100.0)


async def test_what_fires_comes_before_what_may_and_says_since_when_and_why(judged):
    async with running(judged) as pilot:
        text = await drawn(pilot)
        at = [next(n for n, line in enumerate(text) if word in line) for word in (BILLING, "js:")]
        assert text[2].split()[:4] == ["▸", "Now", "3", "Past"]
        assert any("▲ firing" in line and "critical" in line and BILLING in line for line in text)
        assert any("pending" in line and "#dispatcher" in line for line in text)
        assert at == sorted(at)


async def test_what_somebody_knows_of_is_no_problem_and_bears_no_mark(judged):
    async with running(judged) as pilot:
        assert "▲ far-behind" in (await drawn(pilot))[1]
        await pilot.press("a")
        told = await drawn(pilot)
        assert "far-behind" not in told[1]
        assert any("acknowledged" in line and BILLING in line for line in told)
        pilot.app.action_view("overview")
        assert not (await row(pilot, "#billing")).startswith("!")
        pilot.app.action_view("alerts")
        pilot.app.view.go_to(judged.store.alerts.rows()[0])
        await pilot.press("u")
        assert "▲ far-behind" in (await drawn(pilot))[1]


async def test_what_is_silenced_for_a_time_is_told_again_after_it(judged):
    async with running(judged) as pilot:
        await pilot.press("s", *["backspace"] * 2, "9", "0", "s", "enter")
        assert "muted 1m 30s" in await row(pilot, BILLING)
        judged.beat(seconds=5.0)
        assert "muted 1m 25s" in await row(pilot, BILLING)
        for passed in range(10, 100, 10):
            judged.beat(seconds=passed)
        told = await row(pilot, BILLING)
        # no server has answered for so long
        assert told.strip("▌ ").split()[0] == "unknown"
        assert told.split("backlog.messages > 100k")[1].split()[0] == "–"
        await pilot.press("x")
        assert any("unknown since" in line for line in await drawn(pilot))


async def test_a_silence_that_is_no_time_changes_nothing(judged):
    async with running(judged) as pilot:
        await pilot.press("s", *["backspace"] * 2, *"soon", "enter")
        assert "▲ firing" in await row(pilot, BILLING)


async def test_while_the_picture_is_held_what_is_known_goes_on_to_be(judged):
    async with running(judged) as pilot:
        await pilot.press("p", "a")
        assert "acknowledged" in await row(pilot, BILLING)
        await pilot.press("p")
        assert "acknowledged" in await row(pilot, BILLING)


async def test_an_alert_opens_into_its_rule_and_what_it_was_here_before(judged):
    async with running(judged) as pilot:
        await pilot.press("x")
        text = "\n".join(await drawn(pilot))
        assert "far-behind  pulsar:arc" in text
        assert "add consumers" in text
        assert "waiting" in text
        await pilot.press("escape")
        assert pilot.app.view.opened is None


async def test_the_row_that_an_alert_is_about_is_a_key_away(judged):
    async with running(judged) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.view.id == "pulsar"
        assert pilot.app.view.opened.title == "arc/agents/task-events#billing"
        await pilot.press("escape")
        assert pilot.app.view.id == "alerts"


@pytest.mark.parametrize(
    ("view", "sheet", "word"),
    [
        ("overview", "", "#billing"),
        ("overview", "", "TASKS#reporter"),
        ("pulsar", "topics", "▾ agents"),
        ("pulsar", "topics", "task-events"),
        ("pulsar", "subscriptions", "billing"),
        ("nats", "streams", "TASKS"),
        ("nats", "consumers", "reporter"),
    ],
)
async def test_a_row_that_an_alert_is_about_bears_a_mark_wherever_it_is(judged, view, sheet, word):
    async with running(judged, view=view) as pilot:
        pilot.app.view.show_sheet(sheet)
        await pilot.pause()
        text = (await drawn(pilot))[2:]
        marked = [line for line in text if line.startswith(("!", "●"))]
        assert any(word in line for line in marked)
        assert not any("dispatcher" in line or "AUDIT" in line for line in marked)


async def test_the_problems_line_says_what_fires_where_and_since_when(judged):
    async with running(judged, view="overview") as pilot:
        header, line = (await drawn(pilot))[:2]
        assert "7 Alerts▲2" in header
        assert "▲ far-behind  task-events#billing  since 10:51:40    ● behind " in line
        assert line.rstrip().endswith("1 of 2  ! next")
        await pilot.click("ProblemsLine")
        assert pilot.app.view.id == "alerts"


async def test_the_next_problem_is_gone_to_and_after_the_last_the_first(judged):
    async with running(judged, view="nats") as pilot:
        went = []
        for _ in range(3):
            await pilot.press("exclamation_mark")
            await drawn(pilot)
            went.append((pilot.app.view.id, pilot.app.view.address))
        assert went == [("overview", BILLING), ("overview", REPORTER), ("overview", BILLING)]


PARKED = Belt("persistent://arc/agents/task-events-billing-DLQ", 4.0, 0, ())


@pytest.fixture
def parked(monkeypatch):
    """A platform with dead letters of both systems, of which JetStream's were heard."""
    monkeypatch.setattr(filled, "BELTS", (*filled.BELTS, PARKED))
    judged = Judged(lasting=100.0)

    def hear(*told, **more):
        body = JsAdvisories(tuple(told), **more)
        judged.platform.tell("nats", "nats://n1:4222", "advisories", body)

    hear(begins=True)
    at = judged.platform.now
    hear(
        JsAdvisory("TASKS", "reporter", "gave up", 48_211, 5, at - 12),
        JsAdvisory("TASKS", "reporter", "gave up", 48_300, 5, at - 2),
        JsAdvisory("TASKS", "reporter", "terminated", 48_219, 1, at - 7, f"no such tenant {EVIL}"),
    )
    return judged


async def test_dead_letters_stand_beside_whose_they_are_and_lead_to_the_message(parked):
    async with running(parked) as pilot:
        view = pilot.app.view
        assert "watch_advisories" not in str(parked.platform.watcher.wanted)
        view.show_sheet("dead-letters")
        assert ("watch_advisories",) in parked.platform.watcher.wanted
        head = (await drawn(pilot))[2]
        assert "Dead letters 3  JetStream advisories since" in head
        billing = await row(pilot, "task-events#billing")
        assert "dead letters" in billing
        gave_up = await row(pilot, "gave up")
        assert "TASKS#reporter" in gave_up
        assert "5 deliveries, no" in gave_up
        view.select_shown(lambda r: r.what == "gave up")
        assert view.browsed == ("js:TASKS", "#48300")
        await pilot.press("x")
        assert "#48300" in "\n".join(await drawn(pilot))
        await pilot.press("j")
        assert view.browsed == ("js:TASKS", "#48211")


@pytest.mark.parametrize("bell", [True, False])
async def test_the_bell_rings_once_for_what_begins_to_fire_where_that_is_wanted(judged, bell):
    async with running(judged, view="overview") as pilot:
        rung = []
        pilot.app.bell = lambda: rung.append(True)
        pilot.app.frame()
        rung.clear()
        pilot.app.showing.bell = bell
        judged.store.alerts.fired += 1
        pilot.app.frame()
        pilot.app.frame()
        assert len(rung) == bell


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
@pytest.mark.parametrize("sheet", ["now", "past", "events", "rules", "opened", "dead-letters"])
def test_looks(snap_compare, sheet, size, request):
    if sheet == "dead-letters":
        judged = request.getfixturevalue("parked")
    else:
        judged = Judged(trouble=sheet != "events", lasting=300.0)

    async def before(pilot):
        pilot.app.action_view("alerts", lambda: pilot.app.view.show_sheet(sheet))
        await pilot.pause()
        if sheet == "opened":
            await pilot.press("x")
        await pilot.pause()
        pilot.app.frame()
        await pilot.pause()

    assert snap_compare(judged.platform.app(), terminal_size=size, run_before=before)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "No alerts firing."),
        ({"dark": True}, "Not known: NATS and Pulsar not fully answering."),
    ],
)
async def test_all_is_well_only_where_everybody_answers(options, said):
    judged = Judged(**options)
    judged.store.alerts = Alerts(())
    async with running(judged) as pilot:
        assert said in "\n".join(words_on(pilot.app))


# -- events ---------------------------------------------------------------------------------------


async def test_events_are_listed_newest_first_and_lead_to_their_place():
    platform = Platform(trouble=True)
    platform.store.events.add(
        [
            Event(platform.store.now - 9, "nats", "", "leader", "js:TASKS", "leader moved"),
            Event(
                platform.store.now - 3, "pulsar", "", "changed", "js:TASKS", "max age", "1h", "2h"
            ),
        ]
    )
    app = platform.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        await pilot.press("E")
        await pilot.pause()
        table = pilot.app.view.table
        assert (pilot.app.view.id, pilot.app.view.sheet.id) == ("alerts", "events")
        newest, older = [row for row in table.items if row.place == "js:TASKS"]
        assert (newest.text, newest.change, older.text) == ("max age", "1h → 2h", "leader moved")
        table.select_where(lambda row: row.text == "leader moved")
        at = platform.store.now - 9
        place, time = pilot.app.view.browsed
        assert (place, parse_time(time, 0).ns) == ("js:TASKS", pytest.approx(at * 1e9, abs=2e6))
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.view.id == "nats"
        # the chart of the stream points at the moment, and b is about that too
        chart = pilot.app.view.query_one(Chart)
        await pilot.pause()
        assert chart.moment == at
        assert pilot.app.view.browsed[1] == time


async def test_an_event_that_is_new_is_the_first_of_the_list():
    platform = Platform(trouble=True)
    now = platform.store.now

    def happened(*ages):
        platform.store.add_events(
            [Event(now - age, "nats", "", "leader", "js:TASKS", f"{age} ago") for age in ages]
        )

    happened(30, 20)
    async with platform.app().run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        await pilot.press("E")
        await pilot.pause()
        happened(10, 5)
        pilot.app.frame()
        await pilot.pause()
        rows = [row for row in pilot.app.view.table.items if row.place == "js:TASKS"]
        assert [row.text for row in rows] == ["5 ago", "10 ago", "20 ago", "30 ago"]


# -- check-up -------------------------------------------------------------------------------------

SETTINGS = PulsarSettings(
    {"authenticationEnabled": "false", "bindAddress": "0.0.0.0"},
    (NamespaceSettings("arc/agents", retention=(-1, -1), ttl=60),),
    (),
)


@pytest.fixture
def checking():
    """A platform that can be checked up, and how often it was."""
    judged = Judged(lasting=100.0)

    async def ask(store, report):
        report(1, 2)
        judged.asked += 1
        return [Looked("", "", store.freeze(), SETTINGS)]

    judged.asked, judged.platform.check_up = 0, CheckUp(ask, "arc-prod")
    return judged


@asynccontextmanager
async def on_check_up(checking, size=(160, 48)):
    async with running(checking, size=size) as pilot:
        pilot.app.showing.check_up = checking.platform.check_up
        pilot.app.view.show_sheet("check-up")
        yield pilot


async def checked(pilot):
    await pilot.press("r")
    await asyncio.gather(*(w.wait() for w in pilot.app.workers if w.name == "check-up"))
    return await drawn(pilot)


async def test_nothing_is_asked_before_somebody_wants_to_know(checking):
    async with on_check_up(checking) as pilot:
        assert any("r checks configuration and state" in line for line in await drawn(pilot))
        assert checking.asked == 0
        text = await checked(pilot)
        assert checking.asked == 1
        assert "found" in text[2]
        assert any("▲ critical" in line and "clients need no login" in line for line in text)
        assert any("messages kept for ever" in line and "arc/agents" in line for line in text)
        assert not any("do all brokers have the same version" in line for line in text)


async def test_what_is_ok_shows_on_demand(checking):
    async with on_check_up(checking) as pilot:
        await checked(pilot)
        await pilot.press("i")
        rows = pilot.app.view.table.items
        assert {"ok", "not possible"} <= {row.word for row in rows}
        await pilot.press("i")
        assert {row.word for row in pilot.app.view.table.items} <= {"critical", "warning", "note"}


async def test_a_finding_opens_into_its_evidence_and_what_mends_it(checking):
    async with on_check_up(checking) as pilot:
        await checked(pilot)
        pilot.app.view.select_shown(lambda row: row.id == "pulsar-keeps-for-ever")
        await pilot.press("x")
        text = "\n".join(await drawn(pilot))
        assert "policies of arc/agents" in text
        assert "why it matters" in text
        assert "set-retention arc/agents" in text
        assert pilot.app.view.copied().startswith("pulsar-admin namespaces set-retention")
        await pilot.press("escape")
        assert pilot.app.view.sheet.id == "check-up"


async def test_a_finding_is_silenced_with_a_reason_and_a_day(checking):
    async with on_check_up(checking) as pilot:
        await checked(pilot)
        pilot.app.view.select_shown(lambda row: row.id == "pulsar-keeps-for-ever")
        await pilot.press("s", "enter")
        rows = {row.id: row for row in pilot.app.view.table.items}
        assert "pulsar-keeps-for-ever" not in rows
        assert "1 silenced" in (await drawn(pilot))[2]
        await pilot.press("i")
        rows = {row.id: row for row in pilot.app.view.table.items}
        assert rows["pulsar-keeps-for-ever"].word == "silenced"
        assert checking.asked == 1


async def test_a_silence_without_a_day_changes_nothing(checking):
    async with on_check_up(checking) as pilot:
        before = await checked(pilot)
        await pilot.press("s", *["backspace"] * 10, "enter")
        assert (await drawn(pilot))[2] == before[2]


async def test_why_a_check_up_came_to_nothing(checking):
    async def refuse(store, report):
        raise SourceError("no answer in time", where="http://p1:8080")

    checking.platform.check_up = CheckUp(refuse)
    async with on_check_up(checking) as pilot:
        assert any("no answer in time (http://p1:8080)" in line for line in await checked(pilot))


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
@pytest.mark.parametrize("opened", [False, True])
def test_how_a_check_up_looks(snap_compare, checking, size, opened):
    async def before(pilot):
        pilot.app.showing.check_up = checking.platform.check_up
        pilot.app.action_view("alerts", lambda: pilot.app.view.show_sheet("check-up"))
        await pilot.pause()
        await checked(pilot)
        if opened:
            await pilot.press("x")
        pilot.app.frame()
        await pilot.pause()

    assert snap_compare(checking.platform.app(), terminal_size=size, run_before=before)
