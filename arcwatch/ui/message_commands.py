"""Commands about lists of messages: their columns, and what is saved of them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

from arcwatch.errors import UsageError
from arcwatch.text.control_characters import printable
from arcwatch.ui.views.history.view import HistoryView
from arcwatch.ui.views.messages import MessagesView
from arcwatch.ui.views.tail.view import TailView
from arcwatch.ui.views.view import View

from .entry import Entry
from .saved_places import Place
from .view_context import ViewContext

HINT = "open a tail or a history first"


class Shown(Protocol):
    """What these commands do with the dashboard."""

    showing: ViewContext

    @property
    def view(self) -> View:
        """The view on screen."""

    def action_view(self, view: str, then: Callable[[], None] = ..., /) -> None:
        """Show another view, and ``then`` do what needs its parts."""

    def on_view_narrow(self, event: View.Narrow) -> None:
        """Filter the table of the view."""

    def notify(self, message: str, *, markup: bool) -> None:
        """Show a message about something that was done."""


def entries(app: Shown) -> Iterator[Entry]:
    """What can be opened by name, and columns that can be put away."""
    for name, place in app.showing.saved.known.items():
        text = printable(str(place), 200)
        yield Entry("place", f"open {name}", f"saved: {text}", partial(open_place, app, name))
    view = app.view
    if isinstance(view, MessagesView) and view.fields.paths:
        yield Entry(
            "setting", "columns none", "no columns of fields", partial(view.choose_fields, "none")
        )


def choose_columns(app: Shown, text: str) -> None:
    """Give fields columns of their own.

    Raises:
        UsageError: A word is none, or no messages are on show.
    """
    if not isinstance(app.view, MessagesView):
        raise UsageError("there are no messages here", hint=HINT)
    app.view.choose_fields(text)


def save(app: Shown, words: Sequence[str]) -> None:
    """Save what the view shows under a name.

    Raises:
        UsageError: It shows nothing that can be saved, or not under this name.
    """
    name, place = " ".join(words), None
    if isinstance(app.view, MessagesView):
        place = app.view.place
    if place is None:
        raise UsageError("there is nothing to save here", hint=HINT)
    app.showing.saved.save(name, place)
    app.notify(f"saved {name}; :open {name} opens it again", markup=False)


def open_named(app: Shown, words: Sequence[str]) -> None:
    """Open what was saved under a name.

    Raises:
        UsageError: Nothing was, or it can no longer be opened.
    """
    open_place(app, " ".join(words))


def open_place(app: Shown, name: str) -> None:
    """The same for a name as it is."""
    place = app.showing.saved.known.get(name)
    if place is None:
        hint = ", ".join(list(app.showing.saved.known)[:5]) or ":save NAME saves what is shown"
        raise UsageError(f"nothing was saved as {printable(name, 60)!r}", hint=hint)
    show_place(app, place)


def show_place(app: Shown, place: Place) -> None:
    """Show a place as it was when it was saved."""

    def shown() -> None:
        view = app.view
        if isinstance(view, TailView):
            view.tail_only(place.addresses)
        elif isinstance(view, HistoryView):
            view.browse(place.addresses[0], place.at)
        app.on_view_narrow(View.Narrow(place.filter))

    app.action_view(place.view, shown)
