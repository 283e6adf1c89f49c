"""Times before now on a command line: ``--at -15m``, which looks like a flag to argparse."""

from __future__ import annotations

from collections.abc import Iterable

TIME_FLAGS = frozenset({"--at", "--from", "--to", "--since", "--state-at", "--diff"})
"""The flags that take times."""


def rewrite_negative_times(argv: Iterable[str]) -> list[str]:
    """A command line whose negative times have lost their sign, which changes none of them.

    Only what follows a flag for times is touched, up to the next flag, and nothing behind ``--``.

    >>> rewrite_negative_times(["history", "orders", "--diff", "-1h", "-15m", "--limit", "-3"])
    ['history', 'orders', '--diff', '1h', '15m', '--limit', '-3']
    """
    rewritten, flag = [], ""
    for word in argv:
        if word.startswith("--") and flag != "--":
            flag = word
        negative = flag in TIME_FLAGS and word[:1] == "-" and word[1:2].isdecimal()
        rewritten.append(word[1:] if negative else word)
    return rewritten
