"""A server that is frozen and continues: alerts and acknowledgements stay as they are."""

import asyncio
import contextlib
import signal
import subprocess

import nats
import pytest
from msgspec.structs import replace

from arcwatch.config.alert_settings import AlertSettings
from arcwatch.engine.alert_evaluator import AlertEvaluator
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import free_ports
from arcwatch.store.alerts.rules import Rule, parse_when

FROZEN = 10.0
"""Seconds: by then it is noticed."""


@pytest.fixture
def frozen_at_will(tmp_path):
    """A nats-server with JetStream: its URL, its monitoring URL, and a way to send it signals."""
    port, monitor = free_ports(2)
    command = [executable(), "-a", "127.0.0.1", "-p", str(port), "-m", str(monitor), "-js"]
    with subprocess.Popen([*command, "-sd", tmp_path], stderr=subprocess.DEVNULL) as server:
        try:
            yield f"nats://127.0.0.1:{port}", f"http://127.0.0.1:{monitor}", server.send_signal
        finally:
            server.kill()


@contextlib.asynccontextmanager
async def judged(store, *rules):
    evaluator = asyncio.create_task(AlertEvaluator(store, AlertSettings(rules), "prod").run())
    try:
        yield
    finally:
        assert not evaluator.done(), evaluator.exception()
        evaluator.cancel()
        await asyncio.wait([evaluator])


async def test_an_acknowledged_alert_outlives_the_silence_of_its_server(
    frozen_at_will, watch, until
):
    url, monitor, send = frozen_at_will
    conditions, lasts = parse_when("backlog.messages > 5")
    rule = Rule("behind", conditions, lasts, resolves=9.0)

    arcwatch = watch(nats=url, nats_monitor=monitor)
    async with arcwatch.running(refresh=0.5) as (_, store), judged(store, rule):
        await until(lambda: store.half("nats") == "up")
        async with await nats.connect(url) as client:
            stream = client.jetstream()
            await stream.add_stream(name="LATE", subjects=["late"])
            await stream.pull_subscribe("late", durable="billing")
            for _ in range(10):
                await stream.publish("late", b"x")

            (row,) = await until(store.alerts.firing)
            store.alerts.acknowledge(row, row.since)
            (known,) = store.alerts.firing()

            send(signal.SIGSTOP)
            await asyncio.sleep(FROZEN)
            assert [p.what for p in store.problems()] == ["no answer in time"]
            (unknown,) = store.alerts.firing()
            assert unknown.unknown_since > known.fired
            assert replace(unknown, unknown_since=None) == known
            send(signal.SIGCONT)
            await until(lambda: not store.problems() and store.alerts.firing() == [known])

            await stream.purge_stream("LATE")
            await until(lambda: store.alerts.firing()[0].calm)
            send(signal.SIGSTOP)
            await asyncio.sleep(FROZEN)
            assert [one.acknowledged for one in store.alerts.firing()] == [row.since]
            send(signal.SIGCONT)
            await until(lambda: not store.alerts.firing())
    assert store.alerts.past[-1].state == "resolved"
