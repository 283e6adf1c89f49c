"""Every figure once: the names of its fields, what is not known, and names meant to do harm."""

import asyncio
import io
import json
import os
import re
import subprocess
import sys
import time
import uuid

import httpx
import nats
import pulsar
import pytest
from msgspec.structs import replace

from arcwatch import __version__
from arcwatch.cli import run
from arcwatch.commands import status as status_verb
from arcwatch.commands.flag_values import interval
from arcwatch.commands.status import status, text
from arcwatch.config.settings import PLACES, load
from arcwatch.engine.alert_evaluator import judge_now
from arcwatch.engine.schedule import Clock
from arcwatch.model.pulsar import PulsarBrokers, PulsarHealth, PulsarTopics
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.alerts.rules import Rule, parse_when
from arcwatch.store.store import Store
from arcwatch.wire.nats_connz import parse_connz_page
from arcwatch.wire.nats_jetstream import parse_jsz
from arcwatch.wire.nats_monitor import parse_healthz, parse_varz
from arcwatch.wire.pulsar_admin import parse_topic
from arcwatch.wire.pulsar_metrics import MetricsPage

FIELDS = {
    "nats.servers": """server_name server_id version healthy uptime connections subscriptions
        slow_consumers in_msgs_rate out_msgs_rate in_bytes_rate out_bytes_rate""",
    "nats.connections": """server_name cid name ip port kind subscriptions pending_bytes
        in_msgs_rate out_msgs_rate in_bytes_rate out_bytes_rate rtt uptime idle""",
    "nats.streams": """stream account messages bytes first_time last_time consumers in_msgs_rate
        limit_used""",
    "nats.consumers": """stream name num_pending num_ack_pending num_redelivered num_waiting
        delivered_rate ack_rate""",
    "pulsar.brokers": """broker version healthy topics msg_rate_in msg_rate_out throughput_in
        throughput_out""",
    "pulsar.topics": """topic partitions msg_rate_in msg_rate_out throughput_in throughput_out
        storage_size offloaded_size backlog_entries backlog_messages subscriptions""",
    "pulsar.topics.subscriptions": """name type backlog_entries backlog_messages backlog_size
        msg_rate_out unacked_messages consumers""",
    "problems": "what where why hint",
}
"""What scripts rely on; every row has ``cluster`` besides."""

RATES = {
    "nats.servers": "in_msgs_rate out_msgs_rate in_bytes_rate out_bytes_rate",
    "nats.connections": "in_msgs_rate out_msgs_rate in_bytes_rate out_bytes_rate",
    "nats.streams": "in_msgs_rate",
    "nats.consumers": "delivered_rate ack_rate",
    "pulsar.brokers": "msg_rate_in msg_rate_out throughput_in throughput_out",
    "pulsar.topics": "msg_rate_in msg_rate_out throughput_in throughput_out",
    "pulsar.topics.subscriptions": "msg_rate_out",
}

HOSTILE = "\x1b[2J\x1b]52;c;aGk=\x07\x9b31m\u202egpj.exe\u2066[bold]x[/]\n\r" + "x" * 10_000

N1, P1, ADMIN = "http://n1:8222", "p1:8080", "http://p1:8080"


@pytest.fixture
def told(recorded):
    """A store that was told what real servers once said: ``told(looks=2, name=None)``.

    With a ``name``, everything that others may name has it.
    """

    def tell(*, looks=2, name=None):
        store = Store()
        for look in range(looks):
            at = 1000.0 + 2 * look
            for source, part, body in said(recorded, at, name):
                system = "nats" if source == N1 else "pulsar"
                store.apply(Reading("local", system, source, part, at, at, 0.01, body))
        return store

    return tell


def said(recorded, at, name):
    varz = parse_varz(recorded("nats-2.15.1/varz.json"))
    connz = parse_connz_page(recorded("nats-2.15.1/connz.json"))
    jsz = parse_jsz(recorded("nats-2.15.1/jsz.json"))
    page = MetricsPage()
    page.feed(recorded("pulsar-4.0.8/metrics.txt"))
    broker = replace(page.finish(P1), clock=None)
    topic = "persistent://arc/agents/task-events-partition-0"
    stats = recorded("pulsar-4.0.8/stats.json"), recorded("pulsar-4.0.8/internalStats.json")
    if name is not None:
        varz = replace(varz, server_name=name, version=name)
        connz = replace(
            connz, connections=tuple(replace(c, name=name) for c in connz.connections[:2])
        )
        jsz = replace(
            jsz,
            streams=tuple(
                replace(s, consumers=tuple(replace(c, name=name) for c in s.consumers[:1]))
                for s in jsz.streams
            ),
        )
        first = next(t for t in broker.topics if t.subscriptions)
        subscription = replace(first.subscriptions[0], name=name, backlog_entries=5)
        hostile = replace(first, name=f"persistent://t/n/{name}", subscriptions=(subscription,))
        broker = replace(broker, version=name, topics=(hostile,))
    return [
        (N1, "varz", replace(varz, now=at)),
        (N1, "healthz", parse_healthz(200, recorded("nats-2.15.1/healthz.json"))),
        (N1, "connz", replace(connz, now=at, server_id=varz.server_id)),
        (N1, "jsz", replace(jsz, now=at, server_id=varz.server_id)),
        (ADMIN, "brokers", PulsarBrokers((P1,))),
        (P1, "metrics", broker),
        (P1, "ready", PulsarHealth(P1, True, "")),
        (ADMIN, "topic", PulsarTopics((parse_topic(topic, *stats, ADMIN),))),
    ]


def document(store):
    return json.loads(status_verb.as_json(status(store, load({}, environ={}), 1_700_000_000.0)))


def rows(document, place):
    """The rows of a place such as ``pulsar.topics``; of subscriptions, those of all topics."""
    if place == "pulsar.topics.subscriptions":
        return [sub for topic in rows(document, "pulsar.topics") for sub in topic["subscriptions"]]
    for name in place.split("."):
        document = document[name]
    return document


# -- the document -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", FIELDS)
def test_every_row_has_the_fields_that_scripts_rely_on(told, place):
    store = told()
    failure = Failure("no answer in time", f"{N1}/jsz", "waited 10 s", "look at it")
    store.apply(Reading("local", "nats", N1, "jsz", 2000.0, 2000.0, 10.0, failure))
    found = rows(document(store), place)
    assert found
    for row in found:
        assert {"cluster", *FIELDS[place].split()} <= row.keys()


@pytest.mark.parametrize("place", RATES)
def test_a_rate_that_is_not_known_yet_is_null_and_not_zero(told, place):
    found = rows(document(told(looks=1)), place)
    assert found
    assert {row[rate] for row in found for rate in RATES[place].split()} == {None}


@pytest.mark.parametrize("place", RATES)
def test_a_rate_of_nothing_is_zero_and_not_null(told, place):
    found = rows(document(told(looks=2)), place)
    assert {row[rate] for row in found for rate in RATES[place].split()} == {0.0}


def test_the_document_says_what_where_and_when(told):
    whole = document(told())
    assert (whole["version"], whole["context"]) == (__version__, "local")
    assert whole["time"] == "2023-11-14T22:13:20.000Z"
    assert whole["problems"] == []


def test_backlog_that_cannot_be_told_in_messages_is_null(told):
    found = rows(document(told()), "pulsar.topics.subscriptions")
    waiting = [sub for sub in found if sub["backlog_entries"]]
    assert waiting
    assert all(sub["backlog_messages"] is None or sub["backlog_messages"] > 0 for sub in waiting)
    assert all(sub["backlog_messages"] == 0 for sub in found if not sub["backlog_entries"])


def test_rows_of_a_silent_server_are_marked_stale(told):
    store = told()
    for part in ("varz", "connz", "jsz"):
        failure = Failure("cannot connect", N1, "refused", "")
        store.apply(Reading("local", "nats", N1, part, 2000.0, 2000.0, 0.0, failure))
    whole = document(store)
    for place in ("nats.servers", "nats.connections", "nats.streams", "nats.consumers"):
        assert {row["stale"] for row in rows(whole, place)} == {True}
    assert {row["stale"] for row in rows(whole, "pulsar.brokers")} == {False}
    assert [problem["what"] for problem in whole["problems"]] == ["cannot connect"]


def test_settings_tell_their_origin_and_no_secret():
    settings = load(
        {"nats": "nats://me:s3cret@n1", "nats_monitor": "me:s3cret@n1,me:s3cret@n2"},
        environ={"ARCWATCH_PULSAR": "off"},
    )
    whole = status(Store(), settings, 0.0)
    assert {place: whole["settings"][place] for place in PLACES} == {
        "nats": {"value": "nats://…@n1:4222", "from": "--nats"},
        "nats_monitor": {
            "value": "http://…@n1:8222,http://…@n2:8222",
            "from": "--nats-monitor",
        },
        "pulsar": {"value": None, "from": "ARCWATCH_PULSAR"},
        "pulsar_admin": {"value": None, "from": "ARCWATCH_PULSAR"},
    }
    assert "s3cret" not in status_verb.as_json(whole)


# -- names meant to do harm ---------------------------------------------------------------------


def harmless(line):
    return line.isprintable() or line.replace("\u3000", " ").isprintable()


def test_no_name_moves_the_cursor_or_fills_the_screen_as_text(told):
    store = told(name=HOSTILE)
    failure = Failure(f"HTTP {HOSTILE}", HOSTILE, HOSTILE, HOSTILE)
    store.apply(Reading("local", "nats", N1, "jsz", 2000.0, 2000.0, 0.0, failure))
    lines = text(store)
    assert len(lines) < 30
    assert all(harmless(line) and len(line) <= 400 for line in lines)
    assert any("␛[2J" in line for line in lines)


def test_no_name_moves_the_cursor_as_json_and_each_comes_back_whole(told):
    written = status_verb.as_json(status(told(name=HOSTILE), load({}, environ={}), 0.0))
    assert all(harmless(line) for line in written.splitlines())
    whole = json.loads(written)
    assert whole["nats"]["connections"][0]["name"] == HOSTILE
    assert whole["nats"]["consumers"][0]["name"] == HOSTILE
    assert whole["pulsar"]["topics"][0]["topic"] == f"persistent://t/n/{HOSTILE}"
    assert whole["pulsar"]["topics"][0]["subscriptions"][0]["name"] == HOSTILE


def test_one_connection_is_not_called_connections(told, recorded):
    store, varz = told(), parse_varz(recorded("nats-2.15.1/varz.json"))
    one = replace(varz, now=1010.0, connections=1)
    store.apply(Reading("local", "nats", N1, "varz", 1010.0, 1010.0, 0.0, one))
    assert any(re.search(r"\b1 connection\b", line) for line in text(store))


# -- the verb -----------------------------------------------------------------------------------


async def test_nothing_answered_is_told_and_leaves_with_1(capsys, serve):
    async def close(reader, writer):
        """Take a connection, and end it without a word."""

    port = await serve(close)
    argv = ["status", "--json", "--interval", "100ms", "--pulsar-admin", f"127.0.0.1:{port}"]
    code = await asyncio.to_thread(run, [*argv, "--nats-monitor", f"me:s3cret@127.0.0.1:{port}"])
    out, err = capsys.readouterr()
    whole = json.loads(out)
    assert (code, err) == (1, "")
    assert (whole["nats"]["servers"], whole["pulsar"]["topics"]) == ([], [])
    assert {problem["system"] for problem in whole["problems"]} == {"nats", "pulsar"}
    assert all(problem["what"] and problem["hint"] for problem in whole["problems"])
    assert "s3cret" not in out


def test_leaving_both_out_is_told(capsys):
    assert run(["status", "--nats", "off", "--pulsar", "off"]) == 1
    assert capsys.readouterr().out.startswith("NATS and Pulsar are both off")


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_certificates_that_cannot_be_read_are_no_bug(capsys, monkeypatch, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert run(["status"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"arcwatch: cannot read certificates (SSL_CERT_FILE={path}): ")
    assert second == "  try: name a file of CA certificates (PEM), or unset the variable"


@pytest.mark.parametrize(
    ("written", "seconds"), [("100ms", 0.1), ("1s", 1.0), ("2", 2.0), ("1.5 s", 1.5), ("1h", 3600)]
)
def test_an_interval_is_a_span_of_time(written, seconds):
    assert interval(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "0", "99ms", "2h", "-1s", "1w", "٣s", "nan", "1e3", "9" * 99]
)
def test_an_interval_that_is_none_is_a_usage_error(capsys, written):
    assert run(["status", f"--interval={written}"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


# -- on real brokers ----------------------------------------------------------------------------


def places(stack):
    flags = {
        "--nats": stack.nats,
        "--nats-monitor": stack.nats_monitor,
        "--pulsar": stack.pulsar,
        "--pulsar-admin": stack.pulsar_admin,
    }
    return [word for pair in flags.items() for word in pair]


def as_process(*argv, **environ):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "arcwatch", *argv],
        capture_output=True,
        env=os.environ | environ,
        timeout=120,
    )


@pytest.fixture(scope="module")
def hostile(stack):
    """A connection and a subscription whose names would take over a terminal."""
    name = "\x1b[2J\x9b31m\u202e[bold]zażółć 日本 " + uuid.uuid4().hex
    topic = f"persistent://public/default/status-{uuid.uuid4().hex}"
    client = pulsar.Client(
        stack.pulsar, logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    )
    client.subscribe(topic, name.replace("\x1b", ""))
    producer = client.create_producer(topic)
    for _ in range(3):
        producer.send(b"x")
    loop = asyncio.new_event_loop()
    connected = loop.run_until_complete(nats.connect(stack.nats, name=name))
    try:
        yield name, topic
    finally:
        loop.run_until_complete(connected.close())
        loop.close()
        client.close()


@pytest.fixture(scope="module")
def written(stack, hostile):
    """What a process of its own writes of the brokers."""
    done = as_process("status", "--json", *places(stack))
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_real_brokers_tell_every_field(stack, written):
    whole = json.loads(written)
    for place in ("nats.servers", "nats.connections", "pulsar.brokers", "pulsar.topics"):
        assert rows(whole, place)
        for row in rows(whole, place):
            assert {"cluster", *FIELDS[place].split()} <= row.keys()
            assert row["cluster"]
    (server,) = whole["nats"]["servers"]
    assert (server["healthy"], server["in_msgs_rate"] is not None) == (True, True)
    (broker,) = whole["pulsar"]["brokers"]
    assert (broker["healthy"], broker["msg_rate_in"] is not None) == (True, True)
    assert whole["settings"]["nats_monitor"]["value"] == stack.nats_monitor
    # what other tests leave behind may be in trouble
    others = ("js:", "pulsar:")
    assert [p for p in whole["problems"] if not p["where"].startswith(others)] == []


def test_hostile_names_of_real_clients_come_back_whole_and_do_no_harm(written, hostile):
    name, topic = hostile
    assert all(harmless(line) for line in written.splitlines())
    whole = json.loads(written)
    assert name in [row["name"] for row in whole["nats"]["connections"]]
    (row,) = [row for row in whole["pulsar"]["topics"] if row["topic"] == topic]
    (sub,) = row["subscriptions"]
    assert (sub["name"], sub["backlog_entries"]) == (name.replace("\x1b", ""), 3)
    assert (sub["backlog_messages"], sub["type"]) == (3.0, "Exclusive")


def check_written(written, flags, name):
    assert all(harmless(line) for line in written.splitlines())
    if flags:
        assert name in [row["name"] for row in json.loads(written)["nats"]["connections"]]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "json"])
def test_any_encoding_of_the_output_will_do(stack, hostile, monkeypatch, flags, encoding):
    name, _ = hostile
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    assert run(["status", *flags, *places(stack), "--interval", "100ms"]) == 0
    check_written(written.getvalue().decode(encoding), flags, name)


def test_an_encoding_that_the_environment_insists_on_will_do(stack, hostile):
    name, _ = hostile
    environ = {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"}
    done = as_process("status", "--json", *places(stack), "--interval", "100ms", **environ)
    assert (done.returncode, done.stderr) == (0, b"")
    check_written(done.stdout.decode("ascii"), ["--json"], name)


def test_watching_leaves_no_subscription_and_loads_no_topic(stack):
    topic = f"public/default/idle-{uuid.uuid4().hex}"
    with httpx.Client(base_url=stack.pulsar_admin, timeout=60) as admin:
        admin.put(f"/admin/v2/persistent/{topic}").raise_for_status()
        admin.put(f"/admin/v2/persistent/{topic}/unload").raise_for_status()
        deadline = time.monotonic() + 30
        while topic in admin.get("/metrics/").text:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert run(["status", "--json", *places(stack), "--interval", "100ms"]) == 0
        assert topic not in admin.get("/metrics/").text


class Later(Clock):
    """Long after the answers."""

    def steady(self):
        return 2_000.0


def test_figures_are_judged_however_long_all_of_them_took(told):
    store = told()
    conditions, lasts = parse_when("backlog.entries > 0")
    clock = Later()
    judge_now(store, [Rule("waits", conditions, lasts)], clock)
    assert {row.state for row in store.alerts.rows()} == {"firing"}
    judge_now(store, [Rule("waits", conditions, lasts)], clock, goes_on=True)
    assert {row.state for row in store.alerts.rows()} == {"pending"}
