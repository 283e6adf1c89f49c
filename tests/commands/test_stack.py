"""``arcwatch stack``: what it starts stays, and what it could not start does not."""

import argparse
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
from typing import get_args

import psutil
import pytest

from arcwatch.commands.stack import Progress, run
from arcwatch.errors import StackError
from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from arcwatch.stack.state import Endpoints, Extra, Part, StackState

ARCWATCH = [sys.executable, "-m", "arcwatch"]


def stack(*words):
    """Run one command line; returns its exit code and what it printed."""
    done = subprocess.run([*ARCWATCH, "stack", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    local.stop_in(local.lasting_home())


def test_up_status_and_down():
    code, out, _ = stack("up", "--no-pulsar", "--json")
    up = json.loads(out)
    assert (code, up["running"], up["parts"]["nats"]["ready"]) == (0, True, True)
    server = psutil.Process(up["parts"]["nats"]["pid"])

    code, out, err = stack("up", "--no-pulsar", "--json")
    assert (code, json.loads(out), err) == (0, up, "already up\n")
    code, out, _ = stack("status", "--json")
    assert (code, json.loads(out)) == (0, up)
    assert up["endpoints"]["nats"] in stack("status")[1]

    assert stack("down") == (0, "stopped\n", "")
    assert not server.is_running()
    assert stack("down") == (0, "nothing was running\n", "")
    code, out, _ = stack("status", "--json")
    assert (code, json.loads(out)["running"], json.loads(out)["endpoints"]) == (1, False, None)


def test_what_only_pulsar_can_have_needs_it():
    code, _, err = stack("up", "--no-pulsar", "--transactions")
    assert (code, "--transactions needs Pulsar" in err, "remove --no-pulsar" in err) == (
        2,
        True,
        True,
    )


def test_up_without_waiting_returns_while_it_comes_up():
    code, out, _ = stack("up", "--no-pulsar", "--no-wait")
    assert (code, "nats://127.0.0.1:" in out) == (0, True)
    local.running(local.lasting_home()).ready(120)


@pytest.fixture
def waiting_up(tmp_path, monkeypatch):
    """An ``up`` that waits for a lock of ours, as it would for a long download."""
    monkeypatch.setenv("ARCWATCH_CACHE", str(tmp_path))
    with (tmp_path / "pulsar-4.0.8.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(
            [*ARCWATCH, "stack", "up"], stderr=subprocess.PIPE, text=True
        ) as process:
            for line in process.stderr:
                if line.startswith("waiting for another download"):
                    break
            state = local.running(local.lasting_home()).status()
            yield process, psutil.Process(state.keeper)
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_an_up_that_is_ended_while_it_waits_leaves_nothing(waiting_up, number):
    process, keeper = waiting_up
    everything = [keeper, *keeper.children(recursive=True)]
    assert len(everything) == 3
    process.send_signal(number)
    assert process.wait(20) != 0
    assert all(_gone(each) for each in everything)
    assert "Traceback" not in process.stderr.read()


def _gone(process):
    psutil.wait_procs([process], timeout=20)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_cannot_start_is_told_in_two_lines(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCWATCH_CACHE", str(tmp_path / "file"))
    code, out, err = stack("up")
    what, hint = err.splitlines()[-2:]
    assert (code, out) == (1, "")
    assert what.startswith("arcwatch: the local brokers did not start: cannot fetch Pulsar 4.0.8")
    assert hint.startswith("  try: ")


def test_a_failed_up_returns_when_nothing_runs_any_more(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCWATCH_CACHE", str(tmp_path / "file"))
    flags = dict.fromkeys(get_args(Extra), False) | {"no_pulsar": False, "traffic": False}
    wanted = argparse.Namespace(action="up", seed=7, wait=True, **flags)
    with pytest.raises(StackError, match="cannot fetch"):
        run(wanted)
    assert local.running(local.lasting_home()) is None


@pytest.mark.parametrize("words", [(), ("up", "--seed", "x"), ("sideways",)])
def test_a_wrong_command_line_is_a_usage_error(words):
    assert stack(*words)[0] == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


def fetching(done):
    state = StackState.coming(1, Endpoints.at(Ports(1, 2, 3, 4), pulsar=True), traffic=False)
    stage = f"fetching Pulsar 4.0.8: {done} of 245 MB"
    part = Part(stage=stage, done=done, total=245)
    return StackState(state.keeper, state.endpoints, Part(ready=True), part, state.traffic)


def test_progress_is_one_line_that_changes_on_a_terminal():
    out = Terminal()
    progress = Progress(out)
    for done in (0, 0, 122):
        progress(fetching(done))
    progress.end()
    assert out.getvalue().split("\r\x1b[K") == [
        "",
        "fetching Pulsar 4.0.8: 0 of 245 MB [..............................]",
        "fetching Pulsar 4.0.8: 122 of 245 MB [##############................]",
        "",
    ]


def test_progress_is_a_line_for_each_tenth_elsewhere():
    out = io.StringIO()
    progress = Progress(out)
    for done in range(246):
        progress(fetching(done))
    assert len(out.getvalue().splitlines()) == 11
    assert "\x1b" not in out.getvalue()


def test_what_a_broker_logged_cannot_steer_the_terminal():
    out = Terminal()
    state = fetching(0)
    Progress(out)(
        StackState(1, state.endpoints, Part(stage="\x1b[2Jgone"), state.pulsar, state.traffic)
    )
    assert "\x1b[2J" not in out.getvalue()


def test_the_environment_decides_where_the_data_is(tmp_path):
    assert os.environ["ARCWATCH_STATE"] in stack("status", "--json")[1]
