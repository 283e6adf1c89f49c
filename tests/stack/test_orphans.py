"""Processes that a dead keeper left behind."""

import subprocess
import sys

import msgspec
import pytest

from arcwatch.stack import local
from arcwatch.stack.orphans import command_line
from arcwatch.stack.ports import Ports
from arcwatch.stack.state import Endpoints, StackState, write_state

ENDPOINTS = Endpoints.at(Ports(1, 2, 3, 4), pulsar=True)


def orphan(*arguments):
    code = "import time; print(flush=True); time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, start_new_session=True
    )
    process.stdout.readline()
    return process


@pytest.mark.parametrize("ours", [True, False])
def test_a_process_that_a_dead_keeper_left_is_killed_only_if_it_is_still_ours(tmp_path, ours):
    with orphan(str(tmp_path) if ours else "somebody else's") as process:
        state = StackState.coming(1, ENDPOINTS, traffic=False)
        nats = msgspec.structs.replace(state.nats, pid=process.pid)
        write_state(tmp_path, msgspec.structs.replace(state, nats=nats))
        local.stop_in(tmp_path)
        if not ours:
            assert process.poll() is None
            process.kill()
        assert process.wait(20) == -9
        process.stdout.close()


@pytest.mark.parametrize("nats", ["", "s", "nats://"])
def test_a_state_that_names_hardly_anything_kills_nobody(tmp_path, nats):
    with orphan("nats://somebody else's") as process:
        ends = msgspec.structs.replace(ENDPOINTS, nats=nats)
        state = StackState.coming(1, ends, traffic=False)
        part = msgspec.structs.replace(state.nats, pid=process.pid)
        write_state(tmp_path, msgspec.structs.replace(state, nats=part))
        local.stop_in(tmp_path)
        assert process.poll() is None
        process.kill()
        assert process.wait(20) == -9
        process.stdout.close()


def test_a_process_that_is_gone_has_no_command_line():
    with orphan("here") as process:
        assert "here" in command_line(process.pid)
        process.kill()
    assert command_line(process.pid) == ""
