"""Exec another program that dies with the process which started it.

Run by its path under ``python -I -S``, so that it costs about 20 ms: it imports the standard
library alone.  Arguments: the parent's process id, then the program and its arguments.

On Linux the kernel kills the program when its parent goes, however it goes
(``PR_SET_PDEATHSIG``, prctl(2)); the setting outlives ``exec``.
"""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Arrange the exit with the parent, then exec the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    # The parent may have gone before the kernel was asked to watch it.
    if os.getppid() != parent:
        sys.exit(1)
    try:
        os.execv(program[0], program)
    except OSError as error:
        sys.exit(f"{program[0]}: cannot be executed: {error.strerror}")


if __name__ == "__main__":
    main()
