"""Transactions of a real coordinator: what readers do not get is neither shown nor counted."""

import asyncio
import json
import os
import re
import time
import uuid

import pytest

from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.history.open import open_history
from arcwatch.notation.times import Latest
from arcwatch.wire.pulsar_connect import _bytes
from tests.faults.conftest import PulsarServer
from tests.raw_pulsar import ABORT, COMMIT, RawProducer

pytestmark = pytest.mark.slow

OPEN = r"transaction \(\d+,\d+\) is open since 20\d\d-\d\d-\d\dT[0-9:.]+Z"


@pytest.fixture(scope="module")
def broker(tmp_path_factory, of_the_session):
    settings = {"transactionCoordinatorEnabled": "true"}
    broker = PulsarServer(tmp_path_factory.mktemp("transactions"), of_the_session, settings)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def sent(broker):
    """Sends to a topic of its own, as ``sent((how, values), …)``, and returns its address.

    ``how`` is COMMIT, ABORT, "open", or None for no transaction; each value has the key ``k``
    and its last digit.
    """

    def send(*parts):
        name = f"public/default/t-{uuid.uuid4().hex[:8]}"
        asyncio.run(_sent(broker, name, parts))
        return f"pulsar:{name}"

    return send


async def _sent(broker, name, parts):
    async with RawProducer(broker.url, f"persistent://{name}") as producer:
        for how, values in parts:
            txn = None if how is None else await producer.begin()
            for value in values:
                key = _bytes(6, b"k%d" % (value % 10))
                await producer.send(b"%d" % value, time.time_ns() // 1_000_000, key, txn=txn)
            if how in (COMMIT, ABORT):
                await producer.end(txn, how)


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
        assert "transaction" not in said
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


async def test_a_history_that_stays_open_says_what_is_so_now(broker):
    name = f"public/default/t-{uuid.uuid4().hex[:8]}"
    places = {"pulsar": broker.url, "pulsar_admin": broker.admin, "nats": "off"}
    settings = load(places, environ={"ARCWATCH_CONFIG": os.devnull})
    async with RawProducer(broker.url, f"persistent://{name}") as producer:
        txn = await producer.begin()
        await producer.send(b"10", time.time_ns() // 1_000_000, txn=txn)
        async with open_history(settings, f"pulsar:{name}") as history:
            (note,) = history.notes
            assert "1 entry at the end" in note
            await producer.send(b"20", time.time_ns() // 1_000_000, txn=txn)
            await history.renew_notes()
            (note,) = history.notes
            assert "2 entries at the end" in note
            await producer.end(txn, COMMIT)
            await history.renew_notes()
            assert (history.notes, history.doubt(Latest())) == ([], "")


async def test_a_tail_says_so_and_goes_on_behind_it(broker, verb):
    name = f"public/default/t-{uuid.uuid4().hex[:8]}"
    async with RawProducer(broker.url, f"persistent://{name}") as producer:
        await producer.send(b"10", time.time_ns() // 1_000_000)
        tailing = await verb("tail", f"pulsar:{name}", "--since", "earliest", *broker.flags)
        assert (await tailing.line()).endswith(" 10")
        gone = await producer.begin()
        await producer.send(b"20", time.time_ns() // 1_000_000, txn=gone)
        await producer.end(gone, ABORT)
        waits = await producer.begin()
        await producer.send(b"30", time.time_ns() // 1_000_000, txn=waits)
        await producer.send(b"40", time.time_ns() // 1_000_000)
        note = f"the end of pulsar:{name} cannot be read yet: {OPEN}"
        assert re.search(note, await tailing.says("cannot be read yet"))
        await producer.end(waits, COMMIT)
        assert (await tailing.line()).endswith(" 30")
        assert (await tailing.line()).endswith(" 40")
    await tailing.interrupt()
