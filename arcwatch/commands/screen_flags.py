"""The flags of verbs that open the screen."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

_FLAGS: Mapping[str, Mapping[str, str]] = {
    "theme": {"metavar": "NAME", "help": "dark, light, high-contrast or 16-colour"},
    "glyphs": {"metavar": "KIND", "help": "characters for charts: braille, block or ascii"},
    "refresh": {"metavar": "TIME", "help": "polling interval of the cheapest figures (1s)"},
    "keep": {"metavar": "N", "help": "messages that a tail keeps (100000), up to 256 MB"},
}


def add_screen_flags(parser: argparse.ArgumentParser) -> None:
    """Add them; what is not given is absent, so that one parser does not undo another."""
    group = parser.add_argument_group("screen")
    for name, about in _FLAGS.items():
        group.add_argument(
            f"--{name}",
            type=_usable(name),
            default=argparse.SUPPRESS,
            **about,  # type: ignore[arg-type]  # each is text
        )
    group.add_argument(
        "--no-mouse",
        dest="mouse",
        action="store_false",
        default=argparse.SUPPRESS,
        help="do not capture the mouse",
    )
    group.add_argument(
        "--allow-changes",
        action="store_true",
        default=argparse.SUPPRESS,
        help="allow rewinding subscriptions and replaying messages, after confirmation",
    )


def _usable(name: str) -> Callable[[str], str]:
    """Check a flag's value, for verbs without a screen too, so that a mistake is not ignored."""

    def checked(value: str) -> str:
        from arcwatch.config.appearance import check

        check(name, value)
        return value

    return checked


def screen_flags(args: argparse.Namespace) -> dict[str, object]:
    """Those that were given."""
    return {
        name: value
        for name, value in vars(args).items()
        if name in (*_FLAGS, "mouse", "allow_changes")
    }
