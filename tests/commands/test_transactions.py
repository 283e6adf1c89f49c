"""Topics with transactions: what readers do not get is not counted, or it is said."""

import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from arcwatch.cli import run
from arcwatch.sources.pulsar import history
from arcwatch.stack.traffic.transactional_producer import TransactionalProducer as Producer
from arcwatch.wire.pulsar_frames import octets
from arcwatch.wire.pulsar_reading import Readable, parse_last_readable
from tests.raw_pulsar import transaction_marker

BUFFER = (
    b'{"state":"Ready","maxReadPosition":"6:65","lastSnapshotTimestamps":1796039781276,'
    b'"ongoingTxnSize":1,"totalAbortedTransactions":2,"snapshotType":"Single"}'
)
"""The answer of a broker of Pulsar 4.0.8."""

NOWHERE = {"ARCWATCH_CONFIG": os.devnull}


@pytest.fixture(scope="module")
def topic(stack):
    """Three times two messages, each with the marker of a committed transaction behind them."""
    name = f"public/default/transactions-{uuid.uuid4().hex[:8]}"

    async def fill():
        now = time.time_ns() // 1_000_000
        async with Producer.connected(stack.pulsar, f"persistent://{name}") as producer:
            for number in range(3):
                for key in (b"a", b"b"):
                    await producer.send(b"%d" % number, now, octets(6, key))
                await producer.send(b"", now, transaction_marker(21), marks=True)

    asyncio.run(fill())
    return f"pulsar:{name}"


@pytest.fixture
def told(stack, topic, capsys, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    places = ["--nats", stack.nats, "--nats-monitor", stack.nats_monitor]
    places += ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]

    def tell(*argv):
        assert run(["history", topic, *argv, "--json", *places]) == 0
        printed, said = capsys.readouterr()
        return [json.loads(line) for line in printed.splitlines()], said

    return tell


def test_markers_are_neither_shown_nor_counted(told):
    page, said = told("--from", "earliest")
    assert [record["value"] for record in page] == [0, 0, 1, 1, 2, 2]
    assert "transaction" not in said.replace("default/transactions-", "")
    (chart,), _ = told("--chart")
    assert (chart["messages"], chart["exact"], chart["notes"]) == (6, True, [])


def test_what_an_open_transaction_holds_back_is_said(told, monkeypatch):
    (first, *_), _ = told("--limit", "9")
    ledger = int(first["id"].split(":")[0])

    async def last_readable(cluster, name):
        return Readable(ledger, 4, 0)

    monkeypatch.setattr(history, "last_readable", last_readable)
    note = "cannot be read yet: a transaction is open"
    _, said = told("--from", "earliest")
    assert said.startswith("arcwatch: 4 entries at the end of pulsar:public/default/transactions-")
    assert said.count(note) == 1
    state, said = told("--state-at", "latest")
    assert said.count(note) == 1
    assert all(note in record["note"] for record in state)
    (chart,), _ = told("--chart")
    assert note in chart["notes"][0]


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_none_of_500_runs_aborts_after_its_work(stack, topic):
    argv = [sys.executable, "-m", "arcwatch", "history", topic, "--from", "earliest"]
    argv += ["--nats", "off", "--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]

    def outcome(_):
        ran = subprocess.run(argv, capture_output=True, env={**os.environ, **NOWHERE})
        return ran.returncode, len(ran.stdout.splitlines())

    with ThreadPoolExecutor(2) as runs:
        assert Counter(runs.map(outcome, range(500))) == {(0, 6): 500}


def test_the_last_message_that_readers_get_is_read_from_what_the_broker_says():
    assert parse_last_readable(BUFFER, "t") == (6, 65, 2)
    assert parse_last_readable(b'{"maxReadPosition":"6:-1"}', "t") == (6, -1, 0)
    aborted = b'{"maxReadPosition":"12:13","totalAbortedTransactions":2,"snapshotType":"Single"}'
    assert parse_last_readable(aborted, "t").aborted == 2
    assert parse_last_readable(b'{"maxReadPosition":"-1:-1"}', "t") is None
    assert parse_last_readable(b"{}", "t") is None


@pytest.mark.parametrize("table", ["transactions", "coordinators"])
def test_a_broker_without_transactions_has_an_empty_list(stack, capsys, table):
    places = ["--nats=off", "--nats-monitor=off"]
    places += ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]
    assert run(["pulsar", table, "--json", *places]) == 0
    assert json.loads(capsys.readouterr().out) == []
