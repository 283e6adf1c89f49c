"""``arcwatch`` itself: the screen."""

from __future__ import annotations

import argparse
import os

from arcwatch.cli import settings_of
from arcwatch.config import Settings
from arcwatch.engine import Engine, Stages
from arcwatch.store.store import Store


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""


def run(args: argparse.Namespace) -> int:
    """Show the screen until the user quits."""
    return show(settings_of(args))


def show(settings: Settings, *, stages: Stages | None = None) -> int:
    """Show the screen for these settings.

    Args:
        settings: Where to look.
        stages: A local stack that is being started, if there is one.
    """
    # read by Textual once, when it is imported: nothing here needs sixty frames a second
    os.environ.setdefault("TEXTUAL_FPS", "30")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    from arcwatch.ui.app import Arcwatch
    from arcwatch.ui.showing import Showing

    store = Store()
    engine = Engine(settings, store, stages=stages)
    app = Arcwatch(Showing(store, engine), context=settings.context)
    app.run()
    if app.crash:
        raise app.crash
    return app.return_code or 0
