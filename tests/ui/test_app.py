"""The screen under a user's hands: every key does what the help says."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest
from textual.widgets import Input

from arcwatch.ui import program
from arcwatch.ui.last_session import Memory
from arcwatch.ui.screens.help import HelpScreen
from arcwatch.ui.screens.why import WhyScreen
from arcwatch.ui.widgets.row_table import RowTable
from tests.ui.filled import Idle, Platform, counted, drawn, notes_on, words_on

pytestmark = pytest.mark.usefixtures("an_hour_east")

SIZE = (130, 36)


@asynccontextmanager
async def running(platform=None, size=SIZE, notifications=False, **options):
    """A pilot of the app, whose first frame has been drawn."""
    app = (platform or Platform()).app(**options)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        await drawn(pilot)
        yield pilot


async def seen_with(pilot, text, most=100):
    """The first frame that has ``text`` in it."""
    for _ in range(most):
        lines = await drawn(pilot)
        if any(text in line for line in lines):
            return lines
    pytest.fail(f"{text!r} is not there:\n" + "\n".join(lines))


def names(pilot):
    """The first word of each row of the table on show."""
    table = pilot.app.view.table
    return [table.render_line(y).text.strip("▌▏ ").split()[0] for y in range(1, 1 + table.matches)]


# -- going from view to view ----------------------------------------------------------------------


@pytest.mark.parametrize(("key", "view"), [("1", "overview"), ("2", "nats"), ("3", "pulsar")])
async def test_a_number_shows_its_view(key, view):
    async with running() as pilot:
        await pilot.press("2" if key == "1" else "1", key)
        assert pilot.app.view.id == pilot.app.header.current == view
        assert pilot.app.view.table.has_focus


async def test_l_goes_through_the_tables_of_a_view_and_around_the_end():
    async with running() as pilot:
        await pilot.press("2")
        first, *others = (sheet.id for sheet in pilot.app.view.sheets)
        went = []
        for key in [*["L"] * (len(others) + 1), "H"]:
            await pilot.press(key)
            went.append(pilot.app.view.sheet.id)
        assert went == [*others, first, others[-1]]


async def go(pilot, view, sheet=""):
    """Show a table, without a key for each on the way."""
    pilot.app.action_view(view, lambda: pilot.app.view.show_sheet(sheet))
    await pilot.pause()
    await drawn(pilot)


async def test_escape_goes_back_to_the_overview():
    async with running() as pilot:
        await pilot.press("3", "escape")
        assert pilot.app.view.id == "overview"


async def test_a_view_keeps_its_cursor_and_its_table_while_another_is_shown():
    async with running() as pilot:
        await go(pilot, "nats", "streams")
        await pilot.press("j", "1", "2")
        assert pilot.app.view.sheet.id == "streams"
        assert pilot.app.view.table.cursor_item.stream == "TASKS"


async def test_what_was_left_is_come_back_to():
    async with running(memory=Memory("pulsar", "brokers", "light", utc=True)) as pilot:
        assert pilot.app.view.sheet.id == "brokers"
        assert pilot.app.theme == "arcwatch-light"
        assert "UTC" in (await drawn(pilot))[0]
        await pilot.press("q")
    assert pilot.app.left == Memory("pulsar", "brokers", "light", utc=True)


async def test_a_place_that_no_longer_exists_is_not_gone_back_to():
    async with running(memory=Memory("no-view", "gone", "neon")) as pilot:
        assert (pilot.app.view.id, pilot.app.theme) == ("overview", "arcwatch-dark")


async def test_enter_on_a_backlog_of_pulsar_shows_its_subscription():
    async with running() as pilot:
        await pilot.press("enter")
        await pilot.pause()
        view = pilot.app.view
        assert (view.id, view.opened.title) == ("pulsar", "arc/agents/task-events#billing")
        assert "Consumers 8" in "\n".join(await drawn(pilot))


async def test_enter_on_a_backlog_of_jetstream_shows_its_consumer():
    async with running() as pilot:
        await pilot.press("j", "enter")
        await pilot.pause()
        assert (pilot.app.view.id, pilot.app.view.opened.title) == ("nats", "js:TASKS#reporter")


async def test_a_filter_does_not_hide_the_row_that_is_gone_to():
    async with running() as pilot:
        await go(pilot, "nats", "consumers")
        await pilot.press("slash", *"archive", "enter", "1", "j", "enter")
        await pilot.pause()
        assert pilot.app.view.opened.title == "js:TASKS#reporter"
        await pilot.press("L", "escape")
        await pilot.pause()
        assert pilot.app.view.id == "overview"
        assert not pilot.app.filter_input.has_class("-open")


# -- lists ----------------------------------------------------------------------------------------


async def test_the_cursor_goes_by_rows_and_to_both_ends():
    async with running() as pilot:
        went = []
        for key in ["j", "down", "k", "up", "G", "g", "end", "home"]:
            await pilot.press(key)
            went.append(pilot.app.view.table.cursor_item.address.partition("#")[2])
        assert went == [
            *("reporter", "dispatcher", "reporter", "billing"),
            *("archive", "billing", "archive", "billing"),
        ]


async def test_a_filter_narrows_at_every_key_and_counts():
    async with running() as pilot:
        await pilot.press("2", "slash")
        left = []
        for key in "wo7":
            await pilot.press(key)
            await pilot.pause()
            left.append(pilot.app.view.table.matches)
        assert left == [4, 2, 0]
        assert "0 of 7" in "\n".join(await drawn(pilot))


async def test_enter_keeps_a_filter_in_sight_and_escape_clears_it():
    async with running() as pilot:
        await pilot.press("2", "slash", *"audit", "enter")
        assert pilot.app.view.table.has_focus
        assert names(pilot) == ["audit-bridge"]
        assert pilot.app.filter_input.has_class("-open")
        await pilot.press("escape")
        await pilot.pause()
        assert len(names(pilot)) == 7
        assert not pilot.app.filter_input.has_class("-open")
        assert pilot.app.view.id == "nats"


async def test_a_list_that_comes_while_a_filter_is_typed_has_the_keyboard_after_it():
    async with running() as pilot:
        await pilot.press("2", "slash", "a")
        # what is on show turns under the line, as when a tail begins
        pilot.app.view.table.display = False
        taken = []
        pilot.app.view.take_keys = lambda: taken.append(pilot.app.focused)
        await pilot.press("enter")
        assert taken == [None]


async def test_escape_clears_a_filter_that_is_being_typed():
    async with running() as pilot:
        await pilot.press("2", "slash", *"audit", "escape")
        await pilot.pause()
        assert len(names(pilot)) == 7
        assert pilot.app.view.table.has_focus


async def test_each_table_keeps_its_own_filter_and_shows_it():
    async with running() as pilot:
        line = pilot.app.filter_input
        await pilot.press("2", "slash", *"audit", "enter", "L")
        await pilot.pause()
        assert not line.has_class("-open")
        assert pilot.app.view.table.matches == pilot.app.view.table.total
        await pilot.press("3")
        assert not line.has_class("-open")
        await pilot.press("2", "H")
        await pilot.pause()
        assert line.has_class("-open")
        assert line.text == "audit"
        assert names(pilot) == ["audit-bridge"]


async def test_keys_are_letters_while_a_filter_is_typed():
    async with running() as pilot:
        await pilot.press("2", "slash", "q", "1", "p", "question_mark")
        assert pilot.app.filter_input.text == "q1p?"
        assert pilot.app.is_running


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        pytest.param("2", "agent scheduler worker worker audit dashboard (no", id="by in rate"),
        pytest.param("2 O", "(no dashboard audit worker worker scheduler agent", id="turned round"),
        pytest.param(
            "2 o j j j j j j enter escape",
            "agent audit dashboard worker worker scheduler (no",
            id="by out rate",
        ),
        pytest.param(
            "2 o j j j enter escape",
            "agent dashboard scheduler worker worker audit (no",
            id="by subs",
        ),
    ],
)
async def test_a_list_is_sorted_by_any_column_also_by_rate(keys, order):
    async with running() as pilot:
        await pilot.press(*keys.split())
        await drawn(pilot)
        assert [name.split("-")[0] for name in names(pilot)] == order.split()


@pytest.mark.parametrize(
    ("place", "keys", "address"),
    [
        ("overview", "", "pulsar:arc/agents/task-events#billing"),
        ("overview", "j", "js:TASKS#reporter"),
        ("nats connections", "", "10.0.2.5:40005"),
        ("nats streams", "", "js:AUDIT"),
        ("nats consumers", "", "js:TASKS#reporter"),
        ("nats servers", "", "http://10.0.0.1:8222"),
        ("pulsar topics", "", ""),
        ("pulsar topics", "j", "pulsar:arc/agents/*"),
        ("pulsar topics", "jj", "pulsar:arc/agents/task-events"),
        ("pulsar subscriptions", "", "pulsar:arc/agents/task-events#billing"),
        ("pulsar brokers", "", "p1:8080"),
    ],
)
async def test_y_copies_the_address_of_a_row(place, keys, address):
    async with running() as pilot:
        await go(pilot, *place.split())
        await pilot.press(*keys, "y")
        assert pilot.app.clipboard == address


async def test_y_copies_nothing_where_there_is_no_row():
    async with running(Platform(lasting=0)) as pilot:
        await pilot.press("y")
        assert pilot.app.clipboard == ""


async def test_internal_topics_are_shown_on_demand():
    async with running() as pilot:
        await pilot.press("3")
        assert not any("__change_events" in name for name in names(pilot))
        await pilot.press("i")
        assert any("__change_events" in name for name in names(pilot))
        await pilot.press("i")
        assert not any("__change_events" in name for name in names(pilot))


# -- how figures are told -------------------------------------------------------------------------


async def test_a_held_picture_stands_still_in_every_view_while_collecting_goes_on():
    platform = Platform()
    async with running(platform) as pilot:
        pictures = {}
        for key in "123":
            await pilot.press(key)
            pictures[key] = await drawn(pilot)
        await pilot.press("p")
        for _ in range(10):
            platform.tick()
        for key in "123":
            await pilot.press(key)
            assert await drawn(pilot) == [line.replace(" live", " HELD") for line in pictures[key]]
        await pilot.press("p")
        after = await drawn(pilot)
        assert "live" in after[0]
        assert after[0] != pictures["3"][0]
        assert after != pictures["3"]


async def test_a_held_picture_can_be_filtered_and_told_in_totals():
    platform = Platform()
    async with running(platform) as pilot:
        await pilot.press("2", "p")
        platform.tick()
        await pilot.press("space", "slash", *"audit", "enter")
        (row,) = pilot.app.view.table.items
        assert (row.name, row.in_msgs) == ("audit-bridge", counted(40.0, 40.0, 20.0))
        assert "totals" in (await drawn(pilot))[1]


async def test_r_asks_every_server_now():
    platform = Platform()
    async with running(platform) as pilot:
        await pilot.press("r")
    assert platform.watcher.wanted.count(("refresh",)) == 1


async def test_space_turns_rates_into_totals_and_back():
    async with running() as pilot:
        await pilot.press("2")
        rates = await drawn(pilot)
        await pilot.press("space")
        totals = await drawn(pilot)
        assert "totals" in totals[1]
        assert rates[3] != totals[3]
        await pilot.press("space")
        assert await drawn(pilot) == rates


async def test_totals_are_not_offered_where_there_are_none():
    async with running() as pilot:
        assert "totals" not in (await drawn(pilot))[-1]
        await pilot.press("space", "2")
        assert not pilot.app.showing.totals
        assert "totals" in (await drawn(pilot))[-1]


async def test_z_tells_every_time_in_utc():
    async with running(Platform(trouble=True)) as pilot:
        local = await drawn(pilot)
        await pilot.press("z")
        utc = await drawn(pilot)
        assert "10:50:40 CET" in local[0]
        assert "since 10:50:22" in local[1]
        assert "09:50:40 UTC" in utc[0]
        assert "since 09:50:22" in utc[1]


# -- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["question_mark", "escape", "q"])
async def test_help_opens_and_closes(key):
    async with running() as pilot:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert "this help" in "\n".join(await drawn(pilot))
        await pilot.press(key)
        assert not isinstance(pilot.app.screen, HelpScreen)
        assert pilot.app.is_running


async def test_why_a_backlog_waits_is_told_with_its_evidence_and_closes():
    async with running(Platform(trouble=True, lasting=100.0), (160, 48)) as pilot:
        pilot.app.view.table.select_where(lambda row: row.address.endswith("#reporter"))
        await pilot.press("W")
        told = "\n".join(await seen_with(pilot, "TRY"))
        for words in ("CAUSE     too few consumers", "EVIDENCE", "needed", "jsz", "TRY"):
            assert words in told
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, WhyScreen)


async def test_nobody_says_of_what_has_no_consumers_that_it_is_gone():
    async with running(Platform()) as pilot:
        pilot.app.push_screen(WhyScreen(pilot.app.showing, "js:NOBODY-CONSUMES"))
        told = "\n".join(await seen_with(pilot, "NOBODY-CONSUMES"))
        assert "nothing found at this address" in " ".join(told.replace("│", " ").split())


async def test_what_keeps_no_messages_has_no_why():
    async with running(Platform(), notifications=True) as pilot:
        await go(pilot, "nats", "servers")
        await pilot.press("W")
        assert not isinstance(pilot.app.screen, WhyScreen)


async def test_help_scrolls_on_a_small_screen():
    async with running(size=(80, 24)) as pilot:
        await pilot.press("2", "question_mark")
        top = await drawn(pilot)
        await pilot.press(*"jjjj")
        assert await drawn(pilot) != top
        await pilot.press(*"kkkk")
        assert await drawn(pilot) == top


async def test_q_quits():
    async with running() as pilot:
        await pilot.press("q")
    assert pilot.app.return_code == 0


async def test_a_screenshot_is_written_to_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with running() as pilot:
        await pilot.press("colon", *"screenshot", "enter")
        await pilot.pause()
    (path,) = tmp_path.glob("arcwatch-*.svg")
    assert "#billing" in path.read_text()


async def test_a_screenshot_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    async with running(notifications=True) as pilot:
        await pilot.press("colon", *"screenshot", "enter")
        await pilot.pause()
        assert "cannot write arcwatch-" in "\n".join(words_on(pilot.app))


async def test_a_bug_in_the_engine_is_told_and_it_begins_anew(bugs, monkeypatch):
    monkeypatch.setattr(program, "ANEW", 0.01)
    began = asyncio.Queue()

    class Broken(Idle):
        async def run(self):
            began.put_nowait(True)
            raise ZeroDivisionError("a bug")

    platform = Platform()
    platform.watcher = Broken()
    async with running(platform) as pilot:
        for _ in range(3):
            async with asyncio.timeout(5):
                await began.get()
        await pilot.pause()
        assert any("ZeroDivisionError: a bug" in note for note in notes_on(pilot.app))
        # told once, however often
        assert len(notes_on(pilot.app)) == 1
        await pilot.press("2")
        assert pilot.app.view.id == "nats"
    assert pilot.app.crash is None


async def test_a_view_that_cannot_be_drawn_says_so_and_the_others_go_on(bugs, monkeypatch):
    async with running() as pilot:
        app = pilot.app
        monkeypatch.setattr(app.views.named("nats"), "draw", lambda: {}["gone"])
        await pilot.press("2")
        assert "NATS could not be drawn: KeyError: 'gone'" in "\n".join(await drawn(pilot))
        await pilot.press("3")
        assert "could not be drawn" not in app.problems_line.render_line(0).text
        assert "#billing" in "\n".join([*await drawn(pilot)]) or app.view.id == "pulsar"
        monkeypatch.setattr(app, "action_totals", lambda: 1 / 0)
        await pilot.press("space", "2", "1")
        assert app.view.id == "overview"
    assert app.crash is None


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TEXTUAL_THEME": "gruvbox"}])
async def test_the_environment_of_other_programs_does_not_change_it(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    async with running() as pilot:
        assert pilot.app.theme == "arcwatch-dark"
        await pilot.press("2", "3", "1")
        assert "#billing" in "\n".join(await drawn(pilot))


async def test_any_size_can_be_had_and_left_again():
    async with running(Platform(trouble=True)) as pilot:
        first = {}
        for key in "231":
            await pilot.press(key)
            first[key] = await drawn(pilot)
        for width, height in [(80, 24), (40, 10), (12, 3), (300, 90), SIZE]:
            await pilot.resize_terminal(width, height)
            for key in "231":
                await pilot.press(key)
                lines = await drawn(pilot)
                assert len(lines) == height
        for key in "231":
            await pilot.press(key)
            assert await drawn(pilot) == first[key]


CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    "place",
    ["overview", "nats connections", "nats streams", "pulsar topics", "pulsar subscriptions"],
)
async def test_nothing_that_is_shown_controls_the_terminal(place):
    async with running(Platform(trouble=True), notifications=True) as pilot:
        await go(pilot, *place.split())
        assert pilot.app.view.table.select_where(lambda row: "evil" in repr(row))
        for key in ["y", "enter"]:
            await pilot.press(key)
            lines = await drawn(pilot)
            assert re.search("evil|gnp.exe", "".join(lines))
            assert not CONTROL.search("".join(lines))


async def test_the_finder_offers_hostile_names_harmlessly_and_opens_them():
    async with running(Platform(trouble=True)) as pilot:
        await pilot.press("ctrl+p", *"npexe")
        lines = await seen_with(pilot, "gnp.exe")
        assert not CONTROL.search("".join(lines))
        await pilot.press("enter")
        await pilot.pause()
        assert "evil" in pilot.app.view.opened.title
        assert not CONTROL.search("".join(await drawn(pilot)))


async def test_tab_takes_over_a_hostile_name_as_it_is_shown():
    async with running(Platform(trouble=True)) as pilot:
        await pilot.press("colon", *"topic arc/agents/支", "tab")
        assert "np.exe" in pilot.app.command_line.typed.value
        assert not CONTROL.search("".join(await drawn(pilot)))


@pytest.mark.parametrize(
    ("typed", "view"),
    [("nats", "nats"), ("PULS", "pulsar"), ("streams", "nats"), ("stream TASKS", "nats")],
)
async def test_the_command_line_goes_to_what_is_named(typed, view):
    async with running() as pilot:
        await pilot.press("colon", *typed, "enter")
        await pilot.pause()
        assert pilot.app.view.id == view


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("natzz", "no command is called 'natzz'. did you mean nats?"),
        ("[b]", "no command"),
        ("tail 'a", "a quote is not closed"),
        ("tail js:", "js:"),
        ("rewind js:TASKS", "rewind"),
        ("history nats:a.b", "nats:a.b"),
        ("@ 25:00", "25:00"),
        ("@", "which time?"),
    ],
)
async def test_what_cannot_be_done_stays_in_the_prompt_with_the_reason_below(typed, told):
    async with running() as pilot:
        await pilot.press("colon", *typed, "enter")
        await pilot.pause()
        assert told in " ".join(" ".join(await drawn(pilot)).split())
        assert pilot.app.command_line.has_class("-open")
        assert pilot.app.command_line.typed.value == typed
        assert pilot.app.command_line.typed.has_focus
        assert pilot.app.view.id == "overview"


async def test_the_command_line_filters_by_any_words():
    async with running() as pilot:
        await pilot.press("2", "colon", *"filter audit", "enter")
        await pilot.pause()
        assert names(pilot) == ["audit-bridge"]
        assert pilot.app.filter_input.text == "audit"


# -- the end -------------------------------------------------------------------------------------


async def test_the_filter_line_is_an_ordinary_input():
    async with running() as pilot:
        await pilot.press("slash")
        assert isinstance(pilot.app.focused, Input)


async def test_a_frame_that_is_due_while_the_program_ends_draws_nothing():
    async with running() as pilot:
        app = pilot.app
    app.frame()


async def test_no_two_columns_of_a_table_share_a_key():
    async with running(Platform(trouble=True), size=(220, 60)) as pilot:
        tables = 0
        for view in "123":
            await pilot.press(view)
            await drawn(pilot)
            for table in pilot.app.screen.query(RowTable):
                keys = [column.key for column in table.columns]
                assert len({*keys}) == len(keys), table.id
                tables += 1
        assert tables > 20
