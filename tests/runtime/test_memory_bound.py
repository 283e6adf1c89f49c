"""A process that outgrows its bound ends with a sentence, and its parent explains the end."""

import subprocess
import sys

from arcwatch.runtime.memory_bound import EXIT_CODE, why_ended

GROWING = """
import time
from arcwatch.runtime import memory_bound
memory_bound.MOST = 50 << 20
memory_bound.bound_memory(code={code}, extra={extra})
kept = b"x" * (200 << 20)
time.sleep({seconds})
"""


def grown(code=1, extra=0, seconds=20):
    script = GROWING.format(code=code, extra=extra, seconds=seconds)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


def test_who_outgrows_it_ends_with_what_and_what_to_try():
    ended = grown(code=71)
    assert ended.returncode == 71
    what, try_this = ended.stderr.splitlines()
    assert what.startswith("arcwatch: ended: it used too much memory")
    assert try_this.startswith("  try: ")


def test_room_for_data_of_our_own_is_added():
    assert grown(extra=500 << 20, seconds=0.2).returncode == 0


def test_a_parent_says_why_its_helper_ended():
    assert "memory" in why_ended(EXIT_CODE)[0]
    assert why_ended(-9)[0] == "killed by SIGKILL"
    assert why_ended(3)[0] == "exit code 3"
