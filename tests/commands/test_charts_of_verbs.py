"""``--chart`` of the verbs that look once, on real brokers."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import uuid
from xml.etree import ElementTree

import nats
import pulsar
import pytest
from nats.js.api import ConsumerConfig, StreamConfig

from arcwatch.cli import run
from arcwatch.commands import latency

SPAN = "6s"


@pytest.fixture
def places(stack):
    return [
        *("--nats", stack.nats, "--nats-monitor", stack.nats_monitor),
        *("--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin),
    ]


@pytest.fixture
def told(places, capsys, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)

    def verb(*argv):
        code = run([*argv, *places])
        return code, *capsys.readouterr()

    return verb


@pytest.fixture(scope="module")
def stream(stack):
    """A stream that is published to all the time, with a consumer that is not."""
    name, ended = f"CHART{uuid.uuid4().hex[:8]}", threading.Event()
    begun = threading.Event()

    async def publish():
        client = await nats.connect(stack.nats)
        js = client.jetstream()
        await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], max_msgs=5000))
        await js.add_consumer(name, ConsumerConfig(durable_name="idle"))
        while not ended.is_set():
            await js.publish(f"{name}.x", b"x")
            begun.set()
            await asyncio.sleep(0.01)
        await js.delete_stream(name)
        await client.close()

    thread = threading.Thread(target=lambda: asyncio.run(publish()))
    thread.start()
    assert begun.wait(30)
    yield name
    ended.set()
    thread.join(30)


@pytest.fixture(scope="module")
def topic(stack):
    """A topic with a subscription that nobody reads."""
    name = f"public/default/chart-{uuid.uuid4().hex[:8]}"
    logger = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(stack.pulsar, logger=logger)
    client.subscribe(name, "nobody").close()
    producer = client.create_producer(name)
    for _ in range(30):
        producer.send(b"x")
    yield name
    client.close()


def test_a_stream_is_sampled_and_drawn_with_its_consumers(told, stream):
    code, printed, said = told("nats", "stream", stream, "--chart", "--for", SPAN)
    assert code == 0
    lines = printed.splitlines()
    assert f"{stream}  6s" in lines
    assert re.search(r"^── in msg/s +[\d.]+$", printed, re.M)
    assert f"{stream}#idle  6s" in lines
    assert any(set(line) & set("⣿⣷⣶⣤⣀") for line in lines)
    assert re.search(r"sampling: \d of 6\.0s", said)
    assert "\x1b" not in printed


def test_a_backlog_that_stands_still_is_drawn_too(told, topic):
    address = f"pulsar:{topic}#nobody"
    code, printed, _ = told("backlog", address, "--chart", "--for", SPAN)
    assert code == 0
    assert printed.splitlines()[0] == f"{address}  6s"
    assert "waiting, entries" in printed
    assert re.search(r"├ 0 +0/s$", printed, re.M)


def test_a_topic_is_drawn_with_its_subscriptions(told, topic, tmp_path):
    path = tmp_path / "topic.svg"
    code, printed, _ = told("pulsar", "topic", topic, "--chart", "--for", SPAN, "-o", str(path))
    assert (code, printed) == (0, "")
    text = "".join(ElementTree.fromstring(path.read_text()).itertext())
    assert "out msg/s" in text
    assert f"{topic}#nobody" in text


def test_latencies_are_bars_and_over_time_lines(told, monkeypatch):
    monkeypatch.setattr(latency, "USUAL", 6.0)
    code, printed, said = told("latency", "--chart")
    assert code == 0
    assert "of 6.0s; ctrl-c draws what there is" in said
    assert re.search(r"^p99\.9 +\S+ \S+ +▇+$", printed, re.M)
    # of round trips that were measured long ago there is no line
    titles = [line for line in printed.splitlines() if "nats rtt" in line]
    assert titles
    assert not any(line.endswith("  log scale") for line in titles)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["nats", "connections", "--chart"], "--chart draws one row, not connections"),
        (["nats", "stream", "--chart"], "which stream?"),
        (["nats", "connection", "x", "--chart"], "'x' is not a connection ID"),
        (["pulsar", "topics", "--chart"], "--chart draws one row, not topics"),
        (["pulsar", "topic", "x", "--chart"], "which topic?"),
        (["backlog", "--chart"], "which backlog?"),
        (["backlog", "orders.>", "--chart"], "a subject keeps no messages"),
        (["latency", "-o", "x.svg"], "-o is for --chart"),
        (["nats", "stream", "x", "--chart", "--watch"], "--watch cannot be combined with --chart"),
        (["nats", "stream", "x", "--chart", "-o", "x.png"], "a chart is written as .html or .svg"),
        (["nats", "stream", "x", "--chart", "-o", "/no/x.svg"], "there is no such folder (/no)"),
        (
            ["nats", "stream", "x", "--chart", "-o", f"/{'x' * 300}/x.svg"],
            "there is no such folder (/xxx",
        ),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_before_anything_is_sampled(told, argv, said):
    code, printed, complaint = told(*argv)
    assert (code, printed) == (2, "")
    assert said in complaint
    assert "sampling" not in complaint


def test_what_is_not_there_is_said(told):
    code, printed, said = told("backlog", "js:NOTHERE#x", "--chart", "--for", "2s")
    assert (code != 0, printed) == (True, "")
    assert "there is no backlog js:NOTHERE#x" in said


def test_ctrl_c_ends_the_sampling_and_draws_what_there_is(places, stream):
    argv = [sys.executable, "-m", "arcwatch", "nats", "stream", stream, "--chart", "--for", "1h"]
    process = subprocess.Popen(
        [*argv, *places],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"ARCWATCH_CONFIG": os.devnull},
    )
    for line in process.stderr:
        # the second of them: by then the stream has been asked for several times
        if "sampling: 1" in line and "sampling: 0" not in line and " 1 of" not in line:
            break
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "in msg/s" in printed
    assert "Traceback" not in said
