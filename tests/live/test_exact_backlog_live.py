"""A backlog of batches, counted by the broker, against what was sent."""

import json
import time
import uuid

import pytest

from arcwatch.cli import run

BATCHES, IN_EACH, SINGLE = 7, 150, 10_050
"""Messages sent; of single ones more than a broker reads at once."""


@pytest.fixture
def counted(stack, capsys):
    flags = ["--nats=off", "--nats-monitor=off", f"--pulsar={stack.pulsar}"]

    def counted(address, said=None):
        code = run(
            [
                "backlog",
                address,
                "--exact",
                "--json",
                *flags,
                f"--pulsar-admin={stack.pulsar_admin}",
            ]
        )
        told = capsys.readouterr()
        assert code == (0 if told.out else 1)
        if said is not None:
            said.append(told.err)
        return json.loads(told.out) if told.out else None

    return counted


def send(pulsar_client, topic, count, **how):
    producer = pulsar_client.create_producer(topic, **how)
    for _ in range(count):
        producer.send_async(b"x", lambda *answer: None)
    producer.flush()
    producer.close()


def test_every_message_is_counted_past_batches_and_past_what_one_scan_reads(pulsar_client, counted):
    name = f"public/default/exact-{uuid.uuid4().hex[:8]}"
    address = f"pulsar:{name}#billing"
    consumer = pulsar_client.subscribe(name, "billing")
    assert counted(address)["messages"] == 0

    before = time.time()
    for _ in range(BATCHES):
        send(pulsar_client, name, IN_EACH, batching_enabled=True, batching_max_messages=IN_EACH)
    after = time.time()
    found = counted(address)
    assert (found["messages"], found["scans"]) == (BATCHES * IN_EACH, 1)
    assert found["entries"] < found["messages"]
    assert before - 1 <= found["oldest"] <= after + 1

    send(pulsar_client, name, SINGLE, batching_enabled=False, block_if_queue_full=True)
    found = counted(address)
    assert (found["messages"], found["scans"]) == (BATCHES * IN_EACH + SINGLE, 2)

    for _ in range(IN_EACH):
        consumer.acknowledge(consumer.receive(10_000))
    consumer.close()


def test_what_is_not_there_is_not_made(counted):
    for _ in range(2):
        assert counted("pulsar:public/default/nothing-there#billing") is None


def test_a_subscription_that_is_not_there_is_told_from_a_topic_that_is_not(pulsar_client, counted):
    name = f"public/default/exact-{uuid.uuid4().hex[:8]}"
    pulsar_client.subscribe(name, "billing")
    assert counted(f"pulsar:{name}#biling", said := []) is None
    assert f"no such subscription (persistent://{name}#biling)" in said[0]
    assert counted("pulsar:public/default/nothing-there#biling", said) is None
    assert "no such topic" in said[1]
