"""However the process that started a stack goes, nothing of the stack stays."""

import contextlib
import os
import pty
import signal
import sys

import psutil
import pytest

from arcwatch.stack import local
from arcwatch.stack.ports import Ports

_ON_A_TERMINAL = """
import fcntl, termios
fcntl.ioctl(os.open({name!r}, os.O_RDWR), termios.TIOCSCTTY, 0)
print(flush=True)
signal.pause()
"""
_FORKED = """
if os.fork():
    print(flush=True)
signal.pause()
"""


@pytest.mark.parametrize("then", ["input()", "input(); raise MemoryError", "input(); os._exit(3)"])
def test_the_starter_ends_without_stopping_it(starter, then):
    process, stack = starter(then)
    process.communicate(b"\n")
    assert stack.is_gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_starter_is_killed(starter, tmp_path, number):
    process, stack = starter()
    process.send_signal(number)
    assert stack.is_gone()
    assert not (tmp_path / "home").exists()


def test_the_terminal_is_closed(starter):
    ours, theirs = pty.openpty()
    process, stack = starter(_ON_A_TERMINAL.format(name=os.ttyname(theirs)), start_new_session=True)
    os.close(theirs)
    process.stdout.readline()
    os.close(ours)
    assert process.wait() == -signal.SIGHUP
    assert stack.is_gone()


def test_ctrl_c_in_the_terminal_is_the_starters_business(starter):
    ours, theirs = pty.openpty()
    then = "signal.signal(signal.SIGINT, lambda *_: print('^C', flush=True))"
    name = os.ttyname(theirs)
    process, stack = starter(then + _ON_A_TERMINAL.format(name=name), start_new_session=True)
    process.stdout.readline()
    os.write(ours, b"\x03")
    assert process.stdout.readline() == b"^C\n"
    # What the terminal sends reaches the processes of its session, and no other.
    for each in stack.processes:
        # one that starts the others may have ended by itself
        with contextlib.suppress(ProcessLookupError):
            assert os.getsid(each.pid) != process.pid
    process.kill()
    os.close(theirs)
    os.close(ours)
    assert stack.is_gone()


def test_a_fork_of_the_starter_outlives_it(starter):
    process, stack = starter(_FORKED)
    process.stdout.readline()
    (fork,) = (
        child for child in psutil.Process(process.pid).children() if child not in stack.processes
    )
    process.kill()
    try:
        assert stack.is_gone()
        assert fork.is_running()
    finally:
        fork.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a dead parent's children")
def test_the_keeper_is_killed(starter):
    _, stack = starter()
    stack.keeper.kill()
    assert stack.is_gone()


def test_a_stopped_stack_leaves_no_process_and_no_file(tmp_path):
    stack = local.start(tmp_path / "home", ports=Ports.free(), pulsar=False, disposable=True)
    pid = stack.ready(120).keeper
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    assert "nats-server" in {process.name() for process in processes}
    stack.stop()
    assert not any(process.is_running() for process in processes)
    assert not (tmp_path / "home").exists()
    stack.stop()


def test_a_stack_that_is_stopped_before_it_runs_leaves_nothing(tmp_path):
    stack = local.start(tmp_path / "home", ports=Ports.free(), pulsar=False)
    stack.stop()
    assert local.running(tmp_path / "home") is None
    assert stack.status().failed


def test_a_released_stack_lives_on_until_somebody_stops_it(starter, tmp_path):
    process, stack = starter("stack.release(); input()")
    process.communicate(b"\n")
    assert all(each.is_running() for each in stack.processes)
    assert local.stop_in(tmp_path / "home")
    assert stack.is_gone()
    assert not local.stop_in(tmp_path / "home")
