"""The walk in the README, step by step, on a real terminal and real brokers."""

import re
from pathlib import Path

import pytest

from tests.e2e.test_demo import SLOW, flows, is_answering

README = Path(__file__).parents[2] / "README.md"


def steps():
    """The keys of each step of the walk, and the words that are on the screen after it."""
    walk = README.read_text().partition("## The first five minutes\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`) \| (.+) \|$", walk, re.M)
    return [
        (re.findall("`(.+?)`", keys), re.findall(r"[*]{2}(.+?)[*]{2}", seen)) for keys, seen in rows
    ]


@pytest.mark.live
def test_each_step_shows_what_the_readme_says(arcwatch):
    walk = steps()
    assert walk
    assert all(keys and words for keys, words in walk)
    with arcwatch("demo") as terminal:
        for name in ("NATS", "Pulsar"):
            terminal.until(lambda text, name=name: is_answering(text, name), SLOW)
            terminal.until(lambda text, name=name: flows(text, name), SLOW)
        terminal.until("billing", SLOW)
        before = []
        for keys, words in walk:
            for key in keys:
                terminal.press(key)
            if keys == ["esc"]:
                # what follows an escape too soon would be one key with it
                terminal.until(lambda text, left=before: not all(word in text for word in left))
            for word in words:
                terminal.until(re.escape(word))
            before = words
        assert terminal.wait() == 0
