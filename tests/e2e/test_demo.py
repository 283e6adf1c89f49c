"""``arcwatch demo`` as somebody sees it who has just installed it, until nothing of it is left."""

import re
import signal

import psutil
import pytest

from arcwatch.stack.ports import is_free
from arcwatch.stack.state import read_state
from tests.e2e.terminal import is_gone, tree_of

SLOW = 180.0
"""Seconds that a JVM may take to start on a busy machine."""


def lane(text, name):
    """The lines of one system on the overview, the first with its name and health."""
    lines = text.splitlines()
    names = {y: line.split()[0] for y, line in enumerate(lines) if re.match(" [A-Z]", line)}
    top = next((y for y, found in names.items() if found == name), None)
    if top is None:
        return ""
    end = next((y for y in names if y > top), len(lines))
    return "\n".join(lines[top:end])


def flows(text, name):
    """What goes in and out of a system by now, as its lane says; nothing while it does not."""
    found = re.findall(r"^   (?:in|out) +([\d.]+k?) msg/s", lane(text, name), re.M)
    return found if any(float(figure.rstrip("k")) for figure in found) else []


def is_answering(text, name):
    """Whether a system answers: that some of its messages are refused is part of the demo."""
    return bool(re.match(f" {name} +(?:ok|degraded: dead-letters)", lane(text, name)))


def ports_of(endpoints):
    urls = (endpoints.nats, endpoints.nats_monitor, endpoints.pulsar, endpoints.pulsar_admin)
    return [int(url.rpartition(":")[2]) for url in urls if url]


@pytest.mark.live
def test_both_halves_move_come_back_from_the_dead_and_leave_nothing(arcwatch, home):
    with arcwatch("demo") as terminal:
        terminal.until("Pulsar +starting")
        terminal.until(lambda text: is_answering(text, "NATS") and flows(text, "NATS"))
        terminal.until(lambda text: is_answering(text, "Pulsar") and flows(text, "Pulsar"), SLOW)
        terminal.until("pulsar +arc/")
        for name, other in [("NATS", "Pulsar"), ("Pulsar", "NATS")]:
            state = read_state(home())
            before = flows(terminal.text, other)
            psutil.Process(getattr(state, name.lower()).pid).kill()
            # what the dead half last said stays, without rates
            terminal.until(f"{name} +(?:starting, no answer|DOWN) since [0-9:]+")
            terminal.until(lambda text, name=name: not flows(text, name))
            terminal.until(
                lambda text, name=other, before=before: flows(text, name) not in ([], before)
            )
            assert is_answering(terminal.text, other)
            terminal.until(
                lambda text, name=name: is_answering(text, name) and flows(text, name), SLOW
            )
        processes = tree_of(terminal.process)
        assert {"nats-server", "java"} <= {process.name() for process in processes}
        ports = ports_of(read_state(home()).endpoints)
        terminal.press("q")
        assert terminal.wait() == 0
        # not on the screen, where it may begin at the end of a line
        assert b"stopping the brokers" in terminal.written
        assert terminal.is_restored
        assert is_gone(processes)
        assert all(map(is_free, ports))


def press_ctrl_c(terminal):
    terminal.press("ctrl+c")


def hang_up(terminal):
    terminal.hang_up()


def send(number):
    return lambda terminal: terminal.signal(number)


@pytest.mark.live
@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(press_ctrl_c, 0, id="ctrl-c"),
        pytest.param(send(signal.SIGTERM), 0, id="SIGTERM"),
        pytest.param(hang_up, 0, id="the terminal closed"),
        pytest.param(send(signal.SIGKILL), -signal.SIGKILL, id="SIGKILL"),
    ],
)
def test_however_it_ends_nothing_is_left(arcwatch, home, end, code):
    with arcwatch("demo", "--no-pulsar") as terminal:
        terminal.until(lambda text: is_answering(text, "NATS"))
        terminal.until("^ Pulsar +off · disabled by --no-pulsar")
        processes, ports = tree_of(terminal.process), ports_of(read_state(home()).endpoints)
        assert "nats-server" in {process.name() for process in processes}
        end(terminal)
        assert terminal.wait() == code
        if code == 0 and end is not hang_up:
            assert terminal.is_restored
        assert is_gone(processes)
        assert all(map(is_free, ports))


@pytest.mark.live
def test_it_may_be_quit_before_anything_runs(arcwatch):
    with arcwatch("demo") as terminal:
        terminal.until("Overview")
        processes = tree_of(terminal.process)
        terminal.press("q")
        assert terminal.wait() == 0
        assert is_gone(processes)
