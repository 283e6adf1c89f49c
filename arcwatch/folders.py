"""Where arcwatch keeps what outlives it."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """``ARCWATCH_STATE``, or the user's state folder.  It may not exist yet."""
    if configured := os.environ.get("ARCWATCH_STATE"):
        return Path(configured).expanduser().absolute()
    # imported here because `arcwatch --version` needs no folders
    from platformdirs import user_state_path

    return user_state_path("arcwatch")
