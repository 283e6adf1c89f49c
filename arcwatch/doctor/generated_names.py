"""Names that a program made up: who made it will not come back to it."""

from __future__ import annotations

import re

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.I)
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{6,}(?![0-9A-Za-z])")
_RANDOM = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{16,}(?![0-9A-Za-z])")
_EPOCH = re.compile(r"(?<!\d)1[5-9]\d{8}(\d{3})?(?!\d)")


def looks_generated(name: str) -> bool:
    """Whether part of a name is a UUID, random letters and digits, or a moment.

    >>> [looks_generated(n) for n in ("sub-7f3a91", "billing", "orders-2024", "facade", "v123456")]
    [True, False, False, False, False]
    >>> looks_generated("job-1796014761512"), looks_generated("eWlTzAt8Hg4pDQm2fZ9KxE")
    (True, True)
    """
    found = [*_HEX.findall(name), *_RANDOM.findall(name)]
    return bool(_UUID.search(name) or _EPOCH.search(name) or any(map(_is_mixed, found)))


def _is_mixed(word: str) -> bool:
    return any(char.isdigit() for char in word) and any(char.isalpha() for char in word)
