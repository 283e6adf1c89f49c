"""``arcwatch`` on a terminal that can draw, on one that cannot, and on none."""

import json
import subprocess
import sys

import pytest

from tests.e2e.terminal import Terminal


def test_pointed_at_nothing_both_halves_say_what_to_try(arcwatch, nowhere):
    with arcwatch(*nowhere) as terminal:
        terminal.until("NATS +DOWN since .*try:.*Pulsar +DOWN since .*try:")
        terminal.until("no server has answered")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored


def test_it_follows_the_size_of_its_terminal(arcwatch, nowhere):
    with arcwatch(*nowhere) as terminal:
        terminal.until("1 Overview +2 NATS")
        terminal.resize(80, 24)
        terminal.until(r"^ +1 Overview +2\?? 3.* ro local ")
        terminal.resize(40, 10)
        terminal.press("2")
        terminal.until("^ 1 +2 NATS\\?? +3.* live$")
        terminal.resize(160, 48)
        terminal.until("1 Overview +2 NATS")
        terminal.press("q")
        assert terminal.wait() == 0


def test_it_opens_where_it_was_left(arcwatch, nowhere, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    left = {"view": "pulsar", "sheet": "brokers", "theme": "light", "utc": False}
    (state / "screen.json").write_text(json.dumps(left))
    with arcwatch(*nowhere) as terminal:
        terminal.until("▸ Brokers.*cannot connect")
        terminal.press("q")
        assert terminal.wait() == 0


def test_it_draws_on_the_terminal_while_errors_go_to_a_file(nowhere, tmp_path):
    script = 'exec "$0" -m arcwatch "$@" 2>"$FILE"'
    errors = tmp_path / "errors"
    argv = ("/bin/sh", "-c", script, sys.executable, *nowhere)
    with Terminal(*argv, FILE=str(errors)) as terminal:
        terminal.until("1 Overview.*cannot connect")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_restored
    assert errors.read_bytes() == b""


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_terminal_that_cannot_draw_is_sent_to_status(arcwatch, variables):
    with arcwatch(**variables) as terminal:
        assert terminal.wait() == 2
        terminal.until("arcwatch: the screen needs a terminal.*\n +try: `arcwatch status`")
        assert b"\x1b" not in terminal.written


@pytest.mark.parametrize("verb", [[], ["demo"], ["dashboard"]])
def test_without_a_terminal_nothing_is_drawn_or_started(verb, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "arcwatch", *verb],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    what, hint = done.stderr.splitlines()
    assert what.startswith("arcwatch: the screen needs a terminal")
    assert "`arcwatch status`" in hint
    assert not list(tmp_path.glob("state/passing-*"))
