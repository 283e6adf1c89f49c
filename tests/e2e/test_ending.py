"""However a terminal ends, and whatever it takes meanwhile, the program ends soon after."""

import contextlib
import signal
import subprocess
import sys
import time

import pytest

from tests.e2e.terminal import Terminal, is_gone, tree_of

SOON = 2.0
"""Seconds: one that is promised, and one for a machine with other work."""

QUIT = 20.0
"""Seconds: what is typed before is done first, however busy the machine is."""

GOODBYE = 5.0
"""Seconds for processes of ours that have just been started to notice that nobody wants them."""


@pytest.fixture(scope="module")
def places(stack):
    return (
        *("--nats", stack.nats, "--nats-monitor", stack.nats_monitor),
        *("--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin),
    )


def close(terminal):
    terminal.hang_up()


def terminate(terminal):
    terminal.signal(signal.SIGTERM)


def leave(terminal):
    terminal.press("q")


def tail_something(terminal):
    """Have a process of ours follow a subject; all processes that there are then."""
    terminal.until("Overview")
    terminal.until("msg/s")
    terminal.press(":", *"tail nats:ending.>", "enter")
    terminal.until(lambda _: len(tree_of(terminal.process)) > 1)
    terminal.until("full|sampled")
    return tree_of(terminal.process)


@pytest.mark.parametrize(("end", "seconds"), [(close, SOON), (terminate, SOON), (leave, QUIT)])
def test_it_ends_on_a_terminal_that_reads_nothing(arcwatch, places, end, seconds):
    with arcwatch(*places, "--refresh", "500ms") as terminal:
        tail_something(terminal)
        terminal.stop_reading()
        terminal.press(*"1234567" * 3)
        processes = tree_of(terminal.process)
        end(terminal)
        assert is_gone(processes[:1], seconds)
        assert is_gone(processes, GOODBYE)


@pytest.fixture
def changed(tmp_path):
    """Start arcwatch after some lines of Python have changed it."""

    def start(lines, *arguments):
        program = tmp_path / "changed.py"
        last = "import sys\nfrom arcwatch.cli import run\nsys.exit(run(sys.argv[1:]))\n"
        program.write_text(f"{lines}\n{last}")
        return Terminal(sys.executable, program, *arguments)

    return start


STUCK = """
import threading
from pathlib import Path
from arcwatch.ui.app import Arcwatch

def wait_for_ever(self):
    Path("STUCK").touch()
    threading.Event().wait()

Arcwatch.action_help = wait_for_ever
"""


@pytest.mark.parametrize(("end", "code"), [(close, 129), (terminate, 143)])
def test_it_ends_whatever_its_loop_waits_for(changed, nowhere, tmp_path, end, code):
    stuck = tmp_path / "stuck"
    with changed(STUCK.replace("STUCK", str(stuck)), *nowhere) as terminal:
        terminal.until("try:.*try:")
        terminal.press("?")
        terminal.until(lambda _: stuck.exists())
        end(terminal)
        assert terminal.wait(SOON) == code
        assert end is close or terminal.is_restored


STARTING = """
import time
from pathlib import Path
from arcwatch.engine.engine import Engine
from arcwatch.ui.app import Arcwatch

do = PART

async def do_slowly(self):
    Path("BEGUN").touch()
    time.sleep(SECONDS)
    await do(self)

PART = do_slowly
"""


@pytest.fixture
def starting(changed, nowhere, tmp_path):
    """Start an arcwatch whose loop is busy for so many seconds with a part of its start."""

    @contextlib.contextmanager
    def start(part, seconds):
        begun = tmp_path / "begun"
        lines = STARTING.replace("PART", part).replace("BEGUN", str(begun))
        with changed(lines.replace("SECONDS", str(seconds)), *nowhere) as terminal:
            terminal.until(lambda _: begun.exists())
            yield terminal

    return start


def press_ctrl_c(terminal):
    terminal.press(":", *"tail x", "ctrl+c")


@pytest.mark.parametrize(
    ("part", "end", "code"),
    [
        ("Arcwatch.begin", leave, 0),
        ("Arcwatch.fill", press_ctrl_c, 0),
        ("Arcwatch.fill", close, 129),
        ("Engine.run", leave, 0),
        ("Engine.run", terminate, 143),
    ],
)
def test_it_ends_at_once_while_it_still_starts(starting, part, end, code):
    with starting(part, 60) as terminal:
        end(terminal)
        assert terminal.wait(SOON) == code
        assert end is close or terminal.is_restored


def test_a_letter_that_is_typed_early_into_the_command_line_does_not_quit(starting):
    with starting("Arcwatch.fill", 2) as terminal:
        terminal.press(":", *"pqs", "2")
        terminal.until("> pqs2")
        terminal.press("esc")
        terminal.until(lambda text: "> pqs2" not in text)
        terminal.press("q")
        assert terminal.wait() == 0


AT_MOST = 1.0
"""Seconds for a program whose terminal has gone, on a machine with other work, too."""


@pytest.fixture
def busy():
    """Two processes that do nothing but compute."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for burner in burners:
        burner.kill()
        burner.wait()


def wait_a_while(terminal, number):
    """Read for up to six seconds, differently long each time."""
    end = time.monotonic() + 6.0 * (number * 7 % 20) / 20
    while (rest := end - time.monotonic()) > 0:
        terminal.read(min(rest, 0.05))


def stop_reading_a_tail(terminal, number):
    terminal.until("Overview")
    # it comes back where it was left
    terminal.press("1")
    tail_something(terminal)
    terminal.stop_reading()
    terminal.press(*"1234567" * 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "begin"),
    [((), wait_a_while), ((), stop_reading_a_tail), (("demo", "--no-pulsar"), wait_a_while)],
)
def test_a_terminal_that_closes_ends_it_within_a_second(arcwatch, places, busy, verb, begin):
    took = []
    for number in range(20):
        with arcwatch(*verb, *([] if verb else places)) as terminal:
            begin(terminal, number)
            processes, begun = tree_of(terminal.process), time.monotonic()
            close(terminal)
            assert is_gone(processes[:1])
            took.append(time.monotonic() - begun)
            assert is_gone(processes, GOODBYE)
    assert max(took) <= AT_MOST, took


def test_a_terminal_that_is_read_again_shows_the_whole_picture(changed, nowhere):
    with changed("from arcwatch.ui import output\noutput.LIMIT = 5_000", *nowhere) as terminal:
        terminal.until("no server has answered")
        terminal.stop_reading()
        terminal.press(*"1234567" * 3)
        time.sleep(1.0)
        terminal.go_on_reading()
        terminal.until("▸ Now .* Rules .*not-answering")
        terminal.press("1")
        terminal.until("NATS +DOWN since .*try:.*Pulsar +DOWN since .*try:.*no server has answered")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored
