"""A consumer that stops and comes back, as `arcwatch check` and `arcwatch watch` tell of it."""

import json
import subprocess
import sys
import uuid

import pulsar
import pytest

from arcwatch.cli import run

WAITING = 300

RULES = """
[alerts]
defaults = false

[alerts.rules.left-alone]
when = 'consumers == 0 and backlog.waiting > 100'
at = "pulsar:public/default/{name}#billing"
resolves = "1s"

[alerts.rules.far-behind]
when = 'backlog.messages > 200 for "1s"'
at = "pulsar:public/default/{name}"
severity = "critical"
resolves = "1s"
"""


@pytest.fixture
def name(tmp_path, monkeypatch):
    """A topic of the test's own, and rules that look at nothing else."""
    name = f"alerts-{uuid.uuid4().hex[:8]}"
    settings = tmp_path / "arcwatch.toml"
    settings.write_text(RULES.format(name=name))
    monkeypatch.setenv("ARCWATCH_CONFIG", str(settings))
    return name


@pytest.fixture
def flags(stack):
    return [
        "--nats=off",
        "--nats-monitor=off",
        f"--pulsar={stack.pulsar}",
        f"--pulsar-admin={stack.pulsar_admin}",
    ]


def consumed(pulsar_client, topic, count):
    """A consumer that has acknowledged so many messages, and stays."""
    consumer = pulsar_client.subscribe(topic, "billing", pulsar.ConsumerType.Shared)
    for _ in range(count):
        consumer.acknowledge(consumer.receive(10_000))
    return consumer


def send(pulsar_client, topic, count):
    producer = pulsar_client.create_producer(topic)
    for _ in range(count):
        producer.send_async(b"x", lambda *answer: None)
    producer.flush()
    producer.close()


def checked(flags, capsys):
    """The exit code of a check, and what it found of each rule."""
    code = run(["check", "--format", "json", *flags])
    told = json.loads(capsys.readouterr().out)
    return code, {rule["rule"]: rule for rule in told["rules"]}


def test_a_consumer_stops_and_comes_back(pulsar_client, name, flags, capsys, tmp_path):
    topic = f"persistent://public/default/{name}"
    code, rules = checked(flags, capsys)
    assert (code, rules["far-behind"]["status"]) == (3, "UNKNOWN")

    consumer = consumed(pulsar_client, topic, 0)
    code, rules = checked(flags, capsys)
    assert (code, rules["left-alone"]["places"]) == (0, 1)

    consumer.close()
    send(pulsar_client, topic, WAITING)
    code, rules = checked(flags, capsys)
    assert code == 2
    assert rules["left-alone"]["status"] == "WARNING"
    worst = rules["far-behind"]["worst"]
    assert worst["address"] == f"pulsar:public/default/{name}#billing"
    assert worst["value"] == pytest.approx(WAITING, rel=0.05)

    delivered = tmp_path / "delivered"
    command = [sys.executable, "-m", "arcwatch", "watch", "--json", *flags]
    command += ["--on-alert", f"cat >> '{delivered}'; echo >> '{delivered}'"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        try:
            fired = [json.loads(watching.stdout.readline()) for _ in range(2)]
            consumer = consumed(pulsar_client, topic, WAITING)
            over = [json.loads(watching.stdout.readline()) for _ in range(2)]
        finally:
            watching.terminate()
    assert {(row["rule"], row["state"]) for row in fired} == {
        ("left-alone", "firing"),
        ("far-behind", "firing"),
    }
    assert {(row["rule"], row["state"]) for row in over} == {
        ("left-alone", "resolved"),
        ("far-behind", "resolved"),
    }
    bodies = [json.loads(line) for line in delivered.read_text().split("\n") if line]
    assert {body["status"] for body in bodies} >= {"firing"}
    assert bodies[0]["alerts"][0]["labels"]["cluster"] == "standalone"
    assert checked(flags, capsys)[0] == 0
    consumer.close()
