"""``arcwatch history`` as a person and as a program types it, on real brokers."""

import asyncio
import csv
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import uuid
from xml.etree import ElementTree

import httpx
import nats
import pulsar
import pytest
from nats.js.api import StreamConfig

from arcwatch.cli import run
from arcwatch.stack.traffic.transactional_producer import TransactionalProducer as Producer
from arcwatch.wire.pulsar_frames import octets

COUNT = 400


@pytest.fixture(scope="module")
def stream(stack):
    """A stream of numbered orders; every tenth is late."""
    name = f"HIST{uuid.uuid4().hex[:8]}"

    async def fill():
        client = await nats.connect(stack.nats)
        js = client.jetstream()
        await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], allow_direct=True))
        for number in range(1, COUNT + 1):
            order = {"n": number, "state": "late" if number % 10 == 0 else "done"}
            await js.publish(f"{name}.{number % 3}", json.dumps(order).encode())
        await client.close()

    asyncio.run(fill())
    return f"js:{name}"


@pytest.fixture(scope="module")
def topic(stack):
    """The same as a topic of two partitions."""
    namespace = f"histories/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/histories", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{namespace}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{namespace}/retention", json=keep).raise_for_status()
        admin.put(f"persistent/{namespace}/orders/partitions", json=2).raise_for_status()
    logger = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(stack.pulsar, logger=logger)
    producer = client.create_producer(
        f"persistent://{namespace}/orders", batching_enabled=True, batching_max_messages=30
    )
    for number in range(1, COUNT + 1):
        order = {"n": number, "state": "late" if number % 10 == 0 else "done"}
        producer.send_async(
            json.dumps(order).encode(), lambda *_: None, partition_key=f"k{number % 7}"
        )
    producer.flush()
    client.close()
    return f"pulsar:{namespace}/orders"


@pytest.fixture
def places(stack):
    return [
        *("--nats", stack.nats, "--nats-monitor", stack.nats_monitor),
        *("--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin),
    ]


@pytest.fixture
def told(places, capsys, monkeypatch):
    """Runs the verb: the exit code, what was written, and what was said beside it."""
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)

    def history(*argv):
        code = run(["history", *argv, *places])
        return code, *capsys.readouterr()

    return history


def records(printed):
    return [json.loads(line) for line in printed.splitlines()]


def numbers(printed):
    return [record["value"]["n"] for record in records(printed)]


def test_without_a_time_the_last_messages_are_shown_in_their_order(told, stream):
    code, printed, said = told(stream, "--limit", "3", "--json")
    assert (code, numbers(printed), said) == (0, [398, 399, 400], "")
    _, printed, _ = told(stream)
    assert [line.split("  ")[1].split()[1] for line in printed.splitlines()] == [
        f"#{number}" for number in range(351, 401)
    ]


@pytest.mark.parametrize("where", ["stream", "topic"])
def test_a_program_can_go_on_from_the_id_of_a_record_in_either_direction(told, request, where):
    place = request.getfixturevalue(where)
    everything = numbers(told(place, "--from", "earliest", "--json")[1])
    assert sorted(everything) == list(range(1, COUNT + 1))
    first = records(told(place, "--at", "earliest", "--limit", "5", "--json")[1])
    assert [record["value"]["n"] for record in first] == everything[:5]
    forth = told(place, "--at", first[-1]["id"], "--limit", "5", "--json")[1]
    assert numbers(forth) == everything[4:9]
    last = records(told(place, "--reverse", "--limit", "5", "--json")[1])
    assert [record["value"]["n"] for record in last] == everything[:-6:-1]
    back = told(place, "--reverse", "--to", last[-1]["id"], "--limit", "5", "--json")[1]
    assert numbers(back) == everything[-6:-11:-1]
    time = first[3]["publish_time"]
    at_time = told(place, "--at", time, "--limit", "2", "--json")[1]
    assert records(at_time)[0]["publish_time"] == time


@pytest.mark.parametrize("where", ["stream", "topic"])
@pytest.mark.parametrize("keeps", ["late", "/LATE|late/", '.value.state == "late"'])
def test_a_limit_is_on_what_the_filter_keeps(told, request, where, keeps):
    place = request.getfixturevalue(where)
    code, printed, said = told(place, "--from", "earliest", "--filter", keeps, "--json")
    assert (code, sorted(numbers(printed))) == (0, list(range(10, 401, 10)))
    # how far it is, is said where it takes longer than a second
    (ended,) = [line for line in said.splitlines() if "% " not in line]
    assert re.fullmatch(r"arcwatch: read 400 messages \(.* kB\), wrote 40", ended)
    _, few, said = told(place, "--from", "earliest", "--filter", keeps, "--json", "--limit", "3")
    assert numbers(few) == numbers(printed)[:3]
    assert "wrote 3, limit reached; there may be more" in said
    _, back, _ = told(place, "--reverse", "--filter", keeps, "--json", "--limit", "3")
    assert numbers(back) == numbers(printed)[:-4:-1]


def test_a_window_has_its_start_in_it_and_not_its_end(told, stream):
    _, printed, _ = told(stream, "--from", "#10", "--to", "#14", "--json")
    assert numbers(printed) == [10, 11, 12, 13]
    _, printed, _ = told(stream, "--from", "#10", "--to", "#14", "--json", "--reverse")
    assert numbers(printed) == [13, 12, 11, 10]


def test_csv_is_a_table_with_a_head(told, topic):
    _, printed, _ = told(topic, "--at", "earliest", "--limit", "4", "--csv")
    rows = list(csv.DictReader(io.StringIO(printed, newline="")))
    assert [json.loads(row["value"])["state"] for row in rows] == ["done"] * 4
    assert rows[0]["address"].startswith(topic)


def test_the_state_is_the_last_record_of_each_key(told, topic):
    _, printed, said = told(topic, "--state-at", "now", "--json")
    everything = records(told(topic, "--from", "earliest", "--json")[1])
    last = {record["key"]: record["value"] for record in everything}
    assert {record["key"]: record["value"] for record in records(printed)} == last
    assert "read 400 messages" in said
    _, table, _ = told(topic, "--state-at", "now", "--csv", "--filter", '.key == "k3"')
    assert [row["key"] for row in csv.DictReader(io.StringIO(table, newline=""))] == ["k3"]


@pytest.fixture(scope="module")
def clocks(stack):
    """A key set by a clock that is right, then by one that is an hour ahead."""
    topic = f"public/default/clocks-{uuid.uuid4().hex[:8]}"

    async def fill():
        now, key = time.time_ns() // 1_000_000, octets(6, b"k")
        async with Producer.connected(stack.pulsar, f"persistent://{topic}") as producer:
            await producer.send(b'"old"', now - 60_000, key)
            await producer.send(b'"new"', now + 3_600_000, key)

    asyncio.run(fill())
    return f"pulsar:{topic}"


def test_what_is_stored_by_now_counts_whatever_a_fast_clock_says(told, clocks):
    _, printed, _ = told(clocks, "--state-at", "now", "--json")
    assert [record["value"] for record in records(printed)] == ["new"]
    _, printed, _ = told(clocks, "--diff", "-30s", "now", "--json")
    (change,) = records(printed)
    assert (change["before"]["value"], change["after"]["value"]) == ("old", "new")
    _, printed, _ = told(clocks, "--from", "-30s", "--to", "now", "--json")
    assert [record["value"] for record in records(printed)] == ["new"]


def test_a_difference_tells_the_fields_that_changed(told, topic):
    everything = records(told(topic, "--from", "earliest", "--json")[1])
    late = next(record for record in reversed(everything) if record["partition"] == 0)
    _, printed, _ = told(topic, "--diff", late["id"], "now", "--json")
    keys = {record["key"] for record in records(printed)}
    assert late["key"] in keys
    (change,) = [record for record in records(printed) if record["key"] == late["key"]]
    assert (change["change"], change["after"]["value"]["n"]) == ("changed", late["value"]["n"])
    assert {"path": "n", "before": change["before"]["value"]["n"], "after": late["value"]["n"]} in (
        change["differences"]
    )
    _, text, _ = told(topic, "--diff", late["id"], "now")
    assert f"~ {topic} {late['key']}  n: " in text
    _, table, _ = told(topic, "--diff", "earliest", late["id"], "--csv")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert {row["change"] for row in rows} == {"added"}


@pytest.mark.parametrize("where", ["stream", "topic"])
def test_a_chart_counts_what_lies_when(told, request, where):
    place = request.getfixturevalue(where)
    _, printed, _ = told(place, "--chart", "--json")
    told_of = json.loads(printed)
    assert told_of["messages"] == pytest.approx(COUNT, rel=0.2)
    assert sum(bucket["messages"] for bucket in told_of["buckets"]) == pytest.approx(
        told_of["messages"], rel=0.01
    )
    everything = records(told(place, "--from", "earliest", "--json")[1])
    assert told_of["first_time"] == everything[0]["publish_time"][:23] + "Z"
    _, printed, said = told(place, "--chart", "--filter", "late")
    *bars, times, line = printed.splitlines()
    assert re.fullmatch(r".* [\d,]+ messages  .*; the first stored message is .*", line)
    assert len(bars) == 13
    assert set(bars[-1]) & set("⣇⣸⣿")
    assert "└2" in times
    assert "wrote 40" in said


@pytest.mark.parametrize("kind", ["svg", "html"])
def test_a_chart_is_written_to_a_new_file_that_is_nobody_elses(told, topic, tmp_path, kind):
    path = tmp_path / f"chart.{kind}"
    code, printed, _ = told(topic, "--chart", "-o", str(path))
    assert (code, printed) == (0, "")
    document = ElementTree.fromstring(path.read_text().replace("<!doctype html>", ""))
    text = "".join(document.itertext())
    assert re.search("[\u2801-\u28ff]", text)
    assert "messages" in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    code, _, said = told(topic, "--chart", "-o", str(path))
    assert code == 2
    assert "this file already exists" in said
    assert "--force replaces it" in said
    assert path.read_text() == before
    assert told(topic, "--chart", "-o", str(path), "--force")[0] == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["js:X", "-o", "x.svg"], "-o is for --chart"),
        (["js:X", "--chart", "--force"], "--force is for -o FILE"),
        (["js:X", "--chart", "-o", "x.png"], "a chart is written as .html or .svg"),
        (["js:X", "--chart", "--json", "-o", "x.svg"], "--json cannot be combined with -o"),
        (["js:X", "--at", "noon"], "not a time (character 1 of noon)"),
        (["js:X", "--from", "5m", "--to", "10m"], "--to must be after --from"),
        (["js:X", "--limit", "0"], "argument --limit: cannot use '0' as a number"),
        (["js:X", "--at", "1m", "--to", "2m"], "--at cannot be combined with --from and --to"),
        (["js:X", "--chart", "--at", "1m"], "--at cannot be combined with --chart"),
        (["js:X", "--state-at", "1m", "--chart"], "--chart and --state-at cannot be combined"),
        (["js:X", "--diff", "1m", "0m", "--limit", "3"], "--limit cannot be combined with --diff"),
        (["js:X", "--diff", "1m", "noon"], "not a time"),
        (["orders.>"], "core NATS stores nothing"),
        (["js:X", "--filter", "/a"], "the closing / is missing"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_of_two_lines(told, argv, said):
    code, printed, complaint = told(*argv)
    assert (code, printed) == (2, "")
    assert said in complaint
    assert len(complaint.splitlines()) <= 2


def test_ctrl_c_ends_with_totals(places, stream):
    argv = [sys.executable, "-m", "arcwatch", "history", stream, "--from", "earliest", *places]
    # more than a pipe holds: it waits for whoever reads
    process = subprocess.Popen(
        [*argv, "--filter", ".value.n", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"ARCWATCH_CONFIG": os.devnull},
    )
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert re.search(r"arcwatch: read [\d,]+ messages .*, interrupted.*\n", said)


class Shown(io.StringIO):
    """A terminal to which both streams go: what one of its lines shows at last."""

    def isatty(self):
        return True

    @property
    def lines(self):
        return [line.rpartition("\r\x1b[K")[2] for line in self.getvalue().split("\n")]


@pytest.mark.parametrize(
    "more",
    [
        ("--from", "earliest"),
        ("--csv",),
        ("--reverse",),
        ("--state-at", "now"),
        ("--diff", "1h", "0s"),
    ],
)
def test_no_line_follows_what_is_said_of_the_progress(told, stream, monkeypatch, more):
    terminal = Shown()
    for stream_name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream_name, terminal)
    for pause in ("SOON", "EVERY"):
        monkeypatch.setattr(f"arcwatch.commands.progress.{pause}", 0.0)
    assert told(stream, *more)[0] == 0
    assert "/s  " in terminal.getvalue()
    assert [line for line in terminal.lines if "/s  " in line] == []
