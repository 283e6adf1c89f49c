"""A query in the background: it begins, pauses, is left, and begins again."""

import asyncio

from arcwatch.errors import SourceError
from arcwatch.model.history import ScanUpdate
from arcwatch.session.background_query import QUIET, BackgroundQuery, IdleTimer
from tests.session.reader import Steps, running, until


class Query(BackgroundQuery):
    """Counts what is found, up to three."""

    def __init__(self, *answers, **settings):
        super().__init__(0.0, **settings)
        self.answers, self.tasks, self.total = answers, [], 0

    def _begun(self):
        self.total = 0
        return "waiting" if self.text else ""

    async def _asked(self):
        self.tasks.append(Steps(self.answers))
        return self.tasks[-1]

    def _take(self, progress):
        self.total += progress.count
        return self.total >= 3


async def test_it_takes_what_is_found_and_is_done():
    query = Query(ScanUpdate(count=1), ScanUpdate(count=1, scanned=9))
    async with running(query):
        query.look_for("x")
        assert (query.state, query.is_running) == ("waiting", True)
        await until(lambda: not query.is_running)
    assert (query.state, query.total, query.progress.scanned) == ("done", 2, 9)


async def test_it_ends_where_there_is_no_more_room():
    query = Query(*[ScanUpdate(count=2)] * 9)
    async with running(query):
        query.look_for("x")
        await until(lambda: not query.is_running)
    assert (query.state, query.total) == ("limited", 4)


async def test_a_failure_is_kept_until_the_next_one_begins():
    query = Query(SourceError("gone"))
    async with running(query):
        query.look_for("x")
        await until(lambda: not query.is_running)
        assert (query.state, query.failure.what) == ("failed", "gone")
        query.answers = (ScanUpdate(),)
        query.again()
        assert query.failure is None
        await until(lambda: query.state == "done")


async def test_a_pause_is_passed_on_and_is_no_silence():
    now = [0.0]
    query = Query(ScanUpdate(), asyncio.Event(), steady=lambda: now[0])
    async with running(query):
        query.look_for("x")
        await until(lambda: query.state == "looking" and query.tasks)
        now[0] = QUIET
        assert query.silence == QUIET
        query.hold()
        assert (query.state, query.silence) == ("paused", 0)
        query.hold()
        assert (query.state, query.silence) == ("looking", 0)
    assert query.tasks[0].held == [True, False]


async def test_another_text_takes_the_place_of_the_one_before():
    query = Query(ScanUpdate(count=1), asyncio.Event())
    async with running(query):
        query.look_for("x")
        await until(lambda: query.total == 1)
        query.answers = (ScanUpdate(count=2),)
        query.look_for("y")
        assert query.total == 0
        await until(lambda: query.state == "done")
        assert (query.total, len(query.tasks)) == (2, 2)
        query.look_for("")
        assert (query.state, query.is_running) == ("", False)


def test_what_is_not_under_way_is_not_paused():
    query = Query()
    before = query.version
    query.hold()
    assert (query.state, query.version) == ("", before)


def test_a_short_silence_is_not_worth_a_word():
    now = [0.0]
    timer = IdleTimer(lambda: now[0])
    now[0] = QUIET - 0.1
    assert timer.seconds == 0
    now[0] = QUIET + 1.9
    assert timer.seconds == int(QUIET + 1.9)
    timer.reset()
    assert timer.seconds == 0
