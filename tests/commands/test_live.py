"""A verb that goes on: over itself on a terminal, one look below the other into a pipe."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

SGR = re.compile("\x1b\\[[0-9;]*m")
ENTERED, LEFT, HOME = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H"


def command(stack, *words):
    places = [f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}"]
    places += [f"--pulsar={stack.pulsar}", f"--pulsar-admin={stack.pulsar_admin}"]
    return [sys.executable, "-m", "arcwatch", *words, *places]


def read_until(read, wanted, seconds=60.0):
    """What comes until ``wanted`` is in it, decoded."""
    text, end = b"", time.monotonic() + seconds
    while not re.search(wanted, text.decode(errors="replace"), re.DOTALL):
        ready, _, _ = select.select([read], [], [], max(0.0, end - time.monotonic()))
        piece = os.read(read, 65536) if ready else b""
        if not piece:
            break
        text += piece
    return text.decode()


def read_to_end(read):
    """All that is left: who stops reading holds up whoever writes more than a terminal takes."""
    text = b""
    with contextlib.suppress(OSError):  # as Linux says of a terminal whose other end is gone
        while piece := os.read(read, 65536):
            text += piece
    return text.decode()


VERBS = [
    "backlog", "status", "top", "nats servers", "nats closed", "nats streams", "pulsar brokers",
    "pulsar topics", "pulsar tree", "deadletters", "latency", "why js:NOWHERE",
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_table_can_be_watched_in_a_pipe_and_ends_well(stack, verb):
    words = [*verb.split(), "--watch=500ms"]
    with subprocess.Popen(command(stack, *words), stdout=subprocess.PIPE) as process:
        text = read_until(process.stdout.fileno(), r"-- \d.*-- \d.*\n")
        process.send_signal(signal.SIGINT)
        text += process.stdout.read().decode()
    assert process.returncode == 0
    assert "\x1b" not in text
    looks = re.findall(r"^-- (\d{4}-\d\d-\d\dT\S+Z)$", text, re.MULTILINE)
    assert len(looks) > 1
    assert looks == sorted(looks)


def test_json_is_a_line_a_look(stack):
    words = ["nats", "servers", "--json", "--watch=500ms"]
    with subprocess.Popen(command(stack, *words), stdout=subprocess.PIPE) as process:
        text = read_until(process.stdout.fileno(), r"\n.*\n")
        process.send_signal(signal.SIGINT)
        text += process.stdout.read().decode()
    assert process.returncode == 0
    assert [json.loads(line)[0]["server_name"] for line in text.splitlines()[:2]]


def watched_on_a_terminal(stack, *words, rows=24, columns=100, **environ):
    """All that a terminal was sent until the third look, and by ctrl-c; and the exit code."""
    master, slave = pty.openpty()
    env = os.environ | {"TERM": "xterm-256color", "LINES": str(rows), "COLUMNS": str(columns)}
    env.pop("NO_COLOR", None)
    process = subprocess.Popen(
        command(stack, *words), stdin=slave, stdout=slave, stderr=slave, env=env | environ,
        start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    home = re.escape(HOME)
    text = read_until(master, f"{home}.*{home}.*{home}")
    process.send_signal(signal.SIGINT)
    text += read_to_end(master)
    code = process.wait(60)
    os.close(master)
    return text, code


def test_a_terminal_is_drawn_over_and_given_back(stack):
    text, code = watched_on_a_terminal(stack, "nats", "servers", "--watch=500ms")
    assert code == 0
    assert text.startswith(ENTERED)
    drawn, _, after = text.partition(LEFT)
    assert "\x1b[2J" not in drawn
    looks = drawn.split(HOME)[1:]
    assert len(looks) >= 3
    for look in looks:
        assert "ctrl-c ends" in look
        assert not look.endswith("\n")
        assert all(line.endswith("\x1b[K") for line in look.removesuffix("\x1b[J").split("\r\n"))
    # what was seen last stays, and the headings are bold
    assert "\x1b[1mSERVER\x1b[0m" in after


def test_what_does_not_fit_is_counted(stack):
    text, _ = watched_on_a_terminal(stack, "status", "--watch=500ms", rows=3, columns=40)
    look = SGR.sub("", text.split(HOME)[-1].partition(LEFT)[0])
    lines = look.removesuffix("\x1b[J").split("\r\n")
    assert len(lines) == 3
    assert re.match("… \\d+ more lines", lines[-1])
    assert all(len(line.removesuffix("\x1b[K")) <= 40 for line in lines)


def test_without_colours_there_is_bold_alone(stack):
    text, _ = watched_on_a_terminal(stack, "backlog", "--watch=500ms", NO_COLOR="1")
    assert set(SGR.findall(text)) <= {"\x1b[1m", "\x1b[0m"}


def test_a_time_that_is_none_is_refused(stack):
    found = subprocess.run(
        command(stack, "backlog", "--watch=soon"), capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert "cannot use 'soon' as a time" in found.stderr


def test_an_address_behind_the_flag_is_no_time(stack):
    words = ["backlog", "--watch", "js:NOWHERE", "--json"]
    with subprocess.Popen(command(stack, *words), stdout=subprocess.PIPE) as process:
        text = read_until(process.stdout.fileno(), r"\n")
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert (process.returncode, json.loads(text.splitlines()[0])) == (0, [])


@pytest.mark.parametrize("words", [["events"], ["watch"], ["backlog", "--watch=1h"]], ids=str)
def test_a_verb_ends_when_its_reader_does(stack, words):
    with subprocess.Popen(
        command(stack, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        # that it has begun is said on neither side: it ends well from the first moment on
        process.stdout.close()
        assert process.wait(30) == 0
        assert b"bug" not in process.stderr.read()
