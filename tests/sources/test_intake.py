"""What waits to be taken: bounded, counted, in order."""

import asyncio

from arcwatch.model.message import Message
from arcwatch.sources.intake import Intake, Lane, in_order


def message(number, *, address="nats:a", time=None, size=1):
    return Message("nats", address, number, size, b"%d" % number, publish_time=time)


async def test_the_oldest_give_way_and_are_counted_on_their_lane():
    intake = Intake(100)
    one, other = Lane(intake, "a", 0), Lane(intake, "b", 1)
    one.take([message(n) for n in range(60)], 60)
    other.take([message(n) for n in range(60, 120)], 60)
    taken = intake.take()
    assert [one.seen, one.dropped_here, other.seen, other.dropped_here] == [60, 60, 60, 0]
    assert [m.received_time for m in taken] == list(range(60, 120))


async def test_nothing_is_lost_that_is_taken_in_time():
    intake = Intake(100)
    lane, taken = Lane(intake, "a", 0), 0
    for begin in range(0, 10_000, 50):
        lane.take([message(begin + n) for n in range(50)], 50)
        taken += len(intake.take())
    assert (lane.seen, lane.dropped_here, taken) == (10_000, 0, 10_000)


async def test_whoever_can_wait_waits_for_room():
    intake = Intake(100)
    lane = Lane(intake, "a", 0)
    lane.take([message(n) for n in range(80)], 80)
    waiting = asyncio.create_task(lane.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert not lane.room_in_thread(0.0)
    intake.take()
    await waiting
    assert lane.room_in_thread(0.0)


def test_places_are_merged_by_time_and_each_keeps_its_order():
    # the clock of b's second producer is behind
    a = [message(1, address="a", time=10), message(2, address="a", time=30)]
    b = [message(3, address="b", time=20), message(4, address="b", time=5)]
    assert [m.received_time for m in in_order([*a, *b])] == [1, 3, 4, 2]


async def test_by_arrival_what_another_lane_received_before_still_finds_its_place(monkeypatch):
    clock = [1_000 * 10**9]
    monkeypatch.setattr("arcwatch.sources.intake.time.time_ns", lambda: clock[0])
    intake = Intake(clock="received")
    first, second = Lane(intake, "nats:a", 0), Lane(intake, "nats:b", 1)

    def bring(lane, *ages):
        told = [
            Message("nats", lane.address, clock[0] - age * 10**6, 1, b"x", origin=lane.origin)
            for age in ages
        ]
        lane.take(told, len(told))

    bring(first, 300, 20)
    bring(second, 250)
    assert [m.origin for m in intake.take()] == [0, 1]
    assert (first.waiting, intake.is_empty) == (1, False)
    bring(second, 30)
    assert intake.take() == []
    clock[0] += 10**9
    assert [m.origin for m in intake.take()] == [1, 0]
    assert (first.waiting, second.waiting, intake.is_empty) == (0, 0, True)
    # nor is anything passed by a batch that takes long to be gathered, or not for ever
    second.begin_batch("reader", clock[0])
    clock[0] += 10**9
    bring(first, 900)
    assert intake.take() == []
    bring(second, 950)
    second.end_batch("reader")
    assert [m.origin for m in intake.take()] == [1, 0]
    second.begin_batch("reader", clock[0])
    bring(first, 0)
    clock[0] += 3 * 10**9
    assert [m.origin for m in intake.take()] == [0]
    # a clock that was set back holds nothing up
    bring(first, 0)
    clock[0] -= 3_600 * 10**9
    assert len(intake.take()) == 1
