"""Messages on a real terminal, while more of them come than anybody could read."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal import is_gone, tree_of


@pytest.fixture
def flood(stack):
    """Publishes 100,000 messages a second to ``e2e.flood.>`` for as long as a test lasts."""
    host, port = stack.nats.removeprefix("nats://").split(":")
    script = Path(__file__).with_name("flood.py")
    publisher = subprocess.Popen([sys.executable, script, host, port, "e2e.flood", "100000"])
    yield
    publisher.kill()
    publisher.wait()


def test_keys_do_what_they_do_while_messages_flood_in(arcwatch, stack, flood):
    flags = (f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}", "--pulsar=off")
    with arcwatch(*flags, columns=120, rows=30) as terminal:
        terminal.until("1 Overview")
        terminal.press(":")
        terminal.until("─ Go to ─")
        terminal.press(*"tail e2e.flood.>", "enter")
        terminal.until("nats:e2e.flood.> +following")
        terminal.press("M")
        terminal.until(r"nats:e2e.flood.> +following +[\d,]{6,}.* full$")
        terminal.until(r"following +seen +[\d,]{6,}.*\"seq\": \d+")
        # moving up holds the place, while the messages go on
        terminal.press("k")
        terminal.until(r"[\d,]{5,} newer")
        # the ring turns once a second: what is to be read has to stand still
        terminal.press("p")
        terminal.until(" HELD$")
        terminal.press("enter")
        opened = terminal.until(r"e2e.flood.a\d+ [─ ]+[\d,]+ of [\d,]+.*▸ Value json.*seq +(\d+)")
        terminal.press("K")
        terminal.until(rf"seq +{int(opened[1]) - 1}$")
        terminal.press("esc")
        terminal.until(lambda text: "Value json" not in text)
        terminal.press("/")
        terminal.until("^ /")
        terminal.press(*"agent-42", "enter")
        terminal.until(r"/agent-42 .*\d shown of [\d,]+")
        terminal.press("G")
        terminal.until(lambda text: _all_rows(text, "agent-42"))
        terminal.press("p", "L")
        terminal.until(r" live$.*▾ e2e +50 +[\d,]{6,}")
        processes = tree_of(terminal.process)
        assert len(processes) > 1
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored
        assert is_gone(processes[1:])


def _all_rows(text, word):
    rows = re.findall(r'^.*"seq".*$', text, re.M)
    return len(rows) > 3 and all(word in row for row in rows)
