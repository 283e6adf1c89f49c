"""What a stream stores, estimated from its counts, and what bounds it."""

import pytest

from arcwatch.notation.times import Earliest
from arcwatch.sources.jetstream.extent import edge
from arcwatch.wire.jetstream import StreamExtent
from tests.sources.jetstream.conftest import EACH


@EACH
async def test_a_timeline_counts_what_is_stored_without_reading_it(truth, opened, kind):
    name, stored = truth
    history = await opened(f"js:{name}")
    extent = await history.extent()
    everything = (await history.page_at(Earliest(), len(stored))).messages
    times = [message.publish_time for message in everything]
    assert (extent.messages, extent.exact) == (len(stored), True)
    assert extent.first_time == times[0]
    # the last one of all was deleted, and servers keep its time
    assert extent.last_time >= times[-1]
    assert sum(stretch.messages for stretch in extent.stretches) == pytest.approx(len(stored))
    for stretch in extent.stretches[:-1]:
        within = sum(stretch.start <= time < stretch.end for time in times)
        assert not stretch.exact or stretch.messages == within
    start, end = times[300], times[700]
    part = await history.extent((start, end))
    within = sum(start <= time < end for time in times)
    assert part.messages == pytest.approx(within, abs=100 if kind == "leader" else 0)
    assert (part.first_time, part.looks) == (start, 64)
    rest = await history.extent((times[-200], extent.last_time + 10**12))
    assert rest.messages == pytest.approx(200, abs=100 if kind == "leader" else 0)
    some = await (await opened(f"js:{name}/{name}.rare.*")).extent()
    assert some.messages == sum(sequence % 500 == 3 for sequence in stored)
    none = await (await opened(f"js:{name}/nobody")).extent()
    assert (none.messages, none.stretches, none.first_time) == (0, (), None)


def bounded(**limits):
    report = dict.fromkeys(StreamExtent._fields, 0) | {"retention": "limits"}
    return edge(StreamExtent(**(report | limits)))


def test_what_bounds_a_stream_is_told_with_what_takes_from_it():
    assert bounded() == "no limits"
    assert bounded(max_age=3_600 * 10**9, max_messages=1_000) == "limits: 1h 00m, 1,000 messages"
    assert bounded(per_subject=1, max_size=2_000) == "limits: 1 of a subject, 2.00 kB"
    assert bounded(max_age=-1, max_size=-1, retention="workqueue") == (
        "no limits; workqueue: acknowledged messages are removed"
    )
