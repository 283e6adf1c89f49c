"""What newer servers let streams and consumers do, told by the verbs: on a real server."""

import asyncio
import contextlib
import json
import time
import uuid

import nats
import pytest

from arcwatch.cli import run


@pytest.fixture
def told(stack, capsys):
    """What a verb prints, read as JSON."""

    def tell(*argv):
        places = (f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}", "--pulsar=off")
        code = run([*places, *argv, "--json"])
        shown = capsys.readouterr()
        assert code == 0, shown.err
        return shown.out

    return tell


@pytest.fixture
def name(stack):
    """A name for a stream, which is deleted at the end."""
    name = f"F{uuid.uuid4().hex[:8]}"
    yield name

    async def gone():
        client = await nats.connect(stack.nats)
        await client.request(f"$JS.API.STREAM.DELETE.{name}")
        await client.close()

    asyncio.run(gone())


async def asked(client, subject, **body):
    answer = json.loads(
        (await client.request(f"$JS.API.{subject}", json.dumps(body).encode())).data
    )
    assert "error" not in answer, answer
    return answer


def do(stack, work):
    """Run ``work`` with a client."""

    async def connected():
        client = await nats.connect(stack.nats)
        with contextlib.suppress(nats.errors.ConnectionClosedError):
            await work(client)
        await client.close()

    asyncio.run(connected())


def test_a_stream_says_what_it_allows(stack, told, name):
    async def make(client):
        config = {"allow_msg_ttl": True, "allow_msg_schedules": True, "allow_atomic": True}
        config |= {"subject_delete_marker_ttl": 60_000_000_000, "allow_rollup_hdrs": True}
        await asked(client, f"STREAM.CREATE.{name}", name=name, subjects=[f"{name}.>"], **config)

    do(stack, make)
    (one,) = json.loads(told("nats", "stream", name, "--interval", "100ms"))
    row = one["stream"]
    assert row["allows"] == ["message TTL", "schedules", "atomic batches"]
    assert (row["delete_marker_ttl"], row["lacks"]) == (60.0, [])


def test_a_scheduled_message_says_when_it_is_published(stack, told, name):
    due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))

    async def make(client):
        config = {"allow_msg_schedules": True, "allow_rollup_hdrs": True}
        await asked(client, f"STREAM.CREATE.{name}", name=name, subjects=[f"{name}.>"], **config)
        at = {"Nats-Schedule": f"@at {due}", "Nats-Schedule-Target": f"{name}.out"}
        await client.jetstream().publish(f"{name}.at", b"x", headers=at)

    do(stack, make)
    record = json.loads(told("history", f"js:{name}"))
    assert record["deliver_at"].startswith(due[:-1])


def test_a_counter_is_a_number(stack, told, name):
    async def make(client):
        config = {"allow_msg_counter": True, "allow_direct": True}
        await asked(client, f"STREAM.CREATE.{name}", name=name, subjects=[f"{name}.>"], **config)
        for more in ("+40", "+2"):
            headers = {"Nats-Incr": more}
            await client.jetstream().publish(f"{name}.n", b"", headers=headers)

    do(stack, make)
    records = [json.loads(line) for line in told("history", f"js:{name}").splitlines()]
    assert records[-1]["value"] == 42


def test_a_consumer_says_until_when_it_is_paused_and_who_is_pinned(stack, told, name):
    until = time.time() + 3600

    async def make(client):
        await asked(client, f"STREAM.CREATE.{name}", name=name, subjects=[f"{name}.>"])
        config = {"durable_name": "work", "ack_policy": "explicit"}
        config |= {"priority_groups": ["A"], "priority_policy": "pinned_client"}
        create = {"stream_name": name, "config": config}
        await asked(client, f"CONSUMER.CREATE.{name}.work", **create)
        inbox = client.new_inbox()
        answers = await client.subscribe(inbox)
        pull = json.dumps({"batch": 1, "group": "A", "expires": 30_000_000_000}).encode()
        await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{name}.work", pull, reply=inbox)
        await client.jetstream().publish(f"{name}.a", b"x")
        await answers.next_msg(timeout=10)
        config = {"durable_name": "held", "ack_policy": "explicit"}
        create = {"stream_name": name, "config": config}
        await asked(client, f"CONSUMER.CREATE.{name}.held", **create)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
        await asked(client, f"CONSUMER.PAUSE.{name}.held", pause_until=moment)

    do(stack, make)
    (one,) = json.loads(told("nats", "stream", name, "--interval", "100ms"))
    rows = {row["name"]: row for row in one["consumers"]}
    held, work = rows["held"], rows["work"]
    assert held["paused"]
    assert held["pause_until"] == pytest.approx(until, abs=1.0)
    assert (work["priority_policy"], work["priority_groups"]) == ("pinned_client", ["A"])
    (pinned,) = work["pinned"]
    assert (pinned["group"], len(pinned["client"]) > 5) == ("A", True)
    assert work["pause_until"] is None
