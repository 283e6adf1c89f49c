"""The contexts that a running screen can switch to."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .contexts import context_tables
from .credentials import Tls
from .settings import Settings, load


class Contexts:
    """Those of ``arcwatch.toml``, read anew each time: one may be added meanwhile.

    Args:
        tls: What ``--tls-ca`` and ``--tls-insecure`` say, whichever context is chosen.
    """

    def __init__(self, tls: Tls | None = None) -> None:
        self._tls = tls

    def names(self) -> Sequence[str]:
        """What they are called.

        Raises:
            UsageError: The file cannot be used.
        """
        return tuple(context_tables(os.environ)[2])

    def settings(self, name: str) -> Settings:
        """Where one of them looks.

        Raises:
            UsageError: There is none of that name, or it cannot be used.
        """
        return load({}, context=name, tls=self._tls)
