"""A list of messages, which draws what is on screen alone."""

from textual.app import App

from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.message_list import MessageList

COLUMNS = [
    Column("from", "FROM", 16, flex=1, elide="middle"),
    Column("value", "VALUE", 12, flex=1, drop=1),
]


class Grown(list):
    start = 0
    message = list.__getitem__

    @property
    def end(self):
        return len(self)


class Harness(App[None]):
    def compose(self):
        self.list = MessageList(COLUMNS, cells=lambda index, row: row)
        yield self.list


async def test_a_column_gets_what_a_later_row_needs():
    app, rows = Harness(), Grown([("arc", "short")])
    async with app.run_test(size=(60, 6)) as pilot:
        app.list.show(rows)
        await pilot.pause()
        rows.append(("arc", "a value of 36 cells: it is here, all of it"[:36]))
        app.list.show(rows)
        await pilot.pause()
        assert app.list.render_line(2).text.split(maxsplit=1)[1].rstrip(" │┃") == rows[1][1]
