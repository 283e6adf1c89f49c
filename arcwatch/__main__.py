"""``python -m arcwatch``, and what the ``arcwatch`` command runs."""

from __future__ import annotations

# no more here, and first of all: nobody catches ctrl-c while these are imported
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from arcwatch.runtime.standard_streams import open_missing

        open_missing()
        from arcwatch.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        # ctrl-c while starting or while ending, when no verb has it in hand
        code = 130
    if "_pulsar" in sys.modules:
        _leave_at_once(code)
    sys.exit(code)


def _leave_at_once(code: int) -> NoReturn:
    """End without destroying what pulsar-client has made.

    A reader that is destroyed before it is closed aborts the process, which has done its work by
    then: https://github.com/apache/pulsar-client-python/issues/103.
    """
    import atexit
    import contextlib
    import os

    # what `sys.exit` would do; a reader of our output that has gone was dealt with before
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
