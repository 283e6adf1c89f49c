"""The keys with the same meaning in every view; users can rebind each."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from arcwatch.ui.views.numbered import VIEWS

KEYS: list[BindingType] = [
    *(
        Binding(str(view.number), f"view('{view.id}')", view.name, show=False, id=f"view.{view.id}")
        for view in VIEWS
    ),
    Binding("question_mark", "help", "Help", key_display="?", id="help"),
    Binding("colon", "command", "Go to", key_display=":", id="command"),
    Binding("ctrl+p", "command", "Go to", show=False, id="goto.too"),
    Binding("slash", "filter", "Filter", key_display="/", id="list.filter"),
    Binding("exclamation_mark", "next_problem", "Next problem", show=False, id="problem.next"),
    Binding("p", "hold", "Pause", id="hold"),
    Binding("space", "totals", "Totals", id="totals"),
    Binding("r", "refresh_now", "Refresh", show=False, id="refresh"),
    Binding("z", "utc", "UTC", show=False, id="utc"),
    Binding("y", "copy", "Copy", show=False, id="copy"),
    Binding("t", "tail", "Tail", id="tail"),
    Binding("b", "browse", "History", id="browse"),
    Binding("at", "at", "Time", key_display="@", show=False, id="at"),
    Binding("0", "now", "Now", show=False, id="now"),
    Binding("W", "why", "Why", id="why"),
    Binding("E", "events", "Events", show=False, id="events"),
    Binding("e", "exact", "Count", show=False, id="exact"),
    Binding("R", "rewind", "Rewind…", show=False, id="rewind"),
    # no key unless the user gives it one: `:screenshot`
    Binding("unbound", "picture", "Screenshot", show=False, id="screenshot"),
    Binding("q", "quit", "Quit", id="quit"),
    Binding("ctrl+c", "quit", "Quit", show=False, id="quit.too"),
    Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="suspend"),
    Binding("escape", "back", "Back", show=False, id="back"),
]  # fmt: skip - a binding a line


def quit_keys(chosen: Mapping[str, str]) -> frozenset[str]:
    """The keys that quit, by name or as the character typed."""
    quits = [key for key in KEYS if isinstance(key, Binding) and key.action == "quit"]
    keys = (chosen.get(key.id or "", key.key).split(",") for key in quits)
    # ctrl-q is Textual's own
    return frozenset(["ctrl+q"]).union(*keys)
