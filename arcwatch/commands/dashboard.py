"""``arcwatch`` itself: the screen."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from arcwatch.config import appearance
from arcwatch.config.appearance import Appearance
from arcwatch.config.settings import Contexts, Settings
from arcwatch.engine.name_cache import NameCache
from arcwatch.errors import UsageError
from arcwatch.ui.last_session import (
    load_addresses,
    load_fields,
    load_session,
    load_uses,
    save_addresses,
    save_fields,
    save_session,
    save_uses,
)

from .place_flags import settings_of, tls_of
from .screen_flags import add_screen_flags, screen_flags

if TYPE_CHECKING:
    from arcwatch.config.alert_settings import AlertSettings
    from arcwatch.engine.engine import Engine, Stages
    from arcwatch.session.tail import Tailing
    from arcwatch.store.store import Store
    from arcwatch.ui.header import Marks
    from arcwatch.ui.view_context import ViewContext
    from arcwatch.ui.watchdog import Watchdog


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    add_screen_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Show the screen until the user quits."""
    contexts = Contexts(tls_of(args))
    flags = screen_flags(args)
    look = appearance.load(flags, os.environ)
    changes = bool(flags.get("allow_changes"))
    return show(settings_of(args), look, changes=changes, contexts=contexts)


def show(
    settings: Settings,
    look: Appearance,
    *,
    changes: bool = False,
    stages: Stages | None = None,
    contexts: Contexts | None = None,
    tip: str = "",
) -> int:
    """Show the screen for these settings, and then for those of each context that is chosen.

    Raises:
        UsageError: There is no terminal to draw on.
    """
    check_terminal()
    _begin_to_draw(look)
    if look.keys:
        # only then: it looks at every key of every view, and so imports all of them
        from arcwatch.ui.meanings import check

        check(look.keys, "keys in the configuration")
    from arcwatch.ui.watchdog import Watchdog

    with Watchdog(sys.stdin.fileno()) as watchdog:
        every = contexts or Contexts()
        return _shown(settings, look, stages, every, watchdog, changes=changes, tip=tip)


def _shown(
    settings: Settings,
    look: Appearance,
    stages: Stages | None,
    contexts: Contexts,
    watchdog: Watchdog,
    *,
    changes: bool,
    tip: str,
) -> int:
    from arcwatch.ui.app import Arcwatch

    while True:
        # a context that refuses changes does so whatever the command line allows
        allowed = changes and not settings.read_only
        memory, uses = load_session(), load_uses(settings.context)
        addresses, fields = load_addresses(), load_fields()
        app = Arcwatch(
            partial(showing, settings, look, stages, allowed=allowed, tip=tip),
            context=settings.context,
            marks=marks_of(settings, allowed=allowed),
            contexts=contexts,
            appearance=look,
            memory=replace(memory, view="", sheet="") if tip else memory,
            uses=uses,
            learned=NameCache(settings.context).learn,
        )
        app.watchdog = watchdog
        app.run(mouse=look.mouse)
        watchdog.quit()
        save_session(app.left, memory)
        if app.has_begun:
            save_addresses(app.showing.tailing.recent, addresses)
            save_fields(app.showing.fields.known, fields)
        if app.is_whole:
            save_uses(settings.context, app.finding.uses, uses)
        if app.crash:
            raise app.crash
        if app.chosen is None:
            return app.return_code or 0
        settings, stages, tip = app.chosen, None, ""


def marks_of(settings: Settings, *, allowed: bool) -> Marks:
    """The context's colour and warnings, shown beside its name."""
    from arcwatch.ui.header import Marks

    warning = " · ".join(filter(None, (settings.tls_warning, settings.folder_warning)))
    return Marks(settings.color, settings.read_only, warning, allowed, settings.notes)


def _begin_to_draw(look: Appearance) -> None:
    """Make this process one that draws: import what does, set up for it."""
    # a metrics page is parsed on a thread; a key should wait a fifth of the usual time for it
    sys.setswitchinterval(0.001)
    # read by Textual once, when it is imported: nothing here needs sixty frames a second
    os.environ.setdefault("TEXTUAL_FPS", "30")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    if look.theme == "16-colour":
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", "standard")
    # nothing that is imported here is ever garbage: looking for some took a tenth of the time
    # until the first picture
    gc.disable()
    import arcwatch.ui.app  # noqa: F401 - for its being imported

    gc.freeze()
    gc.enable()


def showing(
    settings: Settings,
    look: Appearance,
    stages: Stages | None,
    *,
    allowed: bool = False,
    tip: str = "",
) -> ViewContext:
    """The context of all views, built from modules that the first picture does not need."""
    from arcwatch.config import alert_settings
    from arcwatch.engine.check_up import look_again
    from arcwatch.engine.exact_backlog import count_exactly
    from arcwatch.processes.changes_client import ChangesProcess
    from arcwatch.processes.history_client import HistoryProcess
    from arcwatch.processes.probe_client import LiveProbe
    from arcwatch.session.history import HistorySession
    from arcwatch.store.store import Store
    from arcwatch.ui.check_up import CheckUp
    from arcwatch.ui.chosen_fields import ChosenFields
    from arcwatch.ui.saved_places import SavedPlaces
    from arcwatch.ui.view_context import ViewContext

    store = Store()
    alerts = alert_settings.load()
    tailing = _tailing(settings, look)
    return ViewContext(
        store,
        _engine(settings, store, alerts, look, stages),
        glyphs=look.glyphs,
        tailing=tailing,
        browsing=HistorySession(
            partial(HistoryProcess, settings), recent=tailing.recent, values=tailing.values
        ),
        bell=alerts.bell,
        count=partial(count_exactly, settings),
        check_up=CheckUp(partial(look_again, settings), settings.context),
        probe=LiveProbe(settings, store.apply),
        fields=ChosenFields(load_fields()),
        saved=SavedPlaces(settings.context),
        open_changer=partial(ChangesProcess, settings, allowed=allowed),
        changes_allowed=allowed,
        tip=tip,
    )


def _engine(
    settings: Settings, store: Store, alerts: AlertSettings, look: Appearance, stages: Stages | None
) -> Engine:
    from arcwatch.engine.alert_evaluator import AlertEvaluator
    from arcwatch.engine.engine import Engine
    from arcwatch.engine.event_file import EventKeeper
    from arcwatch.engine.past_file import PastKeeper

    rules = AlertEvaluator(store, alerts, settings.context)
    beside = {"rules": rules.run, "events": EventKeeper(store, settings.context).run}
    if stages is None:
        # a demo begins anew each time: it has no yesterday
        beside["past"] = PastKeeper(store, settings.context).run
    engine = Engine(
        settings,
        store,
        stages=stages,
        refresh=look.refresh,
        beside=beside,
        heartbeats=alerts.heartbeats,
    )
    engine.watch_reports()
    return engine


def _tailing(settings: Settings, look: Appearance) -> Tailing:
    from arcwatch.engine.queue_groups import groups_of
    from arcwatch.history.decoding import Decoding, ValueDecoder
    from arcwatch.session.queue_groups import QueueGroups
    from arcwatch.session.tail import Tailing, feed_of

    return Tailing(
        feed_of(settings),
        keep=look.keep,
        recent=load_addresses(),
        values=ValueDecoder(partial(Decoding, settings)),
        groups=QueueGroups(groups_of(settings)),
    )


def check_terminal() -> None:
    """Refuse to draw without a terminal.

    Raises:
        UsageError: Standard input or output is not a terminal, or one that cannot draw.
    """
    term = os.environ.get("TERM", "")
    streams = {"standard input": sys.stdin, "standard output": sys.stdout}
    others = [name for name, stream in streams.items() if not stream.isatty()]
    if term not in ("dumb", "") and not others:
        return
    raise UsageError(
        "the screen needs a terminal",
        why=f"{others[0]} is not one" if others else f"TERM is {term or 'not set'}",
        hint="`arcwatch status` prints the same figures as text, with --json for programs",
    )
