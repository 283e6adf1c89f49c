"""The command line: verbs, exit codes, and how everything that goes wrong is told."""

import argparse
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arcwatch import __version__
from arcwatch.cli import VERBS, rewrite_negative_times, run
from arcwatch.commands import status as status_verb
from arcwatch.errors import ArcwatchError, SourceError, StackError, UsageError

NOWHERE = ["--nats", "off", "--pulsar", "off"]
PYTHON = [sys.executable, "-W", "error", "-m", "arcwatch"]
BUFFERED = {"env": os.environ | {"PYTHONUNBUFFERED": ""}}
"""As in a user's shell: what a verb prints is written when it ends."""


@pytest.fixture
def verb(monkeypatch):
    """Makes ``status`` do something else: ``verb(lambda args: 0)``."""
    return lambda does: monkeypatch.setattr(status_verb, "run", does)


def raising(error):
    def does(args):
        raise error

    return does


def told(capsys):
    """What stderr got, line by line; nothing may have gone to stdout."""
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


# -- exit codes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"), [(ArcwatchError, 1), (UsageError, 2), (SourceError, 1), (StackError, 1)]
)
def test_an_error_is_two_lines_and_its_exit_code(verb, capsys, error, code):
    verb(raising(error("no answer", where="http://h:1", why="refused", hint="start it")))
    assert run(["status"]) == code
    assert told(capsys) == ["arcwatch: no answer (http://h:1): refused", "  try: start it"]


def test_an_error_that_comes_out_of_a_task_group_reads_the_same(verb, capsys):
    verb(raising(ExceptionGroup("tasks", [StackError("no Java", hint="uv sync")])))
    assert run(["status"]) == 1
    assert told(capsys) == ["arcwatch: no Java", "  try: uv sync"]


@pytest.mark.parametrize("code", [0, 1])
def test_a_verb_that_ends_well_has_its_own_exit_code(verb, code):
    verb(lambda args: code)
    assert run(["status"]) == code


def test_an_interrupt_is_quiet(verb, capsys):
    verb(raising(KeyboardInterrupt()))
    assert run(["status"]) == 130
    assert told(capsys) == []


def test_what_others_wrote_reaches_no_terminal_raw(verb, capsys):
    verb(raising(ArcwatchError("no\x1b[2Jthing", hint="see\x9b31m\u202eit")))
    run(["status"])
    assert told(capsys) == ["arcwatch: no␛[2Jthing", "  try: see\ufffd31m\ufffdit"]


# -- mistakes on the command line -------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "complaint", "hint"),
    [
        (["statsu"], "argument VERB: invalid choice: 'statsu'", "did you mean status?"),
        (["stack", "zzz"], "argument ACTION: invalid choice: 'zzz'", "one of up, down, status"),
        (["status", "--jsno"], "unrecognized arguments: --jsno", "did you mean --json?"),
        (["status", "--js=1"], "unrecognized arguments: --js=1", "did you mean --json?"),
        (["--contxt", "x"], "unrecognized arguments: --contxt", "did you mean --context?"),
        (["--nats", "off", "--refrsh", "x", "status"], "--refrsh", "did you mean --refresh?"),
        (["pulsar", "--sotr", "in/s"], "unrecognized arguments: --sotr", "did you mean --sort?"),
        (["status", "-x"], "unrecognized arguments: -x", "arcwatch status --help"),
        (["--nats"], "argument --nats: expected one argument", "arcwatch --help"),
        (["stack"], "required: ACTION", "arcwatch stack --help"),
        (["status", "--interval", "soon"], "cannot use 'soon' as a time", "write 500ms"),
        (["--nats", "nats://h", "demo"], "`demo` does not accept --nats", "starts its own brokers"),
        (
            ["--context", "x", "stack", "down"],
            "`stack` does not accept --context",
            "its own brokers",
        ),
    ],
)
def test_a_mistake_is_two_lines_and_leaves_with_2(capsys, argv, complaint, hint):
    assert run(argv) == 2
    first, second = told(capsys)
    assert first.startswith("arcwatch: ")
    assert complaint in first
    assert second.startswith("  try: ")
    assert hint in second


@pytest.mark.parametrize(
    "argv", [[*NOWHERE, "status"], ["status", *NOWHERE], ["--nats=off", "status", "--pulsar=off"]]
)
def test_flags_count_before_and_after_the_verb(capsys, argv):
    assert run(argv) == 1
    assert "NATS and Pulsar are both off" in capsys.readouterr().out


def test_the_flag_after_the_verb_wins(verb):
    seen = []
    verb(lambda args: seen.append(args.nats) or 0)
    run(["--nats", "nats://a", "status", "--nats", "nats://b"])
    assert seen == ["nats://b"]


# -- help -------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [[], *([name] for name in VERBS)], ids=lambda argv: " ".join(argv))
def test_every_verb_has_help(capsys, argv):
    with pytest.raises(SystemExit) as left:
        run([*argv, "--help"])
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (0, "")
    assert out.startswith(f"usage: arcwatch{' ' if argv else ''}{' '.join(argv)}")
    assert max(map(len, out.splitlines())) <= 100


def test_the_version_is_one_line(capsys):
    with pytest.raises(SystemExit):
        run(["--version"])
    assert capsys.readouterr().out == f"arcwatch {__version__}\n"


# -- a bug ------------------------------------------------------------------------------------


def crash(args):
    password = "held-in-a-local-variable"
    raise RuntimeError(f"lost nats://me:s3cret@host:4222\nmore {len(password)}")


def test_what_is_about_a_system_that_is_off_does_not_call_the_other_off(capsys):
    places = ["--nats", "nats://127.0.0.1:1", "--pulsar", "off", "--pulsar-admin", "off"]
    assert run([*places, "why", "pulsar:a/b/c"]) == 1
    assert "NATS, Pulsar or both are off" in capsys.readouterr().err


def test_a_bug_is_two_lines_and_a_report(verb, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path / "state"))
    verb(crash)
    assert run(["status", "--nats", "nats://me:s3cret@host"]) == 70
    first, second = told(capsys)
    report = tmp_path / "state" / "crash.txt"
    assert first == "arcwatch: a bug in arcwatch: RuntimeError: lost nats://…@host:4222"
    assert str(report) in second
    text = report.read_text()
    assert "in crash\n" in text
    assert "s3cret" not in text
    assert "held-in-a-local-variable" not in text
    assert report.stat().st_mode & 0o077 == 0


def test_a_bug_over_a_long_text_is_told_as_fast_as_any(verb, capsys):
    verb(raising(RuntimeError("x" * 3_000_000 + "@")))
    assert run(["status"]) == 70
    assert max(map(len, told(capsys))) < 500


def test_the_report_of_the_time_before_is_replaced(verb, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path))
    verb(raising(RuntimeError("first")))
    run(["status"])
    verb(raising(RuntimeError("second")))
    run(["status"])
    assert [path.name for path in tmp_path.iterdir()] == ["crash.txt"]
    assert "first" not in (tmp_path / "crash.txt").read_text()


def test_a_bug_is_told_where_no_report_can_be_written(verb, capsys, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path / "file" / "state"))
    verb(raising(RuntimeError()))
    assert run(["status"]) == 70
    assert told(capsys) == ["arcwatch: a bug in arcwatch: RuntimeError"]


def test_a_bug_that_leaves_no_screen_is_told_after_it_and_shows_no_local_variables(tmp_path):
    code = """
import sys
from arcwatch.cli import run
from textual.app import App

def broken(self):
    payload = "a-payload-" + "of-others"
    raise LookupError("no such thing")

# what no part of the screen can go on without
App._display = lambda self, *args: broken(self)
sys.exit(run(["--nats", "off", "--pulsar", "off"]))
"""
    status, output = in_a_terminal([sys.executable, "-c", code], tmp_path)
    assert os.waitstatus_to_exitcode(status) == 70
    assert "a bug in arcwatch: LookupError: no such thing" in output
    assert "a-payload-of-others" not in output
    assert "LookupError" in (tmp_path / "crash.txt").read_text()


def in_a_terminal(argv, state):
    """The wait status of a command run in a pseudo-terminal, and all that it wrote."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(ARCWATCH_STATE=str(state), TERM="xterm-256color", LANG="C.UTF-8")
        os.execv(argv[0], argv)
    written = bytearray()
    while True:
        try:
            ready, _, _ = select.select([terminal], [], [], 60)
            assert ready, written.decode("utf-8", "replace")
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        written += piece
    os.close(terminal)
    return os.waitpid(pid, 0)[1], written.decode("utf-8", "replace")


# -- as a process -----------------------------------------------------------------------------


def test_a_reader_that_has_had_enough_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m arcwatch --help | head -n 1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        **BUFFERED,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: arcwatch")


def test_a_pipe_that_is_closed_before_anything_is_written_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    argv = [*PYTHON, "--version"]
    done = subprocess.run(argv, stdout=writer, stderr=subprocess.PIPE, **BUFFERED)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_no_bug():
    with open("/dev/full", "w") as full:
        argv = [*PYTHON, "status", *NOWHERE]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, **BUFFERED)
    assert (done.returncode, done.stderr) == (1, "arcwatch: cannot write: the disk is full\n")


def test_ctrl_c_while_servers_are_asked_leaves_with_130(silent_server):
    argv = [*PYTHON, "status", "--nats-monitor", silent_server.url, "--pulsar", "off"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    silent_server.accept()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 130


INTERRUPTED = """
import signal, sys
left = int(sys.argv.pop(1))

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        global left
        left -= 1
        if left == 0:
            signal.raise_signal(signal.SIGINT)

from arcwatch.__main__ import main
sys.meta_path.insert(0, Interrupts())
main()
"""
"""Ctrl-c while the program looks for the module of some number."""


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13, 21, 34])
def test_ctrl_c_while_it_starts_is_quiet(number):
    argv = [sys.executable, "-c", INTERRUPTED, str(number), "status", *NOWHERE]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_nothing_is_imported_before_ctrl_c_is_caught():
    told = "import sys; old = {*sys.modules}; import arcwatch.__main__; print({*sys.modules} - old)"
    # what an environment imports for itself would hide some of it
    done = subprocess.run(
        [sys.executable, "-S", "-c", told],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert eval(done.stdout) == {"arcwatch", "arcwatch.__main__", "__future__"}


@pytest.fixture
def silent_server():
    """Takes connections, and says nothing."""
    import socket

    class Silent:
        def __init__(self):
            self.listening = socket.create_server(("127.0.0.1", 0))
            self.listening.settimeout(30)
            host, port = self.listening.getsockname()
            self.url = f"http://{host}:{port}"
            self.taken = []

        def accept(self):
            self.taken.append(self.listening.accept()[0])

    silent = Silent()
    yield silent
    for connection in silent.taken:
        connection.close()
    silent.listening.close()


NOWHERE = ("--nats=off", "--nats-monitor=off", "--pulsar=off", "--pulsar-admin=off")


def closed(stream, *argv):
    """A real process of ours that was started without one of its standard streams."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m arcwatch "$@" {stream}', sys.executable, *argv],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("argv", [("status", *NOWHERE), ("--version",), ("--help",)])
def test_without_standard_output_it_says_that_it_cannot_write(argv):
    done = closed(">&-", *argv)
    assert (done.returncode, done.stderr) == (
        1,
        "arcwatch: cannot write: standard output is closed\n",
    )


@pytest.mark.parametrize("stream", ["2>&-", "<&-", "<&- 2>&-"])
def test_without_the_other_streams_it_does_what_it_can(stream):
    whole, done = closed("", "completion", "bash"), closed(stream, "completion", "bash")
    assert done.returncode == 0
    assert done.stdout == whole.stdout != ""
    assert done.stderr == ""


def test_what_writes_nothing_needs_no_standard_output():
    done = closed(">&-", "nosuchverb")
    assert done.returncode == 2
    assert "nosuchverb" in done.stderr


def test_without_standard_input_the_screen_says_so():
    done = closed("<&-", "dashboard", *NOWHERE)
    assert done.returncode == 2
    assert "the screen needs a terminal: standard input is not one" in done.stderr


DESTROYED = """
import atexit, os, sys
import pulsar
from arcwatch.commands import status

class Reader:
    def __del__(self):
        # as pulsar-client's own, where it was not closed yet
        os.abort()

def run(args):
    sys.modules["_pulsar"].kept = Reader()
    atexit.register(print, "closed")
    print("done")
    return 1

status.run = run
sys.argv = ["arcwatch", "status"]
from arcwatch.__main__ import main
main()
"""


def test_what_pulsars_client_does_when_it_is_destroyed_does_not_change_how_a_verb_ends():
    argv = [sys.executable, "-c", DESTROYED]
    done = subprocess.run(argv, **BUFFERED, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "done\nclosed\n", "")


# -- negative times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "times"),
    [
        (["--at", "-15m"], {"at": "15m"}),
        (["--at=-15m"], {"at": "-15m"}),
        (["--diff", "-1h", "-15m", "orders"], {"diff": ["1h", "15m"]}),
        (["orders", "--at", "10:00", "--diff", "now", "-1h30m"], {"diff": ["now", "1h30m"]}),
    ],
)
def test_a_negative_time_is_no_flag(argv, times):
    parser = argparse.ArgumentParser()
    parser.add_argument("--at")
    parser.add_argument("--diff", nargs=2)
    parser.add_argument("places", nargs="*")
    args = vars(parser.parse_args(rewrite_negative_times(argv)))
    assert {name: args[name] for name in times} == times


@pytest.mark.parametrize(
    "argv",
    [
        ["--limit", "-5"],
        ["--at", "now", "-x"],
        ["-5m"],
        ["--at", "now", "--", "--at", "-5m"],
        ["--at"],
    ],
)
def test_only_what_follows_a_flag_for_times_is_touched(argv):
    assert rewrite_negative_times(argv) == argv
