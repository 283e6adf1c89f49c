"""The traffic on real brokers, seen through the brokers' own answers."""

import signal
import subprocess
import sys
import threading
import time

import httpx
import pulsar
import pytest

from arcwatch.stack.nats_broker import NatsBroker
from arcwatch.stack.ports import Ports

PACE = 8
"""A wave of three minutes takes 23 seconds."""

NOWHERE = ["--nats", "nats://127.0.0.1:9"]


class Traffic:
    """``python -m arcwatch.stack.traffic`` with ``flags``, and the lines it wrote."""

    def __init__(self, *flags):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "arcwatch.stack.traffic", *flags],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdin.close()
        self.process.stderr.close()

    def _read(self):
        self.lines.extend(self.process.stderr)

    def says(self, line):
        """Wait until it has written ``line``."""
        if not eventually(lambda: f"arcwatch traffic: {line}\n" in self.lines):
            pytest.fail(f"not said: {line}; but {self.lines}")

    def end(self):
        """Its exit code after SIGTERM."""
        self.process.terminate()
        return self.process.wait(timeout=15)


def eventually(look, seconds=90):
    """The first true answer of ``look``, which asks a server; else its last."""
    end = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < end:
        time.sleep(0.2)
    return seen


def get(url, **query):
    return httpx.get(url, params=query).raise_for_status().json()


def on(server, pace=1):
    """The flags for both brokers of ``server``."""
    urls = {"nats": server.nats, "pulsar": server.pulsar, "pulsar-admin": server.pulsar_admin}
    return [word for name, url in urls.items() for word in (f"--{name}", url)] + [f"--pace={pace}"]


def test_a_second_run_finds_everything_there_and_writes_no_second_history(stack):
    audited = []
    for _ in range(2):
        with Traffic(*on(stack)) as run:
            run.says("pulsar: flowing")
            audited.append(topic(stack, "audit/log")["msgInCounter"])
            assert run.end() == 0, run.lines
    assert 5000 <= audited[0] <= audited[1] < 6000


@pytest.fixture(scope="module")
def traffic(stack):
    with Traffic(*on(stack, PACE)) as running:
        running.says("nats: flowing")
        running.says("pulsar: flowing")
        yield stack
        assert running.end() == 0
    assert len(running.lines) == 4


def connections(server):
    answer = get(f"{server.nats_monitor}/connz", subs="detail")
    return {connection["name"]: connection for connection in answer["connections"]}


def subscribed(connection):
    return {(sub["subject"], sub.get("qgroup")) for sub in connection["subscriptions_list_detail"]}


def topic(server, name):
    """Statistics of a topic, ``None`` while there is none; of all its partitions together."""
    path = f"{server.pulsar_admin}/admin/v2/persistent/arc/{name}"
    kind = "partitioned-stats" if name == "agents/task-events" else "stats"
    answer = httpx.get(f"{path}/{kind}")
    return answer.json() if answer.is_success else None


def subscription(server, name, of):
    return topic(server, name)["subscriptions"][of]


def test_agents_send_heartbeats_on_connections_of_their_own(traffic):
    def beating():
        return all(connections(traffic)[f"agent-{n:02d}"]["in_msgs"] > 3 for n in range(1, 25))

    assert eventually(beating)


def test_workers_share_a_queue_group_and_answer(traffic):
    def answered():
        seen = connections(traffic)
        return seen["gateway"]["out_msgs"] > 100 and all(
            seen[worker]["in_msgs"] > 10 for worker in ("worker-1", "worker-2", "worker-3")
        )

    assert eventually(answered)
    workers = [connections(traffic)[f"worker-{n}"] for n in (1, 2, 3)]
    assert all(("arc.tasks.request", "workers") in subscribed(worker) for worker in workers)


def test_events_are_listened_to(traffic):
    assert eventually(lambda: connections(traffic)["event-log"]["out_msgs"] > 500)
    assert ("arc.events.>", None) in subscribed(connections(traffic)["event-log"])


def work_stream(server):
    answer = get(f"{server.nats_monitor}/jsz", consumers=1, config=1)
    streams = [s for account in answer["account_details"] for s in account["stream_detail"]]
    (found,) = (stream for stream in streams if stream["name"] == "ARC_WORK")
    return found, {consumer["name"]: consumer for consumer in found["consumer_detail"]}


def test_the_work_stream_is_bounded(traffic):
    stream, consumers = work_stream(traffic)
    config = stream["config"]
    assert (config["retention"], config["subjects"]) == ("limits", ["arc.work.>"])
    assert config["max_age"] == 1800 * 10**9
    assert config["max_bytes"] == 64 << 20
    assert {c["config"]["ack_policy"] for c in consumers.values()} == {"explicit"}


def test_one_consumer_keeps_up_and_one_falls_behind_and_catches_up(traffic):
    def pending():
        return {name: c["num_pending"] for name, c in work_stream(traffic)[1].items()}

    assert eventually(lambda: pending()["archiver"] > 500)
    assert pending()["indexer"] < 200
    assert eventually(lambda: pending()["archiver"] < 100)


def test_every_type_of_subscription_is_there_and_consumes(traffic):
    expected = {
        ("agents/task-events", "workers"): ("Shared", 2),
        ("agents/task-events", "billing"): ("Shared", 2),
        ("agents/task-events", "projector"): ("Key_Shared", 3),
        ("agents/metrics", "rollup"): ("Failover", 2),
        ("agents/tool-calls", "sandbox"): ("Shared", 1),
        ("audit/log", "compliance"): ("Exclusive", 1),
        ("cdc/orders", "warehouse"): ("Failover", 2),
    }
    for (name, of), (kind, consumers) in expected.items():
        seen = subscription(traffic, name, of)
        assert (seen["type"], len(seen["consumers"])) == (kind, consumers)
        assert eventually(lambda name=name, of=of: subscription(traffic, name, of)["msgOutCounter"])


def test_every_consumer_of_the_key_shared_subscription_has_work(traffic):
    def busy():
        consumers = subscription(traffic, "agents/task-events", "projector")["consumers"]
        return all(consumer["msgOutCounter"] > 50 for consumer in consumers)

    assert eventually(busy)


def test_the_backlog_of_billing_grows_and_drains(traffic):
    def waiting():
        return subscription(traffic, "agents/task-events", "billing")["msgBacklog"]

    assert eventually(lambda: waiting() > 500)
    assert subscription(traffic, "agents/task-events", "workers")["msgBacklog"] < 200
    assert eventually(lambda: waiting() < 200)


def test_malformed_tool_calls_end_in_the_dead_letter_topic(traffic):
    name = "agents/tool-calls-sandbox-DLQ"
    assert eventually(lambda: (topic(traffic, name) or {}).get("msgInCounter", 0) > 3)
    assert subscription(traffic, name, "triage")["msgBacklog"] > 3


@pytest.fixture
def read(traffic):
    """Reads the first messages of a topic."""
    client = pulsar.Client(
        traffic.pulsar, logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, "/dev/null")
    )

    def first(name, count):
        reader = client.create_reader(f"persistent://arc/{name}", pulsar.MessageId.earliest)
        return [reader.read_next(5000) for _ in range(count)]

    yield first
    client.close()


def test_a_dead_letter_says_where_it_comes_from(traffic, read):
    name = "agents/tool-calls-sandbox-DLQ"
    assert eventually(lambda: topic(traffic, name))
    (letter,) = read(name, 1)
    assert letter.properties()["REAL_TOPIC"] == "persistent://arc/agents/tool-calls"
    assert not letter.data().endswith(b" ms")


def test_the_audit_log_begins_with_days_of_history(traffic, read):
    entries = read("audit/log", 5000)
    days = {entry.event_timestamp() // 86_400_000 for entry in entries}
    assert len(days) >= 7
    retention = get(f"{traffic.pulsar_admin}/admin/v2/namespaces/arc/audit/retention")
    assert retention == {"retentionTimeInMinutes": 43200, "retentionSizeInMB": 256}


def test_a_batch_of_task_events_holds_several_messages_of_one_key(traffic, read):
    batches = {}
    for event in read("agents/task-events-partition-0", 200):
        id = event.message_id()
        batches.setdefault((id.ledger_id(), id.entry_id()), []).append(event.partition_key())
    assert all(len(set(keys)) == 1 for keys in batches.values())
    assert len(batches) < 200 / 2


def test_order_changes_hold_tombstones(traffic, read):
    changes = read("cdc/orders", 400)
    assert any(change.has_null_value() for change in changes)


def test_every_namespace_is_bounded(traffic):
    for name in ("agents", "audit", "cdc"):
        policies = get(f"{traffic.pulsar_admin}/admin/v2/namespaces/arc/{name}")
        assert policies["message_ttl_in_seconds"] <= 86400
        assert 0 < policies["retention_policies"]["retentionSizeInMB"] <= 256


@pytest.mark.parametrize(
    ("name", "kind"), [("agents/task-events", "JSON"), ("agents/metrics", "AVRO")]
)
def test_schemas_are_registered(traffic, name, kind):
    schema = get(f"{traffic.pulsar_admin}/admin/v2/schemas/arc/{name}/schema")
    assert schema["type"] == kind


def test_it_waits_for_a_server_that_is_not_there_and_ends_when_told():
    with Traffic(*NOWHERE) as waiting:
        waiting.says("nats: waiting for the server")
        assert waiting.end() == 0


def test_a_tied_one_ends_with_its_starter():
    with Traffic(*NOWHERE, "--tied") as tied:
        tied.says("nats: waiting for the server")
        tied.process.stdin.close()
        # 0 in good order, 1 where the machine is too busy for that; either way it has gone
        assert tied.process.wait(timeout=15) in (0, 1)


@pytest.fixture
def serve(tmp_path):
    """Starts the same nats-server again and again; ends the last one."""
    ports = Ports.free()
    command = NatsBroker(tmp_path, ports).command()
    servers = []

    def start():
        servers.append(subprocess.Popen(command.argv, stderr=subprocess.DEVNULL))
        return servers[-1]

    start.ports = ports
    yield start
    servers[-1].kill()
    servers[-1].wait()


def delivered(monitor):
    """Messages the consumer that keeps up has taken; 0 when the server does not answer.

    Not those acknowledged in order: what was under way when a server died is waited for 30 s.
    """
    try:
        accounts = get(f"{monitor}/jsz", consumers=1).get("account_details", [])
    except httpx.TransportError:
        return 0
    streams = [stream for account in accounts for stream in account["stream_detail"]]
    consumers = [consumer for stream in streams for consumer in stream["consumer_detail"]]
    return sum(c["delivered"]["consumer_seq"] for c in consumers if c["name"] == "indexer")


def test_it_survives_a_server_that_is_killed_and_comes_back(serve):
    monitor = f"http://127.0.0.1:{serve.ports.nats_monitor}"
    server = serve()
    with Traffic("--nats", f"nats://127.0.0.1:{serve.ports.nats}") as traffic:
        traffic.says("nats: flowing")
        assert (before := eventually(lambda: delivered(monitor)))
        server.kill()
        server.wait()
        traffic.says("nats: the server does not answer")
        serve()
        assert eventually(lambda: delivered(monitor) > before)
        assert eventually(lambda: len(traffic.lines) == 4)
        assert traffic.end() == 0
    assert traffic.lines[-1] == "arcwatch traffic: nats: flowing\n"


def test_it_ends_when_told_although_a_server_hangs(serve):
    server = serve()
    with Traffic("--nats", f"nats://127.0.0.1:{serve.ports.nats}") as traffic:
        traffic.says("nats: flowing")
        server.send_signal(signal.SIGSTOP)
        assert traffic.end() == 0
