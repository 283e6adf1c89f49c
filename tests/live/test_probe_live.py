"""Messages of our own through real servers."""

import json

from arcwatch.cli import run


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
    assert "(x" in capsys.readouterr().out
    assert "Percentile TotalCount" in hgrm.read_text()


def test_a_persistent_topic_is_made_only_where_changes_are_allowed(stack, capsys):
    assert run(["probe", "pulsar-persistent", f"--pulsar={stack.pulsar}"]) == 2
    assert "--allow-changes" in capsys.readouterr().err
