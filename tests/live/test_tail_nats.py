"""A tail of NATS: what a plain client receives, through trouble, and without harm."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import httpx
import nats
import psutil
import pytest

from arcwatch.config.settings import load
from arcwatch.errors import SourceError
from arcwatch.model.tail import TailOptions
from arcwatch.processes.tail_client import TailProcess
from arcwatch.sources.jetstream import tail as jetstream_tail
from arcwatch.sources.nats import connection, sampling
from arcwatch.sources.nats import tail as nats_tail
from arcwatch.sources.nats.queue_groups import queue_groups
from arcwatch.sources.net.http import new_client
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import free_ports, is_free
from tests.processed import processed


class Server:
    """A nats-server that can be killed and started again."""

    def __init__(self, folder, more=""):
        self.port, self.monitor = free_ports(2)
        self._config = folder / "nats.conf"
        self._config.write_text(
            f'listen: "127.0.0.1:{self.port}"\nhttp: "127.0.0.1:{self.monitor}"\n'
            f'jetstream {{ store_dir: "{folder}" }}\n{more}'
        )
        self.process = None

    def start(self):
        argv = [executable(), "-c", self._config]
        self.process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        while is_free(self.port) or is_free(self.monitor):
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def url(self, user=""):
        return f"nats://{user}127.0.0.1:{self.port}"

    def settings(self, user=""):
        places = {"nats": self.url(user), "nats_monitor": f"http://127.0.0.1:{self.monitor}"}
        return load({**places, "pulsar": "off"}, environ={"ARCWATCH_CONFIG": os.devnull})

    def ask(self, path, **query):
        return httpx.get(f"http://127.0.0.1:{self.monitor}/{path}", params=query).json()


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    found.start()
    yield found
    found.kill()


def followed(counts, number=0):
    return lambda: number in counts and counts[number].state == "following"


async def test_it_sees_what_a_plain_client_receives(server, until, tailed):
    client = await nats.connect(server.url())
    received = []

    async def receive(message):
        received.append((message.subject, message.data, message.headers or {}, message.reply))

    await client.subscribe("a.>", cb=receive)
    async with tailed(server.settings(), "a.>", mode="full") as (_, seen, counts):
        await until(followed(counts))
        for number in range(2_000):
            headers = {"n": str(number), "x": "é:1"} if number % 3 else None
            reply = "_INBOX.x" if number % 5 == 0 else ""
            body = bytes([number % 256]) * (number % 700)
            await client.publish(f"a.{number % 7}", body, reply=reply, headers=headers)
        await client.publish("a.large", os.urandom(900_000))
        await client.publish("a.odd", b"MSG a.b a1 5\r\n\xff\x00")
        await processed(client)
        await until(lambda: len(seen) >= 2_002)
        told = [(m.subject, m.body, dict(m.headers), m.reply or "") for m in seen]
        assert told == received
        assert (counts[0].seen, counts[0].dropped_here) == (2_002, 0)
        (own,) = [c for c in server.ask("connz")["connections"] if "arcwatch" in c.get("name", "")]
        assert own["name"].startswith("arcwatch/")
    await client.close()


async def test_plumbing_is_hidden_unless_asked_for(server, until, tailed):
    client = await nats.connect(server.url())
    async with tailed(server.settings(), ">", "$KV.>") as (_, seen, counts):
        await until(lambda: followed(counts)() and followed(counts, 1)())
        for subject in ("_INBOX.a", "$KV.bucket.key", "shown"):
            await client.publish(subject, b"")
        await processed(client)
        await until(lambda: len(seen) >= 2)
        assert {(m.origin, m.subject) for m in seen} == {(0, "shown"), (1, "$KV.bucket.key")}
    await client.close()


async def test_requests_come_with_their_replies_and_nobody_elses(server, until, tailed):
    client = await nats.connect(server.url())

    async def answer(message):
        await message.respond(b"done")

    await client.subscribe("svc", cb=answer)
    async with tailed(server.settings(), "svc", requests=True) as (tail, seen, counts):
        await until(followed(counts))
        await client.publish("_INBOX.other.1", b"not shown")
        await client.request("svc", b"do")
        await until(lambda: len(seen) >= 2)
        (request, reply) = sorted(seen, key=lambda m: m.subject != "svc")
        assert (request.body, reply.body, reply.subject) == (b"do", b"done", request.reply)
        assert len(seen) == 2
        # from here on the request alone
        tail.set_mode("full", requests=False)
        await until(lambda: "_INBOX.>" not in subjects(server))
        await client.request("svc", b"again")
        await until(lambda: len(seen) == 3)
        tail.set_mode("full", requests=True)
        await until(lambda: "_INBOX.>" in subjects(server))
        await client.request("svc", b"and again")
        await until(lambda: len(seen) == 5)
    await client.close()


async def test_a_status_of_the_server_is_shown_with_its_description(server, until, tailed):
    client = await nats.connect(server.url())
    await client.jetstream().add_stream(name="EMPTY", subjects=["empty.>"])
    consumer = nats.js.api.ConsumerConfig(durable_name="puller", ack_policy="explicit")
    await client.jetstream().add_consumer("EMPTY", consumer)
    async with tailed(server.settings(), "held.>") as (_, seen, counts):
        await until(followed(counts))
        next_one = "$JS.API.CONSUMER.MSG.NEXT.EMPTY.puller"
        await client.publish(next_one, b'{"batch": 1, "no_wait": true}', reply="held.1")
        await client.publish(next_one, b'{"batch": 1, "expires": 100000000}', reply="held.2")
        await until(lambda: len(seen) == 2)
    told = {message.subject: dict(message.headers) for message in seen}
    assert told["held.1"] == {"Status": "404", "Description": "No Messages"}
    assert (told["held.2"]["Status"], told["held.2"]["Description"]) == ("408", "Request Timeout")
    await client.close()


def subjects(server):
    told = server.ask("subsz", subs=1)["subscriptions_list"]
    return [each["subject"] for each in told]


async def test_the_queue_groups_of_a_subject_are_named_with_their_members(server):
    client = await nats.connect(server.url())
    for subject, group in [("svc.a", "workers"), ("svc.*", "workers"), (">", "audit"), (">", "")]:
        await client.subscribe(subject, queue=group)
    await client.subscribe("svc.b", queue="elsewhere")
    await processed(client)
    monitors = server.settings().nats_monitors
    async with new_client() as http:
        assert await queue_groups(http, monitors, "svc.a") == {"workers": 2, "audit": 1}
        with pytest.raises(SourceError):
            await queue_groups(http, monitors, "svc.*")
        assert await queue_groups(http, [*monitors, *monitors], "x") == {"audit": 1}
    await client.close()


USERS = """
authorization { users: [
  { user: all, password: s3cret }
  { user: some, password: s3cret, permissions: { subscribe: ["open.>", "_INBOX.>"] } } ] }
"""


async def test_a_subject_that_may_not_be_read_is_told_and_the_others_go_on(tmp_path, until, tailed):
    server = Server(tmp_path, USERS)
    server.start()
    try:
        places = ("shut.Orders", "open.a")
        async with tailed(server.settings("some:s3cret@"), *places) as (_, seen, counts):
            await until(lambda: counts and counts[0].state == "failed")
            assert 'Permissions Violation for Subscription to "shut.Orders"' in counts[0].text
            client = await nats.connect(server.url("all:s3cret@"))
            await client.publish("open.a", b"1")
            await client.publish("shut.Orders", b"2")
            await processed(client)
            await until(lambda: seen)
            assert [m.subject for m in seen] == ["open.a"]
            await client.close()
        async with tailed(server.settings("some:wrong@"), "open.a") as (_, _, counts):
            await until(lambda: counts and "authorization" in counts[0].text.lower())
            assert counts[0].state == "connecting"
            assert "wrong" not in counts[0].text
    finally:
        server.kill()


async def test_it_goes_on_after_the_server_was_killed(server, until, monkeypatch, tailed):
    for module in (connection, jetstream_tail):
        monkeypatch.setattr(module, "RETRY", 0.2)
    client = await nats.connect(server.url())
    jetstream = client.jetstream()
    await jetstream.add_stream(name="S", subjects=["s"])
    async with tailed(server.settings(), "s", "js:S") as (_, seen, counts):
        await until(lambda: followed(counts)() and followed(counts, 1)())
        await jetstream.publish("s", b"1")
        await until(lambda: len(seen) == 2)
        await client.close()
        server.kill()
        await until(lambda: counts[0].state == "reconnecting")
        server.start()
        await until(lambda: followed(counts)() and followed(counts, 1)())
        assert counts[0].gaps == 1
        assert "missing" in counts[0].text
        client = await nats.connect(server.url())
        await client.jetstream().publish("s", b"2")
        await until(lambda: len(seen) == 4)
        assert [m.body for m in seen if m.source == "js"] == [b"1", b"2"]
    await client.close()


async def test_a_stream_is_read_whole_and_nothing_is_left_behind(server, until, tailed):
    client = await nats.connect(server.url())
    jetstream = client.jetstream()
    await jetstream.add_stream(name="L", subjects=["l.>"])
    for number in range(2_500):
        await client.publish(f"l.{number % 2}", b"%d" % number)
    await processed(client)
    places = ("js:L", "js:L/l.1", "js:NONE")
    async with tailed(server.settings(), *places, since="earliest") as (_, seen, counts):
        await until(lambda: len(seen) >= 3_750)
        assert [m.body for m in seen if m.origin == 0] == [b"%d" % n for n in range(2_500)]
        assert [m.id for m in seen if m.origin == 1] == [f"#{n}" for n in range(2, 2_501, 2)]
        assert (counts[2].state, counts[2].text) == ("failed", "no such stream (js:NONE)")
        (ours, _) = consumers(server)
        assert ours.startswith("arcwatch-")
    await until(lambda: not consumers(server))
    await client.close()


async def test_a_work_queues_messages_stay_its_own(server, until, tailed):
    client = await nats.connect(server.url())
    jetstream = client.jetstream()
    for name, direct in (("W", True), ("V", False)):
        subjects = [name.lower()]
        await jetstream.add_stream(
            name=name, subjects=subjects, retention="workqueue", allow_direct=direct
        )
        await jetstream.add_consumer(name, durable_name="worker", ack_policy="explicit")
        for number in range(30):
            await jetstream.publish(subjects[0], b"%d" % number, headers={"n": str(number)})
    before = consumers(server)
    async with tailed(server.settings(), "js:W", "js:V", since="#1") as (_, seen, _):
        await until(lambda: len(seen) >= 60)
        assert [m.body for m in seen if m.address == "js:W"] == [b"%d" % n for n in range(30)]
        assert [m.body for m in seen if m.address == "js:V"] == [b"%d" % n for n in range(30)]
        assert seen[-1].headers == (("n", "29"),)
        assert consumers(server) == before == ["worker", "worker"]
        for name in ("W", "V"):
            worker = await jetstream.pull_subscribe_bind("worker", stream=name)
            assert [m.data for m in await worker.fetch(30)] == [b"%d" % n for n in range(30)]
    await client.close()


def consumers(server):
    account = server.ask("jsz", consumers=1)["account_details"][0]
    streams = account["stream_detail"]
    return [c["name"] for s in streams for c in s.get("consumer_detail") or []]


async def test_a_flood_turns_auto_to_samples_and_back(server, until, monkeypatch, tailed):
    monkeypatch.setattr(sampling, "CEILING", 500.0)
    monkeypatch.setattr(sampling, "BURST", 600)
    monkeypatch.setattr(nats_tail, "CALM", 0.5)
    client = await nats.connect(server.url())
    async with tailed(server.settings(), "flood") as (_, seen, counts):
        await until(followed(counts))
        for _ in range(30):
            for _ in range(500):
                await client.publish("flood", b"x" * 100)
            await processed(client)
            await asyncio.sleep(0.01)
        await until(lambda: counts[0].mode == "sampled")
        assert counts[0].seen < 10_000
        while counts[0].mode == "sampled":
            await client.publish("flood", b"slow")
            await asyncio.sleep(0.02)
        assert counts[0].text == ""
        assert server.ask("varz")["slow_consumers"] == 0
        assert len(seen) == counts[0].seen
    await client.close()


async def test_the_process_counts_what_its_parent_does_not_take(server, until):
    client = await nats.connect(server.url())
    options = TailOptions(("f",), mode="full", waiting=1_000)
    async with TailProcess(server.settings(), options) as tail:
        frames = tail.frames()
        frame = await anext(frames)
        while frame.counts[0].state != "following":
            frame = await anext(frames)
        for number in range(60_000):
            await client.publish("f", b"%d" % number + b"." * 300)
        await processed(client)
        taken = 0
        while frame.counts[0].seen < 60_000 or taken + frame.counts[0].dropped_here < 60_000:
            frame = await anext(frames)
            taken += frame.count
        assert frame.counts[0].dropped_here > 0
        assert taken + frame.counts[0].dropped_here == 60_000
        assert str(server.port) not in " ".join(psutil.Process(tail.pid).cmdline())
    await client.close()


PARENT = """
import asyncio, os, sys
from arcwatch.config.settings import load
from arcwatch.errors import SourceError
from arcwatch.model.tail import TailOptions
from arcwatch.processes.tail_client import TailProcess

async def main():
    settings = load({"nats": sys.argv[1], "nats_monitor": "off", "pulsar": "off"})
    async with TailProcess(settings, TailOptions(("a",))) as tail:
        print(tail.pid, flush=True)
        async for _ in tail.frames():
            pass

asyncio.run(main())
"""


async def test_the_process_ends_with_its_parent_however_that_ends(server, until):
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, server.url(), stdout=subprocess.PIPE
    )
    pid = int(await parent.stdout.readline())
    await until(
        lambda: any("arcwatch" in c.get("name", "") for c in server.ask("connz")["connections"])
    )
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    await until(lambda: not server.ask("connz")["connections"])
    await until(lambda: not psutil.pid_exists(pid))
