"""The help (``?``): every key, and the meaning of the words on screen."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

KEYS = (
    (
        "Everywhere",
        (
            ("1 2 3 4 5 6 7", "overview, NATS, Pulsar, tail, history, latency, alerts"),
            ("tab", "next table of a view; shift+tab: previous"),
            (": ctrl+p", "command line: go to anything by name; tab completes"),
            ("?", "this help"),
            ("S", "save the screen as SVG; in a history use :screenshot"),
            ("!", "go to the next problem"),
            ("E", "events: what happened, newest first"),
            ("p", "hold the display; polling continues"),
            ("r", "poll the servers now"),
            ("space", "NATS counters as rates, or totals"),
            ("z", "times in local time, or UTC"),
            ("q ctrl+c", "quit; esc goes back"),
        ),
    ),
    (
        "Lists",
        (
            ("j k ↓ ↑", "move one row; page up, page down: one screen"),
            ("g G", "first row, last row"),
            ("enter", "open the row"),
            ("J K", "in an opened row: next row, previous row"),
            ("/", "filter rows by words; enter keeps the filter, esc clears it"),
            ("o", "choose the sort column: ← → and enter"),
            ("O", "reverse sort"),
            ("y", "copy the row's address"),
            ("t", "tail the row's subject, stream or topic; :tail ADDRESS for any other"),
            ("b", "history of the row (of a subject: its stream); :history ADDRESS"),
            ("← → h l", "in a tree: collapse or go to the parent; expand"),
            ("W", "why the row's messages wait: cause, evidence, what to try"),
            ("R", "on a Pulsar subscription: preview a rewind; --allow-changes applies it"),
            ("e", "on a Pulsar subscription: count the backlog exactly"),
            ("i", "show internal topics and own connections"),
        ),
    ),
    (
        "Messages",
        (
            ("G end", "newest message, and follow; moving up stops following"),
            ("enter", "open the message; ← → enter collapse its value, esc closes it"),
            ("J K", "next message, previous message; n N: next, previous match"),
            ("C", "messages around the matches of /; in a history around the one"),
            ("H L", "value, headers, fields, text, hex; x: tree, text, hex"),
            ("d", "differences from the previous message of the same key or subject"),
            ("y Y", "copy the value or the line under the cursor; the whole record"),
            ("w", "write the message, or all listed messages, to .ndjson or .csv"),
            ("H L", "in a tail: messages, tree of the subjects seen, who is alive"),
            ("", "(:presence PATTERN), requests with replies and queue groups"),
            ("o", "JSON fields as columns: .task .state; :columns does the same"),
            ("f", "filter by the value under the cursor; again adds it"),
            ("", ":save NAME keeps a tail or a place, :open NAME opens it, del forgets it"),
            ("M", "tail mode: auto, full or sampled"),
            ("delete", "on an address (or backspace): stop tailing it"),
        ),
    ),
    (
        "History",
        (
            ("home end", "first stored message, last one; all keys of Messages work too"),
            ("@", "go to a time, or open a window: from 10:00 to 10:15"),
            ("← → enter", "select a time on the timeline, and go there; or click it"),
            ("[ ]", "zoom the timeline out, in"),
            ("m", "mark a message; a second mark opens the window between them"),
            ("/", "search the window, or everything; space pauses, esc stops"),
            ("S", "state at a time: the last message of each key or subject"),
            ("", "between two times, or in a window: the keys and fields that changed"),
            ("P", "replay the open message, the matches, the window, or the page"),
            ("E", "order the window by event time, and back"),
            ("w", "write the window, the matches, or the page to a file"),
            ("r", "load newer messages, or retry what failed"),
        ),
    ),
    (
        "Charts",
        (
            ("← → < >", "show the values at one time; in a tree only < >"),
            ("+ -", "zoom in, zoom out"),
            ("c", "compare up to four rows in one chart; esc: stop comparing"),
            ("v", "larger chart, no chart, and back"),
        ),
    ),
    (
        "Latency",
        (
            ("P", "start a probe with its own messages; P again stops it"),
            ("enter", "all known percentiles of the row"),
        ),
    ),
    (
        "Alerts",
        (
            ("a", "acknowledge: hide until it fires again"),
            ("s", "silence it for a time, such as 1h; u: undo both"),
            ("f", "go to the row it is about"),
        ),
    ),
    (
        "Words",
        (
            ("in", "messages from clients to the server"),
            ("out", "messages from the server to clients"),
            ("≈", "an estimate: Pulsar counts entries (batches); messages are"),
            ("", "entries times the average batch size of the topic"),
            ("–", "unknown, or not reported by this server"),
            ("!", "before a row: an alert is firing on it or inside it"),
            ("▲ ▼ =", "the backlog grew, shrank or was stable over the last minute"),
            ("drains in", "at the rate of the last minute; growing: not at all"),
            ("keeping up", "the backlog is only what is in flight"),
            ("cause", "the strongest; shown when it has held for two looks"),
            ("p99", "99 % were at most this; ≤ where a server reports buckets"),
            ("WINDOW", "the period of a latency: the last minute on Pulsar,"),
            ("", "the last measurements on NATS, or since measuring began"),
            ("last RTT", "the round trip last measured by the server, perhaps minutes ago"),
            ("grey", "last known before the server stopped answering, or not loaded"),
            ("not loaded", "a topic that no broker serves now; arcwatch does not load it"),
            ("evicted", "removed to make room: the newest 100,000 are kept"),
            ("dropped", "received by arcwatch, and discarded unread"),
            ("≈ sampled out", "not requested, so that no publisher is slowed down"),
            ("hot", "a partition with over twice the mean rate of the others"),
            ("gave up", "max deliveries reached; JetStream stops delivering.  Advisories"),
            ("", "are received from the first time :dead-letters is opened"),
            ("12+", "at least this many"),
        ),
    ),
)
"""Sections of keys, or of words, and what each does or means."""


class HelpScreen(ModalScreen[None]):
    """Closes with any of the keys that opened it, or escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="help.close"),
        Binding("question_mark,q", "dismiss", "Close", show=False, id="help.close-too"),
        Binding("j", "scroll_down", "Down", show=False, id="help.down"),
        Binding("k", "scroll_up", "Up", show=False, id="help.up"),
    ]

    def compose(self) -> ComposeResult:
        """All sections, in a box that scrolls where the screen is small."""
        with VerticalScroll(id="help"):
            yield Static(_text(), markup=False)

    def action_scroll_down(self) -> None:
        """Scroll the text, not the screen under it."""
        self.query_one("#help").scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """Scroll the text, not the screen under it."""
        self.query_one("#help").scroll_up(animate=False)


def _text() -> Text:
    text = Text(no_wrap=True)
    for title, lines in KEYS:
        text.append(f"{title}\n", "bold underline")
        for key, meaning in lines:
            text.append(f"  {key:12}", "bold")
            text.append(f"{meaning}\n")
        text.append("\n")
    text.rstrip()
    return text
