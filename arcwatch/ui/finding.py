"""What the finder offers for the words typed, and what is done with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from arcwatch.errors import UsageError
from arcwatch.session.finder import Index, Ranking, places_in
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.rule_rows import rule_rows
from arcwatch.store.names import Name, names
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.entry import Entry
from arcwatch.ui.problems import without_cluster
from arcwatch.ui.views.addresses import place_of
from arcwatch.ui.views.history.view import HistoryView
from arcwatch.ui.views.things import SubjectRow, Thing, thing_at
from arcwatch.ui.widgets.finder_box import Offer, Offers

from .entries import RAW, SPOKEN, Commanded, browse_at, entries, handle, keys

AT_ONCE = 5_000
"""Names that are listed within a key; more of them are listed on a thread."""

AGAIN = 5.0
"""Seconds until names are listed anew, at least."""

MOST_COMPLETED = 100
"""Addresses offered to a command."""

MOST_EVENTS = 200
"""The newest events that are found by their words."""

MOST_USES = 200
"""Things whose use is remembered."""

LIVES: Mapping[str, str] = {
    "topic": "Pulsar",
    "subscription": "Pulsar",
    "stream": "NATS",
    "consumer": "NATS",
    "subject": "NATS",
    "connection": "NATS",
    "account": "NATS",
    "server": "servers",
}
"""Where things of each kind live."""

TAKES: Mapping[str, Sequence[str]] = {
    "tail": ("topic", "stream", "subject"),
    "history": ("topic", "stream"),
    "rewind": ("subscription",),
    "why": ("topic", "subscription", "stream", "consumer"),
}
"""The kinds of things whose addresses commands take."""

FURTHER: Mapping[str, Sequence[str]] = {
    "tail": ("topic", "subscription", "stream", "consumer", "subject"),
    "history": ("topic", "subscription", "stream", "consumer"),
    "why": ("topic", "subscription", "stream", "consumer"),
    "rewind": ("subscription",),
}
"""Commands for what a thing is in: of a subscription its topic."""


class Finding:
    """Finds among the names that are known, from a list of its own: no server is waited for.

    Args:
        learned: Called with the names, on a thread, whenever they were listed again.
    """

    def __init__(
        self,
        app: Commanded,
        uses: Mapping[tuple[str, str], int],
        learned: Callable[[Sequence[Name]], None] = lambda names: None,
    ) -> None:
        self._app, self.uses, self._learned = app, dict(uses), learned
        self._index: Index[Name | Entry] = Index(())
        self._commands: Index[Name | Entry] = Index(())
        self._listed_at = -AGAIN
        self._version: object = None

    # -- the list of names ------------------------------------------------------------------------

    async def refresh(self) -> None:
        """List the names anew, where they may have changed and that is not too soon."""
        store = self._app.showing.store
        now = time.monotonic()
        if store.version == self._version or now - self._listed_at < AGAIN:
            return
        self._listed_at, self._version = now, store.version
        known = names(store)
        self._index = await asyncio.to_thread(self._listed, known)

    def _listed(self, known: Iterator[Name]) -> Index[Name | Entry]:
        found = list(known)
        self._learned(found)
        return Index(found)

    def prepare(self) -> None:
        """Look at what can be done now; few names are listed at once, the newest among them."""
        self._commands = Index((*entries(self._app), *_judged(self._app), *keys(self._app)))
        store = self._app.showing.store
        few = sum(len(each.topics) for each in store.pulsar) < AT_ONCE
        if few and len(self._index.names) < AT_ONCE and store.version != self._version:
            self._version = store.version
            self._index = Index(names(store))

    # -- offers -----------------------------------------------------------------------------------

    def find(self, typed: str) -> Offers:
        """What fits the words typed; a first character narrows it to a kind."""
        text = typed.lstrip()
        first, rest = text[:1], text[1:].strip()
        if first == "@":
            return Offers([self._time(rest)], "go to a time")
        if first == "/":
            run = partial(RAW["filter"], self._app, rest) if rest else self._app.action_filter
            return Offers([Offer("filter", f"/{rest}", "narrows this list", run)], "filter here")
        verb, _, words = text.lstrip(":").partition(" ")
        if " " in text and verb in (*SPOKEN, *RAW):
            return self._completed(verb, words)
        return self._anything(text, verbs_alone=first == ":")

    def unknown(self, typed: str) -> None:
        """Do what was typed.

        Raises:
            UsageError: Nothing is called so.
        """
        handle(typed.strip().lstrip(":"), self._app)

    def _anything(self, text: str, *, verbs_alone: bool) -> Offers:
        commands = self._commands
        things: Index[Name | Entry] = Index(()) if verbs_alone else self._index
        query = text.lstrip(":").strip()
        alerts = self._alerts()
        trouble = {address: _severity(row) for address, row in alerts.items()}
        found, count = Ranking(trouble, self.uses).best(query, things, commands)
        known = len(things.names) + len(commands.names)
        rows = [self._offer(each, query, alerts) for each in found]
        return Offers(rows, f"{count:,} of {known:,} names")

    def _alerts(self) -> Mapping[str, AlertRow]:
        rows = self._app.showing.store.alerts.rows()
        return {row.address: row for row in rows if row.state == "firing" and not row.quiet}

    def _offer(self, name: Name | Entry, query: str, alerts: Mapping[str, AlertRow]) -> Offer:
        places = places_in(query, name.text)
        if isinstance(name, Entry):
            text = f":{name.text}" if name.kind == "verb" else name.text
            places = [at + 1 for at in places] if name.kind == "verb" else places
            run = partial(self._do, name)
            completion = f"{name.text} " if name.kind == "verb" else name.text
            return Offer(name.kind, text, name.meaning, run, completion, places=places)
        alert = alerts.get(name.address)
        return Offer(
            name.kind,
            name.text,
            LIVES[name.kind],
            partial(self._open, name),
            name.text,
            _severity(alert) if alert else 0,
            alert.shown if alert else "",
            places,
            partial(self._more, name),
        )

    def _time(self, words: str) -> Offer:
        view = self._app.view
        address = view.browsing.address if isinstance(view, HistoryView) else view.browsed[0]
        return Offer("time", f"@ {words}", printable(address), partial(self._go, words))

    def _completed(self, verb: str, words: str) -> Offers:
        """What was typed as it is, and the names that it may mean."""
        typed = f"{verb} {words}"
        run = partial(handle, typed.strip(), self._app)
        rows = [Offer("verb", f":{typed}", "runs it", run, typed)]
        for address in self._addresses(verb, words):
            text = f"{verb} {printable(address)}"
            places = [at + len(verb) + 1 for at in places_in(words.strip(), printable(address))]
            run = partial(SPOKEN[verb], self._app, [address])
            rows.append(
                Offer("verb", f":{text}", "runs it", run, text, places=[p + 1 for p in places])
            )
        return Offers(rows, f"{len(rows) - 1:,} names")

    def _addresses(self, verb: str, words: str) -> Sequence[str]:
        # of a name the scheme is no part
        scheme, _, query = words.strip().rpartition(":")
        kinds = TAKES.get(verb, ())
        found = self._index.find(query) if query else self._index.names[:AT_ONCE]
        addresses = (each.address for each in found if each.kind in kinds)
        return [each for each in addresses if each.startswith(scheme)][:MOST_COMPLETED]

    # -- doing ------------------------------------------------------------------------------------

    def _open(self, name: Name) -> None:
        thing = self._thing(name)
        if thing is None:
            raise UsageError(
                f"{name.text[:60]} is no longer reported", hint="r asks every server now"
            )
        self._use(name)
        self._app.open_thing(thing)

    def _thing(self, name: Name) -> Thing | None:
        if name.kind == "subject":
            # as a stream has it, which may be none that people can write
            subject = without_cluster(name.address).removeprefix("nats:")
            return Thing("nats", SubjectRow(name.cluster, subject))
        return thing_at(self._app.showing.store, name.address, name.cluster)

    def _do(self, entry: Entry) -> None:
        if entry.kind not in ("key", "event"):
            self._use(entry)
        entry.run()

    def _go(self, words: str) -> None:
        view = self._app.view
        if not words:
            raise UsageError("which time?", hint="@ 14:30, @ -15m, or @ from 14:30 to 14:45")
        if isinstance(view, HistoryView) and view.browsing.address:
            view.go(words)
        elif isinstance(view, HistoryView):
            raise UsageError("no history is open", hint="`@` on a row opens its history there")
        else:
            browse_at(self._app, words)

    def _use(self, name: Name | Entry) -> None:
        key = (name.kind, name.address)
        count = self.uses.pop(key, 0)
        self.uses[key] = count + 1
        while len(self.uses) > MOST_USES:
            del self.uses[next(iter(self.uses))]

    def _more(self, name: Name) -> Sequence[Offer]:
        app, address = self._app, name.address
        rows = [Offer(name.kind, "open", name.text, partial(self._open, name))]
        for verb, taken in FURTHER.items():
            if name.kind in taken:
                place = address if verb in ("rewind", "why") else place_of(address)
                run = partial(SPOKEN[verb], app, [place])
                rows.append(Offer("verb", verb, printable(place), run))
        copied = partial(app.copy_text, printable(address))
        return [*rows, Offer("verb", "copy address", printable(address), copied)]


def _judged(app: Commanded) -> Iterator[Entry]:
    showing = app.showing
    for rule in rule_rows(showing.store.alerts):
        text = printable(f"{rule.rule}  {rule.when}", 200)
        yield Entry("rule", text, "Rules", partial(app.open_thing, Thing("alerts", rule)))
    for row in showing.check_up.rows():
        text = printable(f"{row.finding}  {row.place}", 200)
        yield Entry("finding", text, "Check-up", partial(app.open_thing, Thing("alerts", row)))
    for event in showing.store.events.newest(MOST_EVENTS):
        at = units.clock(event.at, utc=showing.utc)
        text = printable(f"{at} {event.place} {event.text} {event.change}".rstrip(), 200)
        yield Entry("event", text, "Events", partial(app.open_thing, Thing("alerts", event)))


def _severity(row: AlertRow) -> int:
    return 2 if row.severity == "critical" else 1
