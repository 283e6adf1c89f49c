"""Texts of the help: about each key, keys that do nothing now, and the words on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arcwatch.ui.views.numbered import VIEWS

_DOES: Mapping[str, str] = {
    "help help.close-too": "this help",
    "command goto.too": "go to anything by any part of its name; : again for commands alone",
    "list.filter": "filter rows by words; in a history search; enter keeps it, esc clears it",
    "problem.next": "go to the next problem",
    "hold": "pause the screen, polling continues; resume",
    "totals": "NATS counters as rates, or totals",
    "refresh": "poll every server now",
    "utc": "times in local time, or UTC",
    "copy": "copy the row's address, or the value",
    "tail": "tail the row's subject, stream or topic",
    "browse": "history of the row (of a subject: its stream)",
    "exact": "count a Pulsar subscription's backlog exactly",
    "rewind history.rewind": "preview a rewind of a Pulsar subscription",
    "quit quit.too": "quit",
    "back view.step-back messages.close history.leave": "back to where you were",
    "table.down table.up messages.down messages.up lines.down lines.up": "move one row",
    "timeline.list timeline.list-too": "go back to the list",
    "table.page-down table.page-up messages.page-down messages.page-up lines.page-down "
    "lines.page-up": "one screen down, up",
    "table.first table.last lines.first lines.last": "first row, last row",
    "messages.first": "first message",
    "messages.follow messages.follow-too": "newest message, and follow; moving up stops it",
    "table.open why.open": "open the thing itself",
    "messages.open": "open the message",
    "lines.open lines.unfold lines.fold": "unfold a value, fold it",
    "table.sort": "columns: sort, hide, move, widen; remembered",
    "table.reverse": "reverse the order",
    "table.left table.right": "scroll a wide table sideways",
    "table.in-full": "the whole row, nothing cut",
    "columns.show": "hide a column, show it again",
    "columns.right columns.left": "move a column",
    "columns.wider columns.narrower": "widen a column, narrow it",
    "columns.usual": "reset the columns",
    "columns.close full-row.close": "close it",
    "tree.unfold tree.fold": "unfold; fold, or go to what it is in",
    "view.next-table view.last-table": "next table, previous table",
    "messages.next-sheet messages.last-sheet": "next tab, previous tab",
    "pane.next pane.last view.next-pane view.last-pane "
    "messages.next-pane messages.last-pane": "next pane, previous",
    "view.next-row view.last-row messages.next messages.last": "open the next row, the previous",
    "messages.next-match messages.last-match": "next match, previous match",
    "messages.form": "the value as a tree, as text, in hex",
    "messages.columns": "JSON fields as columns; :columns .task .state does the same",
    "messages.filter-value": "filter by the value under the cursor; again adds it",
    "why": "why the row's backlog waits, with the evidence",
    "messages.difference": "difference from the previous message of the same key or subject",
    "pulsar.difference": "every field in which a version of the schema differs",
    "messages.copy-record": "copy the whole record",
    "messages.write": "write the message, or all listed ones, to .ndjson or .csv",
    "history.surround": "the messages around the one under the cursor, and back",
    "tail.context": "also show the messages around the matches of /",
    "tail.mode": "mode of the tail: auto, full or sampled",
    "tail.remove": "stop tailing the address",
    "history.forget": "forget a saved or recent address",
    "history.go": "go to a time, or open a window: from 10:00 to 10:15",
    "at": "the row's stored messages at a time, or in a window",
    "now": "back to now: resume, leave the chart's cursor, newest messages",
    "chart.last-event chart.next-event": "previous event of the row, next event",
    "history.last-event history.next-event": "previous match or event, next",
    "history.mark": "mark a message; a second mark opens the window between them",
    "history.state": "state at a time; between two, what changed",
    "history.replay": "replay the message, the matches, the window, or the page",
    "history.event-time": "order the window by event time, and back",
    "history.pause": "pause the search, and go on",
    "history.retry": "load newer messages, or retry what failed",
    "lanes.earlier lanes.later chart.point-earlier chart.point-later chart.earlier chart.later "
    "history.earlier history.later "
    "timeline.earlier timeline.later": "read the values at an earlier or later time",
    "timeline.far-earlier timeline.far-later": "ten steps earlier, later",
    "timeline.choose": "go to that time",
    "timeline.leave chart.leave lanes.leave": "leave the chart",
    "lanes.zoom-in lanes.zoom-out chart.zoom-in chart.zoom-out "
    "history.in history.out": "zoom in, zoom out",
    "layout.next": "next layout: all panes, list only, larger charts",
    "layout.zoom view.zoom": "zoom the pane to fill the view, and back",
    "events": "events: what happened, newest first",
    "chart.compare": "compare up to four rows in one chart; esc: stop comparing",
    "chart.size": "next layout: all panes, larger chart, panes on the right, list only",
    "alerts.acknowledge": "acknowledge: hide until it fires again",
    "alerts.silence": "silence for a time, such as 1h; a finding with a reason and a date",
    "alerts.tell-again": "undo acknowledging and silencing",
    "alerts.in-full": "the alert itself: its rule, and its history here",
    "alerts.check-up": "check configuration and state, or check again",
    "alerts.everything": "also show what is ok, silenced or not possible",
    "latency.probe": "start or stop a probe with test messages",
    "nats.internal pulsar.internal": "show internal topics and own connections, or hide them",
    "help.close help.quit help.down help.up help.search change.leave change.help "
    "why.close why.close-too why.quit why.down why.up columns.quit columns.close-too columns.help "
    "full-row.quit full-row.close-too": "",
    "replay.target replay.publish replay.pause rewind.time rewind.exact rewind.back": "",
    "screenshot": "",
}

DOES: Mapping[str, str] = {
    **{f"view.{view.id}": ", ".join(each.name for each in VIEWS) for view in VIEWS},
    **{id: says for ids, says in _DOES.items() for id in ids.split()},
}
"""What each key does, by the binding's id; keys with the same text share a line."""

TIMES = (
    "chart.",
    "lanes.",
    "timeline.",
    "history.go",
    "history.in",
    "history.out",
    "history.earlier",
    "history.later",
    "history.last-event",
    "history.next-event",
    "at",
    "now",
)
"""What the ids begin with of keys that are about time."""

_NOT_NOW: Mapping[str, str] = {
    "totals": "this table has no totals",
    "view.next-row": "no row is open: enter opens one",
    "view.next-table": "there is one table here",
    "pulsar.difference": "only in an opened topic's Schemas",
    "messages.difference messages.next": "no message is open: enter opens one",
    "messages.columns messages.filter-value messages.form": "no messages are listed yet",
    "messages.write messages.next-match messages.last-match": "no messages are listed yet",
    "messages.next-sheet": "nothing is tailed or open",
    "messages.next-pane": "there is one pane here",
    "table.open": "these rows have no further details",
    "table.left table.right": "no more columns on that side",
    "table.sort table.reverse": "this list has a fixed order",
    "history.go history.mark history.replay": "no history is open: b on a row, or :history ADDRESS",
    "history.forget": "no saved or recent address to forget",
    "history.state": "no history is open yet",
    "history.pause": "no search is running: / starts one",
    "history.in history.earlier": "no timeline here yet",
    "chart.last-event": "no events of this row in the chart's window",
    "history.last-event": "no matches or events on the timeline",
    "alerts.acknowledge alerts.silence alerts.tell-again": "only for a firing alert",
    "alerts.in-full": "it is open already, or the row is a rule",
    "alerts.check-up alerts.everything": "only in Check-up",
}

NOT_NOW: Mapping[str, str] = {id: why for ids, why in _NOT_NOW.items() for id in ids.split()}
"""Why a key does nothing now, by the binding's id."""

READ_ONLY = "preview only: read-only here; start with --allow-changes"

CHANGES = ("rewind", "history.replay")
"""Ids of what a read-only session only previews."""

WORDS: Sequence[tuple[str, str]] = (
    ("in", "messages from clients to the server"),
    ("out", "messages from the server to clients"),
    (
        "≈",
        "an estimate: Pulsar counts entries (batches); messages are entries times the average "
        "batch size of the topic",
    ),
    ("≥", "at least: it was waiting before arcwatch started"),
    ("–", "unknown, or not reported by this server; never zero"),
    ("!", "before a row: an alert is firing on it or inside it"),
    ("▲", "the backlog grew over the last minute; of an alert: critical"),
    ("▼", "the backlog shrank over the last minute; in a heading: sorted by it, largest first"),
    ("=", "the backlog was stable over the last minute"),
    ("drains in", "at the rate of the last minute; growing: not at all"),
    ("keeping up", "the backlog is only what is in flight"),
    ("CAUSE", "the strongest cause; shown once it has held for two polls"),
    ("p99", "99 % were at most this; ≤ where a server reports buckets"),
    (
        "WINDOW",
        "the period of a latency: the last minute on Pulsar, the last measurements on "
        "NATS, or since measuring began",
    ),
    ("last RTT", "the round trip last measured by the server, perhaps minutes ago"),
    ("not loaded", "a topic that no broker serves now; arcwatch does not load it"),
    ("evicted", "removed to make room: the newest 100,000 are kept (--keep)"),
    ("dropped", "received by arcwatch, and discarded unread"),
    ("sampled", "not requested, so that no publisher is slowed down; M full takes them all"),
    ("hot", "a partition with over twice the mean rate of the others"),
    (
        "gave up",
        "max deliveries reached; JetStream stops delivering.  Advisories are received "
        "from the first time :dead-letters is opened",
    ),
    ("CONS", "consumers: a client that reads four partitions counts four times"),
    ("grey", "last known before the server stopped answering, or not loaded"),
)  # fmt: skip - a word a line
"""Words and signs of the screens, and what they mean."""
