"""A page, a state and a chart of each way to write an address are of the same messages."""

import asyncio
import json
import os
import uuid

import httpx
import nats
import pulsar
import pytest
from nats.js.api import StreamConfig

from arcwatch.cli import run

SUBJECTS = ["a", "a.b", "a*", "a*c", "ab", "x#y", "x%25y", "x%2Fy", "$KV", "ü.b", "ab.b"]
"""Of one message each, behind the stream's own first token."""

STREAM_FORMS = {
    "": set(SUBJECTS),
    "/S.>": set(SUBJECTS),
    "/S.*": {each for each in SUBJECTS if "." not in each},
    "/S.*.b": {each for each in SUBJECTS if "." in each},
    "/S.a": {"a"},
    "/S.a*": {"a*"},
    "/S.a*c": {"a*c"},
    "/S.x%23y": {"x#y"},
    "/S.x%2525y": {"x%25y"},
    "/S.x%2Fy": {"x%2Fy"},
    "/S.$KV": {"$KV"},
    "/S.ü.*": {"ü.b"},
    "/S.nobody": set(),
}

KEYS = ["a", "a.b", "a/b", "A_-="]
BUCKET_FORMS = {
    "": set(KEYS),
    "/a": {"a"},
    "/a.b": {"a.b"},
    "/a/b": {"a/b"},
    "/a.*": {"a.b"},
    "/*": {"a", "a/b", "A_-="},
    "/>": set(KEYS),
    "/A_-=": {"A_-="},
}

TOPICS = ["plain", "a b", "a#b", "a%b", "a%20b", "a%3Ab", "ü", "parted"]
TOPIC_FORMS = {
    "plain": {"plain"},
    "a%20b": {"a b"},
    "a%23b": {"a#b"},
    "a%b": {"a%b"},
    "a%2520b": {"a%20b"},
    "a%3Ab": {"a%3Ab"},
    "ü": {"ü"},
    "parted": {"parted-0", "parted-1"},
    "parted-partition-1": {"parted-1"},
    "a*b": {"a b", "a#b", "a%b", "a%20b", "a%3Ab"},
    "part*": {"parted-0", "parted-1"},
    "*": {*TOPICS[:-1], "parted-0", "parted-1"},
}


@pytest.fixture(scope="module")
def stream(stack):
    name = f"S{uuid.uuid4().hex[:8]}"

    async def fill():
        client = await nats.connect(stack.nats)
        js = client.jetstream()
        await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], allow_direct=True))
        for subject in SUBJECTS:
            await js.publish(f"{name}.{subject}", json.dumps(subject).encode())
        bucket = await js.create_key_value(bucket=name)
        for key in KEYS:
            await bucket.put(key, json.dumps(key).encode())
        await client.close()

    asyncio.run(fill())
    return name


@pytest.fixture(scope="module")
def namespace(stack):
    name = f"public/forms-{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put(f"namespaces/{name}").raise_for_status()
        admin.put(f"persistent/{name}/parted/partitions", json=2).raise_for_status()
    client = pulsar.Client(
        stack.pulsar, logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    )
    sent = {f"{topic}": topic for topic in TOPICS[:-1]}
    sent |= {f"parted-{number}": f"parted-partition-{number}" for number in range(2)}
    for value, topic in sent.items():
        producer = client.create_producer(f"persistent://{name}/{topic}")
        producer.send(json.dumps(value).encode(), partition_key=value)
    client.close()
    return name


@pytest.fixture
def told(stack, capsys, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    places = ["--nats", stack.nats, "--nats-monitor", stack.nats_monitor]
    places += ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]

    def values(*argv):
        assert run(["history", *argv, "--json", *places]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return values


def ensure_alike(told, address, right):
    page = told(address, "--from", "earliest")
    assert {record["value"] for record in page} == right
    assert len(page) == len(right)
    state = told(address, "--state-at", "latest")
    assert sorted(record["id"] for record in state) == sorted(record["id"] for record in page)
    (chart,) = told(address, "--chart")
    assert (chart["messages"], chart["exact"]) == (len(right), True)


@pytest.mark.parametrize("form", STREAM_FORMS)
def test_of_a_stream(told, stream, form):
    ensure_alike(told, f"js:{stream}{form.replace('/S.', f'/{stream}.')}", STREAM_FORMS[form])


@pytest.mark.parametrize("form", BUCKET_FORMS)
def test_of_a_bucket(told, stream, form):
    ensure_alike(told, f"kv:{stream}{form}", BUCKET_FORMS[form])


@pytest.mark.parametrize("form", TOPIC_FORMS)
def test_of_topics(told, namespace, form):
    ensure_alike(told, f"pulsar:{namespace}/{form}", TOPIC_FORMS[form])
