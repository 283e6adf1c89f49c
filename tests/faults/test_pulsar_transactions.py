"""Transactions of a real coordinator: what readers do not get is neither shown nor counted."""

import asyncio
import json
import os
import re
import time
import uuid
from contextlib import AsyncExitStack

import httpx
import pytest

from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.history.open import open_history
from arcwatch.notation.times import Latest
from arcwatch.stack.traffic.transactional_producer import ABORT, COMMIT
from arcwatch.stack.traffic.transactional_producer import TransactionalProducer as Producer
from arcwatch.wire.pulsar_frames import octets
from tests.faults.conftest import BOUND, PulsarServer

pytestmark = pytest.mark.slow

OPEN = r"transaction \(\d+,\d+\) is open since 20\d\d-\d\d-\d\dT[0-9:.]+Z"


@pytest.fixture(scope="module")
def broker(tmp_path_factory, of_the_session):
    folder = tmp_path_factory.mktemp("transactions")
    broker = PulsarServer(folder, of_the_session, extras=("transactions",))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def sent(broker):
    """Sends to a topic of its own, as ``sent((how, values), …)``, and returns its address.

    ``how`` is COMMIT, ABORT, "open", "compact", or None for no transaction; each value has the key
    ``k`` and its last digit.  An open one has its end after all else if ``end`` is one.
    """

    def send(*parts, partitions=0, end=None):
        name = f"public/default/t-{uuid.uuid4().hex[:8]}"
        names = [f"persistent://{name}"]
        if partitions:
            path = f"{broker.admin}/admin/v2/persistent/{name}/partitions"
            httpx.put(path, json=partitions, timeout=60).raise_for_status()
            names = [f"{names[0]}-partition-{number}" for number in range(partitions)]
        asyncio.run(_sent(broker, names, parts, end))
        return f"pulsar:{name}"

    return send


async def _sent(broker, names, parts, end):
    async with AsyncExitStack() as producers:
        topics = [
            await producers.enter_async_context(Producer.connected(broker.url, name))
            for name in names
        ]
        opened = []
        for how, values in parts:
            if how == "compact":
                for name in names:
                    _compact(f"{broker.admin}/admin/v2/{name.replace('://', '/')}/compaction")
                continue
            txn = None if how is None else await topics[0].begin()
            for other in topics[1:] if txn else ():
                await topics[0].share(txn, other)
            for value in values:
                digit = value % 10
                now, key = time.time_ns() // 1_000_000, octets(6, b"k%d" % digit)
                await topics[digit % len(topics)].send(b"%d" % value, now, key, transaction=txn)
            if how in (COMMIT, ABORT):
                await topics[0].end(txn, how)
            opened += [txn] if how == "open" else []
        for txn in opened if end is not None else ():
            await topics[0].end(txn, end)


def _compact(path):
    httpx.put(path, timeout=60).raise_for_status()
    end = time.monotonic() + BOUND
    while httpx.get(path, timeout=60).json()["status"] != "SUCCESS":
        assert time.monotonic() < end


@pytest.fixture
def told(broker, capsys, monkeypatch):
    """Runs `history`: the records it prints, and what it says."""
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)

    def tell(topic, *argv):
        assert run(["history", topic, *argv, "--json", *broker.flags]) == 0
        printed, said = capsys.readouterr()
        return [json.loads(line) for line in printed.splitlines()], said

    return tell


def values(records):
    return [record["value"] for record in records]


def test_what_was_aborted_is_nowhere(sent, told):
    topic = sent((None, [10, 11]), (ABORT, [20, 22]), (COMMIT, [30]), (None, [41]), (ABORT, [53]))
    for argv in ((), ("--from", "earliest"), ("--at", "-1h"), ("--filter", ".value > 0")):
        page, said = told(topic, *argv)
        assert values(page) == [10, 11, 30, 41]
        assert "messages of 2 aborted transactions are left out" in said
    assert values(told(topic, "--reverse", "--limit", "2")[0]) == [41, 30]
    assert values(told(topic, "--state-at", "now")[0]) == [30, 41]
    changes, _ = told(topic, "--diff", "-1h", "now")
    assert [(change["key"], change["after"]["value"]) for change in changes] == [
        ("k0", 30),
        ("k1", 41),
    ]
    (chart,), _ = told(topic, "--chart")
    assert (chart["messages"], chart["exact"]) == (4, True)
    assert chart["last_time"] == told(topic, "--limit", "1")[0][0]["publish_time"]


def test_many_that_were_aborted_last_are_not_counted(sent, told):
    topic = sent((None, range(10, 14)), (ABORT, range(20, 220)))
    (chart,), _ = told(topic, "--chart")
    assert (chart["messages"], chart["exact"]) == (4, True)
    assert values(told(topic, "--at", "now", "--reverse")[0]) == [13, 12, 11, 10]


def test_where_all_was_aborted_nothing_is_stored(sent, told):
    topic = sent((ABORT, range(3)))
    assert "no messages are stored" in told(topic)[1]
    assert told(topic, "--state-at", "now")[0] == []
    assert told(topic, "--chart")[0][0]["messages"] == 0


def test_an_open_transaction_says_which_it_is_and_since_when(sent, told):
    topic = sent((None, [10]), (ABORT, [20]), ("open", [30]), (None, [41]))
    note = rf"2 entries at the end of {topic} cannot be read yet: {OPEN}"
    page, said = told(topic, "--from", "earliest")
    assert values(page) == [10]
    assert len(re.findall(note, said)) == 1
    for moment in ("now", "latest"):
        (state,), _ = told(topic, "--state-at", moment)
        assert re.search(note, state["note"])
    (chart,), said = told(topic, "--chart")
    assert (chart["messages"], chart["exact"]) == (1, True)
    assert re.fullmatch(note, chart["notes"][0])


def test_where_one_hides_everything_nothing_can_be_read(sent, told):
    topic = sent(("open", [10]))
    said = told(topic)[1]
    assert re.search(f"1 entry at the end of {topic} cannot be read yet: {OPEN}", said)
    assert "no messages can be read" in said
    assert "nothing can be read" in told(topic, "--state-at", "now")[1]


SHARED = (
    (None, [10, 11, 12, 13]),
    (ABORT, [20, 21, 22]),
    (COMMIT, [30, 31]),
    (None, [41]),
    (ABORT, [51]),
)
"""Of three partitions the first has the keys k0 and k3, the others one key each."""


@pytest.mark.parametrize("partitions", [0, 3])
@pytest.mark.parametrize("ends", [(), (("compact", ()),)])
def test_partitions_and_compacted_topics_have_nothing_of_what_was_aborted(
    sent, told, partitions, ends
):
    topic = sent(*SHARED, *ends, partitions=partitions)
    right = [10, 11, 12, 13, 30, 31, 41]
    for argv in ((), ("--from", "earliest"), ("--filter", ".value > 0")):
        page, said = told(topic, *argv)
        assert values(page) == right
        assert "transaction is open" not in said
    state, said = told(topic, "--state-at", "now")
    assert values(state) == [30, 41, 12, 13]
    assert ("read as compacted" in said) == bool(ends)
    changes, _ = told(topic, "--diff", "-1h", "now")
    assert [each["after"]["value"] for each in changes] == [30, 41, 12, 13]
    # nothing says that it was trimmed, and nothing that it was not
    assert {(each["change"], each["note"].partition(":")[0]) for each in changes} == {
        ("added", "earlier messages may have been removed")
    }
    (chart,), _ = told(topic, "--chart")
    assert (chart["messages"], chart["exact"]) == (7, True)


@pytest.mark.parametrize("partitions", [0, 3])
@pytest.mark.parametrize("compacts", [(), (("compact", ()),)])
def test_an_open_transaction_of_several_topics_hides_its_part_of_each(
    sent, told, partitions, compacts
):
    parts = (*SHARED, ("open", [61]), (None, [71, 72]), *compacts)
    topic = sent(*parts, partitions=partitions)
    # without partitions all that was sent after it began, otherwise only what its partition has
    right = [30, 41, 72 if partitions else 12, 13]
    where = f"{topic}-partition-1" if partitions else topic
    note = rf"{2 if partitions else 3} entries at the end of {where} cannot be read yet: {OPEN}"
    state, said = told(topic, "--state-at", "now")
    assert values(state) == right
    assert all(re.search(note, record["note"]) for record in state)
    assert len(re.findall(note, said)) == 1
    (chart,), _ = told(topic, "--chart")
    assert (chart["messages"], chart["exact"]) == (8 if partitions else 7, True)
    assert re.fullmatch(note, chart["notes"][0])
    if partitions:
        page, said = told(f"{topic}-partition-0")
        assert values(page) == [10, 13, 30]
        assert "is open" not in said


@pytest.mark.parametrize(("end", "k3"), [(COMMIT, 63), (ABORT, 13)])
def test_one_that_ended_after_compaction_counts_as_it_ended(sent, told, end, k3):
    parts = (*SHARED, ("open", [61, 63]), (None, [71]), ("compact", ()))
    topic = sent(*parts, end=end)
    state, said = told(topic, "--state-at", "now")
    assert "cannot be read" not in said
    assert values(state) == [30, 71, 12, k3]


async def test_a_history_that_stays_open_says_what_is_so_now(broker):
    name = f"public/default/t-{uuid.uuid4().hex[:8]}"
    places = {"pulsar": broker.url, "pulsar_admin": broker.admin, "nats": "off"}
    settings = load(places, environ={"ARCWATCH_CONFIG": os.devnull})
    async with Producer.connected(broker.url, f"persistent://{name}") as producer:
        txn = await producer.begin()
        await producer.send(b"10", time.time_ns() // 1_000_000, transaction=txn)
        async with open_history(settings, f"pulsar:{name}") as history:
            (note,) = history.notes
            assert "1 entry at the end" in note
            await producer.send(b"20", time.time_ns() // 1_000_000, transaction=txn)
            await history.renew_notes()
            (note,) = history.notes
            assert "2 entries at the end" in note
            await producer.end(txn, COMMIT)
            await history.renew_notes()
            assert (history.notes, history.doubt(Latest())) == ([], "")


def test_open_transactions_are_listed_with_what_they_hide(broker, sent, capsys):
    address = sent((None, [10]), ("open", [30, 31]), (None, [41]))
    topic = f"persistent://{address.removeprefix('pulsar:')}"
    assert run(["pulsar", "transactions", "--json", *broker.flags]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out) if row["topics"] == [topic]]
    (row,) = rows
    assert (row["hides"], row["timeout"], row["stale"]) == (3, 3600, False)
    assert 0 <= row["open_for"] < 60
    assert row["times_out_in"] == pytest.approx(3600 - row["open_for"])
    assert run(["pulsar", "coordinators", "--json", *broker.flags]) == 0
    (coordinator,) = json.loads(capsys.readouterr().out)
    assert coordinator["open"] >= 1
    assert coordinator["begun"] >= coordinator["open"]
    assert run(["pulsar", "topic", topic, "--json", *broker.flags]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["open_transactions"], told["deduplication"]) == (1, "Disabled")


async def test_a_tail_says_so_and_goes_on_behind_it(broker, verb):
    name = f"public/default/t-{uuid.uuid4().hex[:8]}"
    async with Producer.connected(broker.url, f"persistent://{name}") as producer:
        await producer.send(b"10", time.time_ns() // 1_000_000)
        tailing = await verb("tail", f"pulsar:{name}", "--since", "earliest", *broker.flags)
        assert (await tailing.line()).endswith(" 10")
        gone = await producer.begin()
        await producer.send(b"20", time.time_ns() // 1_000_000, transaction=gone)
        await producer.end(gone, ABORT)
        waits = await producer.begin()
        await producer.send(b"30", time.time_ns() // 1_000_000, transaction=waits)
        await producer.send(b"40", time.time_ns() // 1_000_000)
        note = f"the end of pulsar:{name} cannot be read yet: {OPEN}"
        assert re.search(note, await tailing.says("cannot be read yet"))
        await producer.end(waits, COMMIT)
        assert (await tailing.line()).endswith(" 30")
        assert (await tailing.line()).endswith(" 40")
    await tailing.interrupt()
