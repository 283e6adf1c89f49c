"""What answers the queries of a history on the screen, without a process."""

import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def running(query):
    """Let a query run for as long as this is open."""
    task = asyncio.create_task(query.run())
    yield query
    task.cancel()
    await asyncio.wait([task])


async def until(true):
    """Wait for something to hold."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - a query tells nobody
            await asyncio.sleep(0)


class Reader:
    """Answers with what a test gives, and notes what it is asked; anything else fails.

    Args:
        answers: What a request of each kind gets: a body, or a list of the steps of a task, in
            which an event is waited for and an error raised.
    """

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    async def ask(self, request):
        self.asked.append(request)
        answer = self.answers[type(request).__name__]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def task(self, request):
        self.asked.append(request)
        return Steps(self.answers[type(request).__name__])


class Steps:
    """One request that takes a while."""

    def __init__(self, answers):
        self.answers, self.held = answers, []

    def hold(self, held):
        self.held.append(held)

    async def steps(self):
        for answer in self.answers:
            if isinstance(answer, asyncio.Event):
                await answer.wait()
            elif isinstance(answer, Exception):
                raise answer
            else:
                yield answer
