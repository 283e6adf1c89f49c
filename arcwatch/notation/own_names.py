"""How arcwatch's own connections, consumers and readers are named, so that no figure counts them.

Every arcwatch's, not only this one's: people who look at a platform look at the platform.
"""

from __future__ import annotations

import re

CONNECTION = "arcwatch/"
"""How the names of connections and of Pulsar's consumers begin: ``arcwatch/0.1.0@host``."""
CONSUMER = "arcwatch-"
"""How the names of JetStream consumers begin, twelve hexadecimal digits after it."""
READER = "arcwatch"
"""The role prefix of Pulsar readers: the library makes ``arcwatch-reader-0123456789`` of it."""

_NAME = re.compile(r"arcwatch/\d[\w.+-]*@.*|arcwatch-[0-9a-f]{12}|arcwatch-reader-[0-9a-f]{10}")


def is_ours(name: str) -> bool:
    """Whether a connection, consumer or subscription of that name is arcwatch's.

    >>> is_ours("arcwatch/0.1.0@host"), is_ours("arcwatch-reader-35c0839a92")
    (True, True)
    >>> is_ours("arcwatch-billing"), is_ours("arcwatch"), is_ours("")
    (False, False, False)
    """
    return name.startswith("arcwatch") and _NAME.fullmatch(name) is not None
