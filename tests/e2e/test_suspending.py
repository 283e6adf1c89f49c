"""ctrl-z leads back to the shell, and its `fg` to the screen."""

import sys

from tests.e2e.terminal import Terminal


def test_the_shell_has_its_terminal_back_and_fg_draws_the_screen_anew(nowhere):
    shell = ("bash", "--norc", "--noprofile", "-i")
    with Terminal(*shell, PS1="ready> ") as terminal:
        terminal.until("^ready>")
        # of a job of two, both stop
        line = f"sh -c '{sys.executable} -m arcwatch {' '.join(nowhere)}; true'"
        terminal.press(line, "enter")
        terminal.until("q quit")
        terminal.press("ctrl+z")
        terminal.until("Stopped.*^ready>")
        terminal.press("echo $((6*7))", "enter")
        terminal.until("^42")
        assert b"\x1b[?1049h" not in terminal.written.rpartition(b"\x1b[?1049l")[2]
        terminal.resize(80, 24)
        terminal.press("fg", "enter")
        terminal.until(lambda text: "q quit" in text and "ready>" not in text)
        terminal.press("q")
        terminal.until("ready>")


def test_where_no_shell_waits_it_goes_on_and_says_so(arcwatch, nowhere):
    with arcwatch(*nowhere) as terminal:
        terminal.until("q quit")
        terminal.press("ctrl+z")
        terminal.until("no shell to return to")
