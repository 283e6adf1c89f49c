"""Choosing columns: what is chosen is seen at once, and there again the next time."""

import pytest

from arcwatch.ui.last_session import Memory, load_session, save_session
from arcwatch.ui.screens.columns import ColumnsScreen
from arcwatch.ui.screens.full_row import FullRowScreen
from arcwatch.ui.widgets.arrangement import Arrangement
from tests.ui.filled import Platform, words_on


def app_of(memory=None):
    return Platform().app(**({"memory": memory} if memory else {}))


async def opened(pilot):
    """The table of connections, with its columns listed beside it."""
    pilot.app.action_view("nats")
    await pilot.pause()
    await pilot.press("o")
    await pilot.pause()
    assert isinstance(pilot.app.screen, ColumnsScreen)
    return pilot.app.view.table


async def test_enter_sorts_and_again_the_other_way_round():
    async with app_of().run_test(size=(160, 48)) as pilot:
        table = await opened(pilot)
        await pilot.press("g", "enter")
        assert table.sort == ("name", False)
        await pilot.press("enter")
        assert table.sort == ("name", True)
        assert "▼" in "".join(words_on(pilot.app))


async def test_space_hides_a_column_and_shows_it_again():
    async with app_of().run_test(size=(160, 48)) as pilot:
        table = await opened(pilot)
        await pilot.press("g", "j", "space")
        assert "host" not in table.column_keys()
        await pilot.press("space")
        assert "host" in table.column_keys()


async def test_the_last_column_cannot_be_hidden():
    async with app_of().run_test(size=(160, 48)) as pilot:
        table = await opened(pilot)
        await pilot.press("g", *["space", "j"] * (len(table.columns) + 1))
        assert table.column_keys()


async def test_a_column_is_moved_widened_and_as_usual_again():
    async with app_of().run_test(size=(160, 48)) as pilot:
        table = await opened(pilot)
        before = table.column_keys()
        await pilot.press("g", "J")
        assert table.column_keys()[:2] == [before[1], before[0]]
        width = table.width_of("name")
        await pilot.press("minus", "minus")
        assert table.width_of("name") == width - 4
        await pilot.press("delete")
        assert table.column_keys() == before
        assert table.arrangement == Arrangement()


async def test_what_was_arranged_is_there_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path))
    app = app_of()
    async with app.run_test(size=(160, 48)) as pilot:
        table = await opened(pilot)
        await pilot.press("g", "j", "space", "J", "plus", "escape")
        shown, width = table.column_keys(), table.width_of("name")
        app.exit()
    save_session(app.left)
    async with app_of(load_session()).run_test(size=(160, 48)) as pilot:
        pilot.app.action_view("nats")
        await pilot.pause()
        assert pilot.app.view.table.column_keys() == shown
        assert pilot.app.view.table.width_of("name") == width


@pytest.mark.parametrize(
    "wish",
    [
        Arrangement(order=("x" * 10_000,) * 50, hidden=("y",), widths={"name": -1}, sort="z"),
        Arrangement(hidden=("name", "host"), widths={"cid": 10**12}, sort="cid", reverse=True),
    ],
)
async def test_what_a_file_says_of_columns_ends_no_start(wish):
    table = "connections"
    memory = Memory(view="nats", tables={f"views nats {table}": wish, "gone": wish})
    async with app_of(memory).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert pilot.app.view.table.column_keys()


async def test_a_row_is_told_in_full_and_left():
    async with app_of().run_test(size=(80, 24)) as pilot:
        pilot.app.action_view("nats")
        await pilot.pause()
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(pilot.app.screen, FullRowScreen)
        told = "\n".join(words_on(pilot.app))
        assert "UPTIME" in told
        assert "LANG" in told
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, FullRowScreen)
