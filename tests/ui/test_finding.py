"""The finder under a user's hands: one box for `:` and ctrl-p."""

import pytest

from arcwatch.doctor.rows import CheckRow
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.events.event import Event
from arcwatch.ui.widgets.finder_box import FinderRows
from tests.ui.filled import Platform, drawn
from tests.ui.test_app import running
from tests.ui.views.alerts.test_view import RULES

pytestmark = pytest.mark.usefixtures("an_hour_east")


async def typed(pilot, *keys):
    for key in keys:
        await pilot.press(key)
    await pilot.pause()
    return "\n".join(await drawn(pilot))


def box(pilot):
    return pilot.app.command_line


def chosen(pilot):
    return box(pilot).query_one(FinderRows).chosen


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_a_name_opens_the_thing_itself_and_escape_goes_back(key):
    async with running() as pilot:
        await pilot.press("2")
        text = await typed(pilot, key, *"vents bil")
        assert "subscription arc/agents/task-events#billing" in text
        await typed(pilot, "enter")
        assert not box(pilot).has_class("-open")
        assert pilot.app.view.opened.title == "arc/agents/task-events#billing"
        await typed(pilot, "escape")
        assert (pilot.app.view.id, pilot.app.view.opened) == ("nats", None)
        assert pilot.app.view.table.has_focus


@pytest.mark.parametrize(
    ("words", "view", "title"),
    [
        ("topic task-ev", "pulsar", "arc/agents/task-events"),
        ("stream task", "nats", "js:TASKS"),
        ("consumer reporter", "nats", "js:TASKS#reporter"),
        ("gateway 40005", "nats", "agent-gateway  10.0.2.5:40005  cid 5"),
        ("server 8222 n1", "nats", "n1  http://10.0.0.1:8222"),
    ],
)
async def test_every_kind_of_thing_is_found(words, view, title):
    async with running() as pilot:
        await typed(pilot, "colon", *words, "enter")
        assert (pilot.app.view.id, pilot.app.view.opened.title) == (view, title)


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("theme light", lambda app: app.theme == "arcwatch-light"),
        ("high-c", lambda app: app.theme == "arcwatch-high-contrast"),
        ("streams", lambda app: app.view.id == "nats"),
        ("utc", lambda app: app.showing.utc),
        ("go utc or local", lambda app: app.showing.utc),
        (":latency", lambda app: app.view.id == "latency"),
    ],
)
async def test_what_can_be_done_is_found_by_name_too(words, done):
    async with running() as pilot:
        await typed(pilot, "colon", *words.removeprefix("go "), "enter")
        assert done(pilot.app)


async def test_trouble_is_offered_first_with_what_is_wrong():
    from tests.ui.views.alerts.test_view import Judged

    judged = Judged(lasting=300.0)
    async with judged.platform.app().run_test(size=(130, 36)) as pilot:
        pilot.app.frame()
        await typed(pilot, "colon")
        assert chosen(pilot).trouble == 2
        assert chosen(pilot).note


async def test_what_was_used_is_remembered():
    async with running() as pilot:
        await typed(pilot, "colon", *"stream audit", "enter")
        await typed(pilot, "colon")
        assert chosen(pilot).text == "AUDIT"
        assert pilot.app.finding.uses == {("stream", "js:AUDIT"): 1}


async def test_a_letter_of_tab_completes_and_enter_runs_what_was_typed():
    async with running() as pilot:
        await typed(pilot, "colon", *"tail js:AU", "tab")
        assert box(pilot).typed.value == "tail js:AUDIT"
        await typed(pilot, "enter")
        assert pilot.app.showing.tailing.addresses == ["js:AUDIT"]


async def test_a_command_with_words_of_its_own_runs_as_typed():
    async with running() as pilot:
        await typed(pilot, "colon", *"tail arc.>", "enter")
        assert pilot.app.showing.tailing.addresses == ["nats:arc.>"]


async def test_what_else_can_be_done_is_a_key_to_the_right():
    async with running() as pilot:
        text = await typed(pilot, "colon", *"stream audit", "right")
        for word in ("open", "tail", "history", "copy address"):
            assert word in text
        assert "rewind" not in text.split("Go to")[1].split("enter opens")[0]
        await typed(pilot, "escape")
        assert chosen(pilot).text == "AUDIT"
        await typed(pilot, "right", "down", "enter")
        assert pilot.app.showing.tailing.addresses == ["js:AUDIT"]


async def test_a_slash_filters_the_list_on_show():
    async with running() as pilot:
        await typed(pilot, "2", "colon", *"/audit", "enter")
        assert pilot.app.filter_input.text == "audit"
        assert pilot.app.view.table.matches == 1


async def test_a_thing_that_went_meanwhile_is_said():
    platform = Platform()
    async with running(platform) as pilot:
        await typed(pilot, "colon", *"stream audit")
        for server in platform.store.nats:
            server.streams = ()
        text = await typed(pilot, "enter")
        assert "AUDIT is no longer reported" in text
        assert box(pilot).typed.value == "stream audit"


async def test_typed_fast_nothing_goes_elsewhere():
    async with running() as pilot:
        await pilot.press("colon", "q", "u", "i", "1", "p")
        assert box(pilot).typed.value == "qui1p"
        assert pilot.app.is_running


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (160, 48)])
def test_looks(snap_compare, size):
    async def before(pilot):
        # keys that a chart gives are names, too, once it is drawn
        for _ in range(3):
            pilot.app.frame()
            await pilot.pause(0.2)
        box(pilot).typed.cursor_blink = False
        await typed(pilot, "colon", *"ta")

    assert snap_compare(Platform(lasting=60.0).app(), terminal_size=size, run_before=before)


@pytest.mark.parametrize(
    ("words", "sheet", "found"),
    [
        ("rule far-b", "rules", lambda row: row.rule == "far-behind"),
        ("leader moved event", "events", lambda row: row.text == "leader moved"),
        ("anonymous finding", "", lambda text: "anonymous access" in text and "server:n1" in text),
    ],
)
async def test_rules_events_and_findings_are_found_and_open_where_they_live(words, sheet, found):
    platform = Platform(trouble=True)
    moved = Event(platform.store.now - 9, "nats", "", "leader", "js:TASKS", "leader moved")
    platform.store.events.add([moved])
    platform.store.alerts = Alerts(RULES)
    finding = CheckRow("nats-no-auth", "critical", "anonymous access", "server:n1", "", ())
    async with running(platform) as pilot:
        pilot.app.showing.check_up.rows = lambda: [finding]
        text = await typed(pilot, "colon", *words, "enter")
        view = pilot.app.view
        assert view.id == "alerts"
        if sheet:
            assert view.sheet.id == sheet
            assert found(view.table.cursor_item)
        else:
            assert view.opened
            assert found(text)
        await typed(pilot, "escape")
        assert pilot.app.view.id == "overview"


async def test_the_box_stays_on_a_screen_that_shrinks():
    async with running(size=(160, 48)) as pilot:
        await typed(pilot, "colon", *"bil")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        region = box(pilot).region
        assert (region.x, region.right) == (0, 80)
        assert region.bottom < 24
