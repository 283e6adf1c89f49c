"""Every verb in a pseudo-terminal, among names and messages that would take it over."""

import asyncio
import contextlib
import csv
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
import tty
import uuid

import jq
import nats
import pulsar
import pytest
from nats.js.api import ConsumerConfig, StreamConfig

from arcwatch.cli import run
from arcwatch.decode.export import cell
from arcwatch.text.control_characters import on_terminal

EVIL = (
    "\x1b[2J\x1b]52;c;aGk=\x07\x1b]0;title\x07\x9b31m\x90q\x9c\x7f\r\b\t"
    "\u202egpj\u2066\u200b\u2028\ufeff"
)
"""What clears a screen, sets a clipboard and a title, moves back, reverses, hides, breaks lines."""

NAME = EVIL.replace("\t", "").replace("\r", "") + "\U0001f608 日本 [bold]x[/]"
"""The same for what servers would not take whole."""

OBEYED = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
OUR_OWN = re.compile("\r\x1b\\[K|\x1b\\[(?:0|1|1;91|33|35|36)m")
"""What our own line of progress is drawn with, on stderr, and our own colours."""


@pytest.fixture(scope="module")
def evil(stack):
    """A platform on which everything that others may name is named to do harm."""
    mark = uuid.uuid4().hex[:8]
    named = {"stream": f"EVIL{mark}", "topic": f"public/default/evil-{mark}", "mark": mark}
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(stack.pulsar, logger=quiet)
    topic = f"persistent://{named['topic']}"
    sub = client.subscribe(topic, "s", initial_position=pulsar.InitialPosition.Earliest)
    producer = client.create_producer(topic, producer_name=f"p\x1b[2J{mark}")
    for value in (EVIL, '{"a": "' + NAME + '"}'):
        producer.send(value.encode(), partition_key=NAME, properties={NAME: NAME})
    loop = asyncio.new_event_loop()
    connected = loop.run_until_complete(_connected(stack, named))
    publishing = threading.Thread(target=loop.run_forever)
    publishing.start()
    published = asyncio.run_coroutine_threadsafe(_publish(connected, named), loop)
    try:
        yield named
    finally:
        asyncio.run_coroutine_threadsafe(connected.close(), loop).result()
        published.result()
        loop.call_soon_threadsafe(loop.stop)
        publishing.join()
        loop.close()
        sub.close()
        client.close()


async def _connected(stack, named):
    client = await nats.connect(stack.nats, name=f"evil-{named['mark']}{NAME}")
    js = client.jetstream()
    await js.add_stream(StreamConfig(name=named["stream"], subjects=[f"evil.{named['mark']}.s.>"]))
    await js.add_consumer(named["stream"], ConsumerConfig(durable_name="c", description=NAME))
    for value in (EVIL, '{"a": "' + NAME + '"}'):
        subject = f"evil.{named['mark']}.s.{NAME.replace(' ', '')}"
        await js.publish(subject, value.encode(), headers={"X": NAME})
    await client.flush()
    return client


async def _publish(client, named):
    """Go on saying it, so that whoever listens hears it."""
    with contextlib.suppress(nats.errors.Error):
        while not client.is_closed:
            subject = f"evil.{named['mark']}.{NAME.replace(' ', '')}"
            await client.publish(subject, EVIL.encode(), headers={"X": NAME})
            await asyncio.sleep(0.05)


@pytest.fixture
def terminal(monkeypatch):
    """Runs a command line in a pseudo-terminal: the exit code, and all that it was sent."""

    def shown(argv):
        master, slave = pty.openpty()
        tty.setraw(slave)
        read = bytearray()

        def follow():
            with contextlib.suppress(OSError):
                while piece := os.read(master, 65536):
                    read.extend(piece)

        reading = threading.Thread(target=follow)
        reading.start()
        with monkeypatch.context() as patch, os.fdopen(slave, "w", encoding="utf-8") as out:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", out)
            patch.setenv("COLUMNS", "400")  # nothing is cut
            code = run(argv)
        reading.join()
        os.close(master)
        return code, bytes(read).decode()

    return shown


VERBS = {
    "status": "backlog.waiting",
    "top --once --most 100": "evil-",
    "nats connections --filter evil-": "evil-",
    "nats connections --filter evil- --json": "evil-",
    "nats servers": "SERVER",
    "nats closed": "NAME",
    "nats streams": "{stream}",
    "nats stream {stream}": "{stream}",
    "nats consumers": "{stream}",
    "nats buckets": "BUCKET",
    "nats accounts": "$G",
    "nats links": "KIND",
    "pulsar tree --filter {topic}": "evil-",
    "pulsar topics --filter {topic}": "evil-",
    "pulsar topic {topic}": "evil-",
    "pulsar subscriptions --filter {topic}": "evil-",
    "backlog --filter evil": "{topic}",
    "backlog pulsar:{topic}#s --exact": "2 messages",
    "deadletters": "SUBSCRIPTION",
    "latency": "nats rtt",
    "latency --tail evil.{mark}.> --for 1s": "evil",
    "check": "nasty␛[2J",
    "check --format nagios": "ARCWATCH",
    "check --format prometheus": "arcwatch_check",
    "watch --for 1s": "",
    "tail evil.{mark}.> --count 3 --for 20s": "␛[2J",
    "tail evil.{mark}.> --count 3 --for 20s --json": "\\u001b[2J",
    "tail js:{stream} --since earliest --count 2 --for 20s": "␛[2J",
    "tail pulsar:{topic} --since earliest --count 2 --for 20s": "␛[2J",
    "tail evil.{mark}.> --for 1s --filter .nothing|error": "failed on every message",
    "presence evil.{mark}.* --for 1s": "␛[2J",
    "subjects evil.{mark}.> --for 1s": "␛[2J",
    "history js:{stream}": "␛[2J",
    "history js:{stream} --json": "\\u001b[2J",
    "history js:{stream} --csv": "␛[2J",
    "history pulsar:{topic}": "␛[2J",
    "history pulsar:{topic} --csv": "␛[2J",
    "history pulsar:{topic} --chart": "2 messages",
    "history pulsar:{topic} --state-at now": "␛[2J",
    "history pulsar:{topic} --state-at now --csv": "␛[2J",
    "history pulsar:{topic} --diff earliest now": "␛[2J",
    "history pulsar:{topic} --diff earliest now --csv": "␛[2J",
    "rewind pulsar:{topic}#s --to earliest": "evil",
    "replay js:{stream} --from earliest --onto nats:x.{mark}": "2 messages",
    "context ls": "nasty",
    "context show": "nasty",
    "context test": "nats",
}
"""Each verb, and what shows that it met what would do harm, or at least ran."""


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_sends_a_terminal_what_it_would_obey(stack, evil, terminal, settings, verb):
    places = [f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}"]
    places += [f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}"]
    argv = [word.format_map(evil) for word in verb.split()]
    looking = verb.split()[0] in ("status", "top", "nats", "pulsar", "deadletters", "latency")
    argv += ["--interval", "100ms"] if looking else []
    code, shown = terminal([*argv, *places])
    assert code in (0, 1, 2)
    assert VERBS[verb].format_map(evil) in shown
    assert OBEYED.findall(OUR_OWN.sub("", shown)) == []


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """A settings file whose names would do harm, of contexts and rules."""
    name = "nasty\\u001b[2J\\u009b31m\\u202e"
    path = tmp_path / "arcwatch.toml"
    path.write_text(
        f'default = "{name}"\n[context."{name}"]\nnats = "nats://127.0.0.1:1"\n'
        f'[alerts.rules."{name}"]\nwhen = "backlog.waiting > 0"\n'
    )
    monkeypatch.setenv("ARCWATCH_CONFIG", str(path))


MISTAKES = [
    *([f"{NAME}"], ["tail", f"js:{NAME}"], ["history", f"pulsar:a/b/{NAME}#x"]),
    *(["history", "js:X", "--at", NAME], ["status", "--interval", NAME], ["--theme", NAME]),
    *(["status", "--context", NAME], ["nats", "stream", NAME], ["nats", "connection", NAME]),
    *(["check", "--rule", NAME], ["tail", "x", "--filter", f"/{NAME}(/"], ["--nats", NAME]),
    *(["pulsar", "topic", NAME], ["nats", "servers", "--sort", NAME], ["probe", NAME]),
    ["latency", "--baseline", NAME],
]


@pytest.mark.parametrize("argv", MISTAKES, ids=lambda argv: argv[0][:10] + str(len(argv)))
def test_no_mistake_is_told_with_what_a_terminal_would_obey(terminal, argv):
    code, shown = terminal([*argv, "--nats-monitor", "http://127.0.0.1:1", "--pulsar", "off"])
    assert code in (1, 2, 3)
    assert OBEYED.findall(shown) == []


def test_the_last_line_of_defence_keeps_lines_apart():
    shown = on_terminal(f"a{EVIL}\r\nb\n")
    assert (shown.count("\n"), OBEYED.findall(shown)) == (2, [])


async def test_what_a_server_says_of_itself_is_printable(terminal, serve):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        told = f"HTTP/1.1 500 {NAME.encode('ascii', 'replace').decode()}\r\nServer: x\x1b[2J\r\n"
        writer.write(f"{told}Content-Length: {len(EVIL.encode())}\r\n\r\n{EVIL}".encode())

    port = await serve(answer)
    url = f"http://127.0.0.1:{port}"
    argv = ["status", "--nats", "off", "--nats-monitor", url, "--pulsar-admin", url]
    code, shown = await asyncio.to_thread(terminal, argv)
    assert code == 1
    assert "␛[2J␛]52;c;aGk=␇" in shown
    assert OBEYED.findall(OUR_OWN.sub("", shown)) == []


# -- into pipes and files: exact, and read back by what reads such formats ----------------------


@pytest.fixture
def piped(stack, capfdbinary):
    """The bytes that a history writes where there is no terminal."""

    def tell(*argv):
        places = [f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}"]
        places += [f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}"]
        assert run(["history", *argv, *places]) == 0
        sys.stdout.flush()
        return capfdbinary.readouterr().out

    return tell


@pytest.mark.parametrize("address", ["js:{stream}", "pulsar:{topic}"])
def test_json_into_a_pipe_is_a_record_a_line_for_every_reader(evil, piped, address):
    lines = piped(address.format_map(evil), "--json").split(b"\n")
    assert lines.pop() == b""
    records = [json.loads(line) for line in lines]
    assert records[0]["value"] == EVIL
    assert [jq.compile(".").input_text(line.decode()).first() for line in lines] == records
    if binary := shutil.which("jq"):
        done = subprocess.run([binary, "-c", "."], input=b"\n".join(lines), stdout=subprocess.PIPE)
        assert [json.loads(line) for line in done.stdout.splitlines()] == records


@pytest.mark.parametrize("address", ["js:{stream}", "pulsar:{topic}"])
def test_csv_into_a_pipe_has_every_character_of_what_was_sent(evil, piped, address):
    written = piped(address.format_map(evil), "--csv").decode()
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    records = [json.loads(line) for line in piped(address.format_map(evil), "--json").splitlines()]
    assert len(rows) == len(records) == 2
    for row, record in zip(rows, records, strict=True):
        assert row.keys() == record.keys()
        assert row["value"] == cell(record["value"])
        assert json.loads(row["headers"]) == record["headers"]
    assert rows[0]["value"] == EVIL
    assert rows[0]["key"] in ("", NAME)
