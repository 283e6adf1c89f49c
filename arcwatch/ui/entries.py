"""What can be done by name, rebuilt from the current screen and state."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

from arcwatch.errors import UsageError
from arcwatch.notation.address import Stream, Subject, Topic, parse_address
from arcwatch.notation.history_query import browsable, stream_of
from arcwatch.store.known import PLACES
from arcwatch.text.control_characters import printable
from arcwatch.text.nearest import did_you_mean
from arcwatch.ui.entry import Entry
from arcwatch.ui.views.addresses import place_of
from arcwatch.ui.views.history.view import HistoryView
from arcwatch.ui.views.messages import MessagesView
from arcwatch.ui.views.tables import TablesView
from arcwatch.ui.views.tail.start import MOST_RECENT
from arcwatch.ui.views.tail.view import TailView
from arcwatch.ui.views.things import Thing
from arcwatch.ui.views.view import View

from . import message_commands
from .meanings import MEANINGS
from .themes import THEMES

if TYPE_CHECKING:
    from textual.binding import ActiveBinding, Binding
    from textual.screen import Screen

    from arcwatch.config.settings import Contexts, Settings
    from arcwatch.ui.views.switcher import Views
    from arcwatch.ui.widgets.filter_input import FilterInput
    from arcwatch.ui.widgets.finder_box import FinderBox

    from .view_context import ViewContext


class Commanded(Protocol):
    """What commands do with the dashboard, and ask of it."""

    showing: ViewContext
    views: Views
    filter_input: FilterInput
    command_line: FinderBox
    contexts: Contexts | None
    chosen: Settings | None

    @property
    def view(self) -> View:
        """The view on screen."""

    def draw(self) -> None:
        """Bring the screen up to date."""

    def exit(self) -> None:
        """Leave."""

    def notify(self, message: str, *, markup: bool) -> None:
        """Show a message about something that was done."""

    def push_screen(self, screen: Screen[None]) -> object:
        """Show a screen above this one."""

    def leave(self) -> None:
        """Remember where the user is: escape comes back here."""

    def open_thing(self, thing: Thing) -> None:
        """Open a thing in the view where it lives."""

    def use_theme(self, name: str) -> None:
        """Use a theme by its name."""

    def on_view_narrow(self, event: View.Narrow) -> None:
        """Filter the table of the view."""

    def action_view(self, view: str, then: Callable[[], None] = ..., /) -> None:
        """Show another view, and ``then`` do what needs its parts."""

    def action_filter(self) -> None:
        """Open the filter of the list on show."""

    def copy_text(self, text: str) -> None:
        """Copy a text."""

    def action_help(self) -> None:
        """Show what the keys do."""

    def action_hold(self) -> None:
        """Hold the picture, or let it go on."""

    def action_totals(self) -> None:
        """Show totals or rates."""

    def action_utc(self) -> None:
        """Show times in UTC or in local time."""

    def action_refresh_now(self) -> None:
        """Ask every server now."""

    def action_picture(self) -> None:
        """Write the screen to a file."""

    @property
    def active_bindings(self) -> Mapping[str, ActiveBinding]:
        """The keys that do something on this screen, by name."""

    def get_key_display(self, binding: Binding) -> str:
        """A key as people read it."""

    def simulate_key(self, key: str) -> None:
        """Do what a key does."""


def entries(app: Commanded) -> Iterator[Entry]:
    """Everything that can be done now, the likeliest first."""
    yield from _places(app)
    yield from _settings(app)
    yield from _contexts(app)
    yield from _sorting(app)
    yield from _tailing(app)
    yield from message_commands.entries(app)
    yield from _verbs(app)


def find(words: str, known: Iterable[Entry]) -> Entry:
    """The entry that these words name: in full, or as the beginning of only one.

    Raises:
        UsageError: None, or several; with the nearest.
    """
    known = list(known)
    needle = " ".join(words.split()).casefold()
    exact = [entry for entry in known if entry.text.casefold() == needle]
    begun = [entry for entry in known if entry.text.casefold().startswith(needle)]
    if exact or len(begun) == 1:
        return (exact or begun)[0]
    if begun:
        offered = ", ".join(entry.text for entry in begun[:5])
        raise UsageError(f"{words!r} is ambiguous", why=offered)
    near = did_you_mean(needle, [entry.text for entry in known])
    hint = near or "tab completes, ? lists the keys"
    raise UsageError(f"no command is called {words!r}", hint=hint)


def handle(text: str, app: Commanded) -> None:
    """Do what was typed; some commands take any words.

    Raises:
        UsageError: It names nothing that can be done, or several things.
    """
    verb, _, words = text.partition(" ")
    known = list(entries(app))
    # what is offered is a name as it is, which may hold quotes
    if exact := [entry for entry in known if entry.text == text]:
        exact[0].run()
    elif verb in RAW and words.strip():
        RAW[verb](app, words.strip())
    elif verb in SPOKEN and (given := arguments(words)):
        SPOKEN[verb](app, given)
    else:
        find(" ".join(arguments(text)), known).run()


def arguments(words: str) -> list[str]:
    """Words as a shell would part them: quotes hold together what has blanks, of either kind.

    A backslash is a letter like any other, and ``#`` begins no comment.

    Raises:
        UsageError: A quote is not closed.

    >>> arguments("'arc.agents.*.heartbeat'"), arguments('js:A "yesterday 14:00"')
    (['arc.agents.*.heartbeat'], ['js:A', 'yesterday 14:00'])
    """
    parted = shlex.shlex(words, posix=True, punctuation_chars=False)
    parted.whitespace_split, parted.commenters, parted.escape = True, "", ""
    try:
        return list(parted)
    except ValueError:
        shown = printable(words, limit=60)
        hint = "close it, or put a literal quote inside the other kind of quotes"
        raise UsageError("a quote is not closed", where=shown, hint=hint) from None


def _places(app: Commanded) -> Iterator[Entry]:
    for view in app.views.every:
        name = view.NAME.lower()
        yield Entry("view", name, f"view {view.NAME}", partial(app.action_view, name))
        if isinstance(view, TablesView):
            for sheet in view.sheets:
                yield Entry(
                    "view",
                    sheet.id,
                    f"{sheet.title}, in view {view.NAME}",
                    partial(_show_sheet, app, name, view, sheet.id),
                )


def _show_sheet(app: Commanded, name: str, view: TablesView, sheet: str) -> None:
    app.leave()
    app.action_view(name, partial(view.show_sheet, sheet))


def _settings(app: Commanded) -> Iterator[Entry]:
    yield Entry("setting", "help", "keys, and what the words mean", app.action_help)
    yield Entry("setting", "hold", "hold the display; polling continues", app.action_hold)
    yield Entry("setting", "totals", "toggle totals and rates", app.action_totals)
    yield Entry("setting", "utc", "toggle UTC and local time", app.action_utc)
    yield Entry("setting", "refresh", "poll every server now", app.action_refresh_now)
    yield Entry("setting", "screenshot", "save the screen as SVG", app.action_picture)
    for name in THEMES:
        yield Entry("theme", f"theme {name}", "colours", partial(app.use_theme, name))
    yield Entry("setting", "quit", "leave", app.exit)


def _contexts(app: Commanded) -> Iterator[Entry]:
    # a file that cannot be used is complained of when one of its contexts is asked for
    with suppress(UsageError):
        for name in app.contexts.names() if app.contexts else ():
            yield Entry(
                "context", f"ctx {printable(name)}", "switch context", partial(_switch, app, name)
            )


def _switch(app: Commanded, name: str) -> None:
    """Leave for another context; the app restarts with its brokers."""
    if app.contexts:
        app.chosen = app.contexts.settings(name)
        app.exit()


def _sorting(app: Commanded) -> Iterator[Entry]:
    table = app.view.table
    if table is None:
        return
    for key, title in table.sortable:
        yield Entry(
            "setting",
            f"sort {key}",
            f"sort this table by {title}",
            partial(table.sort_by, key),
        )
    if isinstance(app.view, TablesView):
        for alias, key in app.view.sheet.aliases.items():
            title = table.sorts[key].title
            yield Entry(
                "setting",
                f"sort {alias}",
                f"sort this table by {title}",
                partial(table.sort_by, key),
            )


VERBS = {
    "tail": "tail ADDRESS: its messages as they are sent",
    "history": "history ADDRESS [TIME]: what is stored",
    "stop": "stop ADDRESS: tail it no longer",
    "rewind": "rewind ADDRESS#SUBSCRIPTION [TIME]: preview a rewind",
    "why": "why ADDRESS: what its backlog comes from, with the evidence",
    "presence": "presence PATTERN: who sends heartbeats",
    "columns": "columns .FIELD .FIELD: JSON fields as columns of messages",
    "save": "save NAME: keep this tail, or this place of a history",
    "open": "open NAME: what was saved",
    "filter": "filter WORDS: narrow the list on show",
    "ctx": "ctx NAME: switch context",
}
"""Commands that take words, and what they do."""


def _verbs(app: Commanded) -> Iterator[Entry]:
    for verb, meaning in VERBS.items():
        yield Entry("verb", verb, meaning, partial(app.command_line.open, f"{verb} "))


def keys(app: Commanded) -> Iterator[Entry]:
    """What the keys do that do something now."""
    for key, active in app.active_bindings.items():
        binding = active.binding
        meaning = MEANINGS.get(binding.id or "")
        if active.enabled and meaning:
            text = f"{meaning}  {app.get_key_display(binding)}"
            yield Entry("key", text, binding.description, partial(app.simulate_key, key))


def _tailing(app: Commanded) -> Iterator[Entry]:
    tailing = app.showing.tailing
    for address in tailing.recent[:MOST_RECENT]:
        words = f"tail {printable(address)}"
        yield Entry("place", words, "tailed recently", partial(_tail, app, [address]))
    for address in app.showing.browsing.recent[:MOST_RECENT]:
        if "nats:" not in address:
            words = f"history {printable(address)}"
            yield Entry("place", words, "opened recently", partial(_browse, app, address))
    for address in tailing.addresses:
        words = f"stop {printable(address)}"
        yield Entry("place", words, "stop tailing it", partial(_untail, app, [address]))


def _tail(app: Commanded, addresses: Sequence[str]) -> None:
    for address in addresses:
        # before anything changes: what cannot be tailed leaves the screen as it is
        parse_address(address)
    app.action_view("tail", partial(_tail_there, app, addresses))


def _tail_there(app: Commanded, addresses: Sequence[str]) -> None:
    view = app.view
    for address in addresses:
        if isinstance(view, TailView):
            view.tail(address)
    view.take_keys()


def _untail(app: Commanded, addresses: Sequence[str]) -> None:
    for address in addresses:
        app.showing.tailing.remove(address)
    app.draw()


def _presence(app: Commanded, words: Sequence[str]) -> None:
    pattern = " ".join(words)
    parse_address(pattern)

    def find() -> None:
        if isinstance(app.view, TailView):
            app.view.find_members(pattern)

    app.action_view("tail", find)


def _narrow(app: Commanded, words: str) -> None:
    # quotes within a filter are its own: `.key == "eu"`
    if words[0] in "'\"" and words.find(words[0], 1) == len(words) - 1:
        words = words[1:-1]
    app.on_view_narrow(View.Narrow(words))


def tail_row(app: Commanded) -> None:
    """Tail what the row under the cursor is about.

    Raises:
        UsageError: It is about nothing that messages are sent to.
    """
    if app.view.id == "tail":
        app.command_line.open("tail ")
    else:
        _tail(app, [place_of(app.view.address)])


_BACKLOGGED = ("overview", "nats", "pulsar", "alerts")
"""Views whose rows are backlogs, or hold some."""


def offers(view: View, action: str) -> bool:
    """Whether there is anything that an action is about, mostly what is under the cursor."""
    if action in ("filter", "rewind"):
        return view.table is not None or not isinstance(view, MessagesView) or bool(view.listed)
    if (view.id, action) in (("tail", "tail"), ("history", "browse")):
        return True
    if action == "why":
        return view.id in _BACKLOGGED and _is_explained(view.explained)
    try:
        place_of(view.browsed[0] if action == "browse" else view.address)
    except UsageError:
        return False
    return True


def _is_explained(address: str) -> bool:
    try:
        if address.startswith(PLACES):
            return True
        return bool(address) and isinstance(parse_address(address), Topic | Stream)
    except UsageError:
        # a server
        return False


def _history(app: Commanded, words: Sequence[str]) -> None:
    _browse(app, words[0], " ".join(words[1:]))


def _browse(app: Commanded, address: str, at: str = "", *, to: str = "") -> None:
    address = _stored(app, address)

    def browse() -> None:
        if isinstance(app.view, HistoryView):
            app.view.browse(address, at)
            app.view.go(to)

    app.action_view("history", browse)


def _stored(app: Commanded, address: str) -> str:
    place = parse_address(address)
    store = app.showing.store
    if isinstance(place, Subject) and (not place.context or place.context in store.called):
        known = store.nats_streams()
        if place.context:
            known = [row for row in known if row.cluster == store.called[place.context]]
        address = stream_of(place, {row.stream: row.subjects for row in known}.items())
    browsable(address)
    return address


def browse_row(app: Commanded) -> None:
    """Open the history of what the row under the cursor is about.

    Raises:
        UsageError: It is about nothing that is stored.
    """
    view = app.view
    if isinstance(view, HistoryView) and not view.filter:
        app.command_line.open("history ")
        return
    address, at = view.browsed
    place_of(address, "browsed")
    # a subscription is not what is browsed, but what may be rewound from there
    _browse(app, address, at)


def ask_time(app: Commanded) -> None:
    """Ask for the time at which the history of the row under the cursor is opened.

    Raises:
        UsageError: The row is about nothing that is stored.
    """
    _stored(app, place_of(app.view.browsed[0], "browsed"))
    app.command_line.open("@")


def browse_at(app: Commanded, words: str) -> None:
    """Open the history of the row under the cursor at a time, or in a window of time.

    Raises:
        UsageError: The row is about nothing that is stored, or the time is none.
    """
    address = app.view.browsed[0]
    place_of(address, "browsed")
    # before anything changes: what is no time leaves the screen as it is
    app.showing.browsing.begins(words)
    _browse(app, address, to=words)


def _rewind_to(app: Commanded, words: Sequence[str]) -> None:
    _rewind(app, words[0], " ".join(words[1:]))


def _rewind(app: Commanded, address: str, at: str) -> None:
    from arcwatch.ui.screens.rewind import RewindScreen

    app.push_screen(RewindScreen(app.showing, address, at))


def rewind_row(app: Commanded) -> None:
    """Preview what moving the subscription of the row under the cursor does.

    Raises:
        UsageError: The row is about none that can be moved.
    """
    view = app.view
    address, at = view.rewound
    if isinstance(view, HistoryView) and "#" not in address:
        app.command_line.open(f"rewind {address}#")
    else:
        # whole: a subscription's name may have blanks
        _rewind(app, address, at)


def _why(app: Commanded, words: Sequence[str]) -> None:
    from arcwatch.ui.screens.why import WhyScreen

    address = " ".join(words)
    # an address that names nothing is reported here, and not by the screen
    app.showing.store.why(address)
    app.push_screen(WhyScreen(app.showing, address))


def why_row(app: Commanded) -> None:
    """Show why the backlog under the cursor waits.

    Raises:
        UsageError: It is about nothing that keeps messages.
    """
    if not offers(app.view, "why"):
        what = "only backlogs, topics, streams, connections and links can be explained"
        raise UsageError(what)
    _why(app, [app.view.explained])


def _switch_to(app: Commanded, words: Sequence[str]) -> None:
    _switch(app, " ".join(words))


RAW: Mapping[str, Callable[[Commanded, str], None]] = {
    "filter": _narrow,
    "columns": message_commands.choose_columns,
}
"""Commands that take what follows as it is."""

SPOKEN: Mapping[str, Callable[[Commanded, Sequence[str]], None]] = {
    "tail": _tail,
    "stop": _untail,
    "untail": _untail,
    "history": _history,
    "rewind": _rewind_to,
    "presence": _presence,
    "why": _why,
    "ctx": _switch_to,
    "save": message_commands.save,
    "open": message_commands.open_named,
}
"""Commands that take any words, parted as :func:`arguments` does."""
