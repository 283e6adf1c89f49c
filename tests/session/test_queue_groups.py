"""Queue groups: asked for when requests turn up, no more often than is polite."""

import asyncio
from contextlib import asynccontextmanager

from arcwatch.errors import SourceError
from arcwatch.session.queue_groups import AGAIN_AFTER, MOST_SUBJECTS, PAUSE, QueueGroups


class Servers:
    """Answer what they are told to, and note what they were asked."""

    def __init__(self):
        self.asked, self.paused, self.now = [], [], 0.0
        self.groups = {"workers": 2}

    @asynccontextmanager
    async def opened(self):
        yield self.ask

    async def ask(self, subject):
        self.asked.append(subject)
        if self.groups is None:
            raise SourceError("no answer")
        return self.groups

    async def pause(self, seconds):
        self.paused.append(seconds)

    @asynccontextmanager
    async def learning(self):
        groups = QueueGroups(self.opened, steady=lambda: self.now, pause=self.pause)
        task = asyncio.create_task(groups.learn())
        yield groups
        task.cancel()


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_subject_is_asked_about_once_in_a_while():
    servers = Servers()
    async with servers.learning() as groups:
        assert [groups.of("a"), groups.of("a")] == [None, None]
        await settled()
        assert (groups.of("a"), groups.version) == ({"workers": 2}, 1)
        servers.now, servers.groups = AGAIN_AFTER + 1, {"workers": 3}
        # what was known stands until there is something newer
        assert groups.of("a") == {"workers": 2}
        await settled()
        assert (groups.of("a"), groups.version) == ({"workers": 3}, 2)
        assert (servers.asked, servers.paused) == (["a", "a"], [PAUSE, PAUSE])


async def test_nothing_is_known_of_a_server_that_does_not_tell_and_it_is_left_alone():
    servers = Servers()
    servers.groups = None
    async with servers.learning() as groups:
        for _ in range(3):
            groups.of("a")
            await settled()
        assert (groups.of("a"), servers.asked) == ({}, ["a"])


async def test_more_subjects_than_can_be_asked_about_cost_nothing():
    servers = Servers()
    async with servers.learning() as groups:
        for number in range(3 * MOST_SUBJECTS):
            groups.of(f"s{number}")
        for _ in range(MOST_SUBJECTS):
            await settled()
        assert len(servers.asked) == MOST_SUBJECTS
        groups.of("late")
        await settled()
        assert groups.of("late") == {"workers": 2}
        # the one that was asked about first makes room for it
        assert (groups.of("s0"), groups.of("s1")) == (None, {"workers": 2})


async def test_without_anybody_to_ask_nothing_is_named():
    groups = QueueGroups()
    await groups.learn()
    assert groups.of("a") is None
