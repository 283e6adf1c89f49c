"""How long things take on real servers."""

import asyncio
import json
import re
import uuid

import httpx
import nats
import nats.micro
from nats.js.api import ConsumerConfig

from arcwatch.cli import run
from arcwatch.sources.jetstream.pull import GATHER
from tests.faults.conftest import NatsServer


def flags_of(stack):
    return [
        f"--nats={stack.nats}",
        f"--nats-monitor={stack.nats_monitor}",
        f"--pulsar-admin={stack.pulsar_admin}",
        f"--pulsar={stack.pulsar}",
    ]


async def test_what_servers_tell_is_saved_compared_and_written(stack, capsys, tmp_path):
    saved, hgrm = tmp_path / "before.json", tmp_path / "x.hgrm"
    async with await nats.connect(stack.nats, name="measured"):
        await _until_measured(stack, "measured")
        flags = flags_of(stack)
        verb = ["latency", "--save", str(saved), "--json", *flags]
        assert await asyncio.to_thread(run, verb) == 0
        rows = json.loads(capsys.readouterr().out)
        assert json.loads(saved.read_text()) == rows
        assert "nats rtt" in {row["name"] for row in rows}
        for row in rows:
            known = [row[name] for name in ("p50", "p99", "max") if row[name] is not None]
            assert known == sorted(known)
        more = ["--filter", "rtt", "--baseline", str(saved), "--hgrm", str(hgrm)]
        assert await asyncio.to_thread(run, ["latency", *more, *flags]) == 0
        # the server measures a client's round trip again now and then
        assert re.search(r"\((\+0s|[+-][0-9.]+ \S+), x[0-9.]+\)", capsys.readouterr().out)
        assert "TotalCount" in hgrm.read_text()


async def _until_measured(stack, name):
    """A server measures the round trip of a client a while after it connected."""
    async with httpx.AsyncClient(base_url=stack.nats_monitor) as web:
        while True:
            clients = (await web.get("connz")).json()["connections"]
            if any(one.get("name") == name and one.get("rtt") for one in clients):
                return
            await asyncio.sleep(0.1)


async def test_a_stream_is_measured_from_stored_to_here_and_not_until_somebody_looks(stack, capsys):
    async with await nats.connect(stack.nats) as client:
        stream = client.jetstream()
        await stream.add_stream(name="LATENESS", subjects=["lateness.>"])
        verb = ["latency", "--tail", "js:LATENESS", "--for", "1500ms", "--json", *flags_of(stack)]
        listening = asyncio.create_task(asyncio.to_thread(run, verb))
        while not listening.done():
            await stream.publish("lateness.x", b".")
            await asyncio.sleep(0.02)
        assert await listening == 0
        await stream.delete_stream("LATENESS")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["place"]) == ("stream to here", "js:LATENESS")
    # else the time for which messages gather would be told as the server's
    assert 0 < row["p50"] < GATHER


async def test_where_nothing_was_measured_it_says_what_was_received(stack, capsys):
    subject = f"unanswered.{uuid.uuid4().hex[:8]}"
    verb = ["latency", "--tail", subject, "--for", "500ms", *flags_of(stack)]
    assert await asyncio.to_thread(run, verb) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"arcwatch: no latency was measured ({subject}): no message was received in " in err
    async with await nats.connect(stack.nats) as client:
        listening = asyncio.create_task(asyncio.to_thread(run, [*verb, "--json"]))
        while not listening.done():
            await client.publish(subject, b".")
            await asyncio.sleep(0.02)
    assert await listening == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == []
    assert re.search(
        r"no latency was measured .*: none of \d+ messages received in .* is a reply", err
    )


def test_servers_that_report_no_latency_are_no_success(tmp_path, capsys):
    server = NatsServer(tmp_path)
    server.start()
    try:
        flags = ["--nats", "off", "--nats-monitor", server.monitor, "--pulsar", "off"]
        assert run(["latency", *flags, "--pulsar-admin", "off"]) == 1
    finally:
        server.kill()
    out, err = capsys.readouterr()
    assert out == ""
    assert "no latency was measured: no NATS client has a round-trip time yet" in err


async def test_services_tell_of_their_work_when_asked(stack, capsys):
    async with await nats.connect(stack.nats) as client:
        service = await nats.micro.add_service(client, name="sums", version="1.2.3")

        async def add(request):
            await request.respond(b"3")

        await service.add_endpoint(name="add", subject="lateness.add", handler=add)
        await client.request("lateness.add", b"", timeout=5)
        verb = ["latency", "--services", "--json", *flags_of(stack)]
        assert await asyncio.to_thread(run, verb) == 0
        await service.stop()
    (row,) = [row for row in json.loads(capsys.readouterr().out) if row["service"] == "sums"]
    assert (row["endpoint"], row["requests"], row["errors"]) == ("add", 1, 0)
    assert 0 < row["average"] < 5


async def test_acknowledgements_are_measured_where_their_consumer_is_sampled(stack, capsys):
    async with await nats.connect(stack.nats) as client:
        stream = client.jetstream()
        await stream.add_stream(name="ACKED", subjects=["acked.>"])
        config = ConsumerConfig(sample_freq="100", ack_policy="explicit")
        taking = await stream.pull_subscribe("acked.>", "worker", config=config)
        samples = "$JS.EVENT.METRIC.CONSUMER.ACK.>"
        verb = ["latency", "--tail", samples, "--for", "1s", "--json", *flags_of(stack)]
        listening = asyncio.create_task(asyncio.to_thread(run, verb))
        while not listening.done():
            await stream.publish("acked.x", b".")
            for message in await taking.fetch(1, timeout=5):
                await message.ack()
            await asyncio.sleep(0.02)
        assert await listening == 0
        await stream.delete_stream("ACKED")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["place"]) == ("delivery to ack", "js:ACKED#worker")
    assert 0 < row["p50"] <= row["max"] < 5
