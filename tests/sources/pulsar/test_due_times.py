"""When delayed messages are due, asked of the broker and never for long."""

import asyncio

import pytest

from arcwatch.errors import NotThereError, SourceError
from arcwatch.model.message import Message
from arcwatch.sources.pulsar import due_times
from arcwatch.sources.pulsar.cluster import EntryFacts
from arcwatch.sources.pulsar.due_times import BURST, DeliveryTimes, PacedDeliveryTimes

ADDRESS, NAME = "pulsar:a/b/c", "persistent://a/b/c"


class Cluster:
    """Knows of each entry when it is due; of some nothing."""

    def __init__(self, facts):
        self._facts, self.asked = facts, []

    async def entry_facts(self, topic, ledger, entry):
        self.asked.append((topic, ledger, entry))
        found = self._facts(entry)
        if isinstance(found, Exception):
            raise found
        return found


def message(entry, **more):
    fields = {"id": f"1:{entry}:-1"} | more
    return Message("pulsar", ADDRESS, 0, 1, b"1", **fields)


async def dated(cluster, *messages):
    return await DeliveryTimes(cluster).with_due_times(messages, {ADDRESS: NAME})


async def test_each_entry_is_asked_about_once_and_only_where_that_may_tell():
    cluster = Cluster(lambda entry: EntryFacts(entry * 10, "us"))
    batch = [message(5, id=f"1:5:-1:{n}", replicated_from=None) for n in range(3)]
    elsewhere = Message("pulsar", "pulsar:a/b/other", 0, 1, b"1", id="1:9:-1")
    found = await dated(cluster, message(4), *batch, message(6, deliver_at=0), elsewhere)
    assert [one.deliver_at for one in found] == [40, 50, 50, 50, 0, None]
    assert [one.replicated_from for one in found[:2]] == ["us", "us"]
    assert cluster.asked == [(NAME, 1, 4), (NAME, 1, 5)]


async def test_what_is_gone_is_unknown_and_the_next_is_asked_about():
    cluster = Cluster(lambda entry: NotThereError("gone") if entry == 1 else EntryFacts(7, ""))
    found = await dated(cluster, message(1), message(2))
    assert [one.deliver_at for one in found] == [None, 7]


async def test_after_a_refusal_nothing_is_asked_for_a_while():
    cluster = Cluster(lambda entry: SourceError("HTTP 403"))
    times = DeliveryTimes(cluster)
    for _ in range(3):
        (found,) = await times.with_due_times([message(1)], {ADDRESS: NAME})
        assert found.deliver_at is None
    assert len(cluster.asked) == 1


async def paced(times, *messages, is_alone=True):
    return await asyncio.to_thread(
        times.with_due_times_in_thread, messages, {ADDRESS: NAME}, is_alone=is_alone
    )


async def test_a_tail_asks_about_so_many_and_says_so_where_some_are_delayed():
    cluster = Cluster(lambda entry: EntryFacts(entry, ""))
    times = PacedDeliveryTimes(cluster)
    found = await paced(times, *map(message, range(1, BURST + 51)))
    known = [one.deliver_at for one in found if one.deliver_at is not None]
    assert len(known) == len(cluster.asked) == BURST
    assert times.note == "due times are looked up for at most 20 messages a second"


async def test_where_none_is_delayed_there_is_nothing_to_say():
    times = PacedDeliveryTimes(Cluster(lambda entry: EntryFacts(0, "")))
    await paced(times, *map(message, range(1, BURST + 51)))
    assert times.note == ""


async def test_a_broker_that_does_not_answer_holds_up_no_tail(monkeypatch):
    monkeypatch.setattr(due_times, "SHORT", 0.05)

    class Silent:
        async def entry_facts(self, topic, ledger, entry):
            await asyncio.Event().wait()

    times, given = PacedDeliveryTimes(Silent()), [message(1)]
    async with asyncio.timeout(1):
        assert await paced(times, *given, is_alone=False) == tuple(given)


@pytest.mark.parametrize("is_alone", [True, False])
async def test_messages_that_say_it_all_are_handed_on_as_they_are(is_alone):
    cluster = Cluster(lambda entry: EntryFacts(0, ""))
    given = (message(1, deliver_at=0),)
    assert await paced(PacedDeliveryTimes(cluster), *given, is_alone=is_alone) == given
    assert cluster.asked == []
