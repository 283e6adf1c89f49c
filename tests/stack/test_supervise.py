"""A program is kept running, and given up when it cannot run; real programs, tiny ones."""

import asyncio
import os
import sys

import psutil
import pytest

from arcwatch.errors import StackError
from arcwatch.stack import supervise
from arcwatch.stack.nats_broker import NatsBroker
from arcwatch.stack.ports import Ports
from arcwatch.stack.process import Command, line_of_failure

FOREVER = "import time; print('running', flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"


class Script:
    """A program of a few words; ready once it has printed something."""

    part = "traffic"
    title = "the script"

    def __init__(self, folder, code, program=sys.executable):
        self.log = folder / "script.log"
        self._argv = (program, "-c", code)

    def command(self):
        return Command(self._argv, log=self.log, folder=self.log.parent, env=os.environ)

    async def answers(self, _http):
        return "running" in self.log.read_text()

    def why(self):
        return line_of_failure(self.log, ("Error",))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(supervise, "PAUSE", 0.0)


async def kept(service, until, grace=0.0):
    """What was told until ``until`` was true of it, when the program is told to stop."""
    told, enough = [], asyncio.Event()

    def tell(part):
        told.append(part)
        if until(told):
            enough.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        keeping = group.create_task(supervise.keep_running(service, tell, grace))
        await enough.wait()
        keeping.cancel()
    return told


def failed(told):
    return told[-1].failed


def ready(told):
    return told[-1].ready


async def test_a_program_that_cannot_run_is_given_up_with_the_line_that_tells_why(tmp_path):
    code = "import sys; sys.exit('ValueError: no such thing\\nsee the manual')"
    told = await kept(Script(tmp_path, code), failed)
    assert told[-1].stage == "the script keeps ending: ValueError: no such thing"
    assert len({part.pid for part in told if part.pid}) == supervise.GIVE_UP


async def test_a_program_that_ran_well_is_started_again_every_time(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "SETTLED", 0.0)

    def often_enough(told):
        if ready(told):
            psutil.Process(told[-1].pid).kill()
        return sum(part.ready for part in told) > supervise.GIVE_UP + 1

    told = await kept(Script(tmp_path, FOREVER), often_enough)
    assert not any(part.failed for part in told)


async def test_a_death_is_told_with_its_signal(tmp_path):
    def killed(told):
        if ready(told):
            psutil.Process(told[-1].pid).kill()
        return "again" in told[-1].stage

    told = await kept(Script(tmp_path, FOREVER), killed)
    assert told[-1].stage == "the script ended, starting it again: killed"


async def test_a_program_that_never_becomes_ready_is_not_waited_for_without_end(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(supervise, "START_BOUND", 0.2)
    told = await kept(Script(tmp_path, "import time; time.sleep(600)"), failed)
    assert told[-1].stage == "the script keeps ending: it never became ready"
    assert not any(psutil.pid_exists(part.pid) for part in told if part.pid)


async def test_what_cannot_be_executed_is_said(tmp_path):
    told = await kept(Script(tmp_path, "", program="/nowhere/java"), failed)
    assert told[-1].stage.endswith("/nowhere/java: cannot be executed: No such file or directory")


async def test_what_is_not_installed_is_not_tried_again(tmp_path):
    class Missing(Script):
        def command(self):
            raise StackError("java is not installed", why="the local stack needs it")

    told = await kept(Missing(tmp_path, ""), failed)
    assert [part.stage for part in told] == ["java is not installed: the local stack needs it"]


async def test_a_program_that_will_not_end_is_ended(tmp_path):
    told = await kept(Script(tmp_path, DEAF), ready, grace=0.1)
    assert not psutil.pid_exists(told[-1].pid)


async def test_what_the_program_started_ends_with_it(tmp_path):
    code = f"""
import subprocess, sys, time
started = subprocess.Popen([sys.executable, "-c", {DEAF!r}], stdout=subprocess.PIPE)
started.stdout.readline()
print("running", started.pid, flush=True)
time.sleep(600)
"""
    started = []

    def ready_and_seen(told):
        if ready(told):
            line = line_of_failure(tmp_path / "script.log", ["running"])
            started.append(psutil.Process(int(line.split()[1])))
        return ready(told)

    await kept(Script(tmp_path, code), ready_and_seen)
    _, left = psutil.wait_procs(started, timeout=20)
    assert all(process.status() == psutil.STATUS_ZOMBIE for process in left)


async def test_a_port_that_is_taken_is_named(tmp_path, serve):
    ports = Ports.free()

    async def hold(_reader, _writer):
        """Be there."""

    await serve(hold, ports.nats)
    told = await kept(NatsBroker(tmp_path, ports), failed)
    place = f"127.0.0.1:{ports.nats}"
    assert told[-1].stage.endswith(
        f" keeps ending: Error listening on port: {place},"
        f' "listen tcp {place}: bind: address already in use"'
    )


async def test_the_log_of_the_run_before_is_kept_beside_that_of_this_run(tmp_path):
    (tmp_path / "script.log").write_text("ValueError: of the run before")
    told = await kept(Script(tmp_path, "print('running', flush=True)"), failed)
    assert "ValueError" not in told[-1].stage
    assert (tmp_path / "script.log.1").read_text() == "running\n"


def test_the_most_telling_line_is_the_last_with_the_first_mark(tmp_path):
    log = tmp_path / "log"
    assert line_of_failure(log, ["Error"]) == ""
    log.write_bytes(b"Cause: a\nError: one\n\xff Error: two\nbye\n\n")
    assert line_of_failure(log, ["Cause", "Error"]) == "Cause: a"
    assert line_of_failure(log, ["Error", "Cause"]) == "\ufffd Error: two"
    assert line_of_failure(log, ["[FTL]"]) == "bye"


def test_of_a_long_log_the_end_is_read(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"Error: old\n" + b"x" * 100_000 + b"\nnew\n")
    assert line_of_failure(log, ["Error"]) == "new"
