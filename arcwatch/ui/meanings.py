"""One meaning a key, in every view: what each binding's id means, and a check of a user's keys."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module

from textual.binding import Binding
from textual.keys import _character_to_key
from textual.message_pump import MessagePump

from arcwatch import ui
from arcwatch.errors import UsageError
from arcwatch.text.control_characters import printable
from arcwatch.text.nearest import did_you_mean

from .views.numbered import VIEWS

TYPING = ("command.", "filter.", "prompt.", "finder.")
"""What the ids begin with that apply while something is typed, where letters are text."""

_MEANINGS: Mapping[str, str] = {
    "help": "help help.close-too change.help columns.help",
    "go to anything": "command goto.too",
    "filter, or search": "list.filter help.search",
    "quit, or leave the help": "quit quit.too help.quit why.quit columns.quit full-row.quit",
    "back": "back why.close view.step-back messages.close history.leave help.close change.leave "
    "columns.close full-row.close chart.leave timeline.leave lanes.leave",
    "open, or confirm": "table.open why.open messages.open lines.open timeline.choose "
    "replay.publish",
    "down": "table.down messages.down lines.down help.down why.down timeline.list",
    "up": "table.up messages.up lines.up help.up why.up timeline.list-too",
    "page down": "table.page-down messages.page-down lines.page-down",
    "page up": "table.page-up messages.page-up lines.page-up",
    "first": "table.first messages.first lines.first",
    "last, and follow": "table.last messages.follow messages.follow-too lines.last",
    "unfold, or right": "table.right tree.unfold lines.unfold chart.later timeline.later",
    "fold, or left": "table.left tree.fold lines.fold chart.earlier timeline.earlier",
    "far right": "timeline.far-later",
    "far left": "timeline.far-earlier",
    "next opened row": "view.next-row messages.next columns.right",
    "previous opened row": "view.last-row messages.last columns.left",
    "next tab": "view.next-table messages.next-sheet",
    "previous tab": "view.last-table messages.last-sheet",
    "next pane, or field": "pane.next view.next-pane messages.next-pane replay.target",
    "previous pane": "pane.last view.last-pane messages.last-pane",
    "filter by the value": "messages.filter-value",
    "next match": "messages.next-match",
    "previous match": "messages.last-match",
    "surroundings": "tail.context history.surround",
    "columns": "table.sort messages.columns columns.close-too",
    "reverse, or another order": "table.reverse history.event-time",
    "earlier moment": "chart.point-earlier history.earlier lanes.earlier",
    "later moment": "chart.point-later history.later lanes.later",
    "zoom in": "lanes.zoom-in chart.zoom-in history.in columns.wider",
    "zoom out": "lanes.zoom-out chart.zoom-out history.out columns.narrower",
    "previous event": "chart.last-event history.last-event",
    "next event": "chart.next-event history.next-event",
    "go to a time": "at history.go rewind.time",
    "back to now": "now",
    "next problem": "problem.next",
    "pause": "hold history.pause replay.pause",
    "poll or check again": "refresh alerts.check-up history.retry",
    "rates or totals, or tick a box": "totals columns.show",
    "tail": "tail",
    "history": "browse",
    "events": "events",
    "why": "why why.close-too",
    "compare": "chart.compare",
    "layout": "chart.size layout.next",
    "zoom the pane": "layout.zoom view.zoom",
    "in full, or in another form": "messages.form alerts.in-full table.in-full full-row.close-too",
    "differences": "messages.difference pulsar.difference",
    "mark": "history.mark",
    "mode of a tail": "tail.mode",
    "copy": "copy",
    "copy the whole": "messages.copy-record",
    "write to a file": "messages.write",
    "state at a time": "history.state",
    "stop or remove": "tail.remove history.forget columns.usual",
    "acknowledge": "alerts.acknowledge",
    "silence": "alerts.silence",
    "undo": "alerts.tell-again rewind.back",
    "count exactly": "exact rewind.exact",
    "what is hidden": "nats.internal pulsar.internal alerts.everything",
    "UTC or local time": "utc",
    "suspend": "suspend",
    "rewind": "rewind history.rewind",
    "publish": "history.replay latency.probe",
    "screenshot": "screenshot",
    "complete": "command.complete filter.complete",
    "previous row": "command.earlier",
    "next row": "command.later",
    "rows up": "command.page-up",
    "rows down": "command.page-down",
    "more verbs": "command.further",
    "leave the line": "command.close filter.clear prompt.close",
}
"""Each meaning, and the ids of the bindings that have it."""

MEANINGS: Mapping[str, str] = {
    **{f"view.{view.id}": f"view {view.name}" for view in VIEWS},
    **{id: meaning for meaning, ids in _MEANINGS.items() for id in ids.split()},
}
"""What each binding means, by its id."""


def bindings() -> Iterator[Binding]:
    """Every binding of the screen; this imports all of it."""
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        import_module(module.name)
    for owner in _kinds(MessagePump):
        if owner.__module__.startswith(ui.__name__):
            own = vars(owner).get("BINDINGS", ())
            yield from (each for each in own if isinstance(each, Binding))


def _kinds(base: type[object]) -> Iterator[type[object]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


def clashes(chosen: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Keys that mean two things, each with the ids of both."""
    first: dict[tuple[bool, str], str] = {}
    found = []
    for binding in bindings():
        id = binding.id or ""
        typing = id.startswith(TYPING)
        for key in chosen.get(id, binding.key).split(","):
            other = first.setdefault((typing, _name(key.strip())), id)
            if MEANINGS.get(other) != MEANINGS.get(id):
                found.append((key.strip(), other, id))
    return found


def check(chosen: Mapping[str, str], where: str) -> None:
    """Refuse a map that gives one key two meanings.

    Args:
        where: Where they are written.

    Raises:
        UsageError: An id is unknown, or a key means two things.
    """
    for id in chosen:
        if id not in MEANINGS:
            quoted = printable(id, limit=40)
            hint = did_you_mean(id, MEANINGS) or "the help (?) names them"
            raise UsageError(f"no key is called {quoted!r}", where=where, hint=hint)
    for key, one, other in clashes(chosen):
        both = " and ".join(f"`{id}` ({MEANINGS.get(id, id)})" for id in (one, other))
        hint = "choose another key for one of them"
        raise UsageError(f"{printable(key, 20)} has two meanings", where=where, why=both, hint=hint)


def _name(key: str) -> str:
    return _character_to_key(key) if len(key) == 1 else key
