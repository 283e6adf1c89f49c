"""Messages of our own through real servers."""

import asyncio
import json

from arcwatch.changes.probe import ProbeRun
from arcwatch.cli import run
from arcwatch.commands.demo import settings_for
from arcwatch.processes.probe_client import LiveProbe


def test_every_way_brings_its_messages_back_and_leaves_nothing(stack, capsys, tmp_path):
    flags = [f"--nats={stack.nats}", f"--pulsar={stack.pulsar}"]
    paths = ["nats-publish", "nats-request", "pulsar", "pulsar-persistent"]
    how = ["--rate", "200", "--for", "500ms", "--json", "--allow-changes"]
    assert run(["probe", *paths, *how, *flags]) == 0
    told = capsys.readouterr().out
    rows = json.loads(told)
    assert [(row["sent"], row["lost"], row["count"]) for row in rows] == [(100, 0, 100)] * 4
    for row in rows:
        assert 0 < row["min"] <= row["p50"] <= row["p99"] <= row["max"] < 2

    baseline, hgrm = tmp_path / "before.json", tmp_path / "after.hgrm"
    baseline.write_text(told)
    more = ["--for", "200ms", "--baseline", str(baseline), "--hgrm", str(hgrm)]
    assert run(["probe", "nats-publish", *more, *flags]) == 0
    assert ", x" in capsys.readouterr().out
    assert "Percentile TotalCount" in hgrm.read_text()


def test_ctrl_c_prints_what_was_measured_and_saves_nothing(stack, capsys, tmp_path, monkeypatch):
    async def interrupted(self, count):
        await go(self, 20)
        raise KeyboardInterrupt

    go = ProbeRun.go
    monkeypatch.setattr(ProbeRun, "go", interrupted)
    saved = tmp_path / "before.json"
    argv = ["probe", "nats-publish", "nats-request", "--json", "--save", str(saved)]
    assert run([*argv, f"--nats={stack.nats}"]) == 130
    out, err = capsys.readouterr()
    (row,) = json.loads(out)
    assert (row["path"], row["sent"], row["count"]) == ("nats publish", 20, 20)
    assert "interrupted: no figures were saved" in err
    assert not saved.exists()


def test_a_persistent_topic_is_made_only_where_changes_are_allowed(stack, capsys):
    assert run(["probe", "pulsar-persistent", f"--pulsar={stack.pulsar}"]) == 2
    assert "--allow-changes" in capsys.readouterr().err


async def test_while_the_screen_is_shown_another_process_measures_and_ends_with_it(stack):
    readings, measured = [], asyncio.Event()
    settings = settings_for(stack)
    probe = LiveProbe(settings, lambda reading: (readings.append(reading), measured.set()))
    running = asyncio.create_task(probe.run(probe.planned("200 100 nats-request")))
    async with asyncio.timeout(20):
        await measured.wait()
    assert probe.plan is not None
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    told = readings[0].body
    assert (readings[0].system, told.name, told.way) == ("nats", "nats request", "probe")
    assert 0 < told.at(50.0) <= told.at(100.0) < 2
    assert sum(count for _, count in told.spread) == told.count > 0
    assert probe.plan is None
