"""Blocking calls in threads that may be left."""

import asyncio
import threading
import time

import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.net.in_thread import in_thread, join_left, leave


async def test_the_result_or_the_error_of_a_call_is_that_of_the_thread():
    assert await in_thread(lambda unwanted: 5, timeout=5, where="x") == 5
    assert await in_thread(lambda unwanted: None, timeout=5, where="x") is None

    def fails(unwanted):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await in_thread(fails, timeout=5, where="x")


async def test_a_call_that_hangs_is_left_and_told_that_it_is_not_wanted():
    ended = threading.Event()

    def hangs(unwanted):
        if unwanted.wait(10):
            ended.set()

    with pytest.raises(SourceError, match="no answer in time") as caught:
        await in_thread(hangs, timeout=0.02, where="the topic")
    assert (caught.value.where, caught.value.why) == ("the topic", "waited 0.02 s")
    assert await asyncio.to_thread(ended.wait, 5)


async def test_a_caller_that_is_cancelled_leaves_its_thread_too():
    started, ended = threading.Event(), []

    def work(unwanted):
        started.set()
        if unwanted.wait(5):
            time.sleep(0.1)
            ended.append(True)

    task = asyncio.create_task(in_thread(work, timeout=5, where="x"))
    await asyncio.to_thread(started.wait, 5)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.to_thread(join_left, 5)
    assert ended == [True]


def test_those_that_were_left_are_waited_for_but_not_for_ever():
    end = threading.Event()
    thread = threading.Thread(target=end.wait, daemon=True)
    thread.start()
    leave(thread)
    began = time.monotonic()
    join_left(0.05)
    assert 0.04 < time.monotonic() - began < 1
    end.set()
    join_left(5)
    assert not thread.is_alive()
