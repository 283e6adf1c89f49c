"""``python -m arcwatch``, and what the ``arcwatch`` command runs."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from arcwatch.standard_streams import open_missing

        open_missing()
        from arcwatch.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        # ctrl-c while starting or while ending, when no verb has it in hand
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
