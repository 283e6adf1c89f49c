"""``arcwatch completion``: a script that teaches a shell to complete arcwatch's commands."""

from __future__ import annotations

import argparse

_EPILOG = """\
examples:
  arcwatch completion bash > ~/.local/share/bash-completion/completions/arcwatch
  arcwatch completion zsh > "${fpath[1]}/_arcwatch"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"))


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    print(shtab.complete(args.every_verb(), args.shell))
    return 0
