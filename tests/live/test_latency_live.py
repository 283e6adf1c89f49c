"""How long things take on real servers."""

import asyncio
import json

import nats

from arcwatch.cli import run
from arcwatch.sources.jetstream_pull import GATHER


def flags_of(stack):
    return [
        f"--nats={stack.nats}",
        f"--nats-monitor={stack.nats_monitor}",
        f"--pulsar-admin={stack.pulsar_admin}",
        f"--pulsar={stack.pulsar}",
    ]


def test_what_servers_tell_is_saved_compared_and_written(stack, capsys, tmp_path):
    saved, hgrm = tmp_path / "before.json", tmp_path / "x.hgrm"
    assert run(["latency", "--save", str(saved), "--json", *flags_of(stack)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert json.loads(saved.read_text()) == rows
    for row in rows:
        known = [row[name] for name in ("p50", "p99", "max") if row[name] is not None]
        assert known == sorted(known)
    if any(row["name"] == "nats rtt" for row in rows):
        more = ["--filter", "rtt", "--baseline", str(saved), "--hgrm", str(hgrm)]
        assert run(["latency", *more, *flags_of(stack)]) == 0
        assert "(+0s, x1.00)" in capsys.readouterr().out
        assert "TotalCount" in hgrm.read_text()


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
