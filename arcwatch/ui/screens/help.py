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
            ("tab", "the next table of a view; shift+tab the one before"),
            (": ctrl+p", "go anywhere by name; tab completes"),
            ("?", "this help"),
            ("S", "write the screen to an SVG file; in a history :screenshot does"),
            ("p", "hold the picture; collecting goes on"),
            ("r", "ask the servers now"),
            ("space", "what NATS counts: rates, or totals"),
            ("z", "times in local time, or UTC"),
            ("q ctrl+c", "quit; esc goes back"),
        ),
    ),
    (
        "Lists",
        (
            ("j k ↓ ↑", "one row; page up and down a screen"),
            ("g G", "the first row, the last"),
            ("enter", "open the row"),
            ("J K", "in an opened row: the next one, the one before"),
            ("/", "only rows with these words; enter keeps, esc clears"),
            ("o", "choose a column to sort by: ← → and enter"),
            ("O", "turn the order round"),
            ("y", "copy the row's address"),
            ("t", "tail the row's subject, stream or topic; :tail any other"),
            ("b", "what is stored of it, of a NATS subject in its stream; :history any"),
            ("← → h l", "in a tree: fold, or go up to what it is in; unfold"),
            ("R", "of a Pulsar subscription: what rewinding it would do; --allow-changes does it"),
            ("e", "of a Pulsar subscription: have all that waits counted, exactly"),
            ("i", "what is internal too: Pulsar's topics, our own connections"),
        ),
    ),
    (
        "Messages",
        (
            ("G end", "the newest, and stay with it; moving up holds your place"),
            ("enter", "open the message; ← → enter fold its value, esc closes it"),
            ("J K", "the next message, the one before; n N the next match"),
            ("c", "show what stands around the matches of / too"),
            ("tab", "value, headers, fields, text, hex; x hex at once"),
            ("d", "what differs from the one before of the same key or subject"),
            ("y Y", "copy the value, or the line the cursor is on; the whole record"),
            ("w", "write the message, or all that are listed, to .ndjson or .csv"),
            ("T", "the subjects seen, as a tree; :presence PATTERN who is alive"),
            ("R", "requests with their replies, and the queue groups that serve them"),
            ("m", "auto, full or sampled: what a tail may cost"),
            ("delete", "on an address, as backspace: tail it no longer"),
        ),
    ),
    (
        "History",
        (
            ("home end", "the first message stored, the last; all keys of messages too"),
            ("@", "go to a time, or look at a window: from 10:00 to 10:15"),
            ("← → enter", "point at a moment of the timeline, and go there; so does the mouse"),
            ("[ ]", "the timeline of more time, of less"),
            ("m", "mark a message; a second one makes the window between them"),
            ("/", "find in the window, or in everything: space pauses, esc stops"),
            ("S", "the state at a time: the last message of each key, or subject"),
            ("", "… of two times, or with a window: which keys and fields changed"),
            ("P", "publish again what is open, found, in the window, or on screen"),
            ("E", "the window in the order of its event times, and back"),
            ("w", "write the window, what was found, or what is on screen"),
            ("r", "look for newer messages, or try again what did not work"),
        ),
    ),
    (
        "Charts",
        (
            ("← → < >", "read out the values of a moment; in a tree < > alone"),
            ("+ -", "look back less far, or farther"),
            ("c", "compare up to four rows in one chart; esc ends it"),
            ("v", "a larger chart, none, and back"),
        ),
    ),
    (
        "Latency",
        (
            ("P", "measure with messages of our own, to nobody else; P again stops"),
            ("enter", "every percentile that is known of the row"),
        ),
    ),
    (
        "Alerts",
        (
            ("a", "somebody knows of it: no problem any more until it fires again"),
            ("s", "silence it for a time, such as 1h; u tells of it again"),
            ("f", "show the row that it is about"),
        ),
    ),
    (
        "Words",
        (
            ("in", "what clients sent to the server"),
            ("out", "what the server sent to clients"),
            ("≈", "an estimate: Pulsar counts batches; messages are those"),
            ("", "times the topic's average batch"),
            ("–", "not known yet, or not told by this server"),
            ("!", "in front of a row: an alert fires there, or in what it holds"),
            ("▲ ▼ =", "a backlog grew, shrank, stood still over the last minute"),
            ("drains in", "at the last minute's pace; never while it grows"),
            ("keeps up", "no more waits than is always on its way"),
            ("p99", "99 of 100 took no longer; ≤ where a server counts in classes"),
            ("WINDOW", "the time that latencies are of: the last minute on Pulsar,"),
            ("", "last measurements of NATS, or since measuring began"),
            ("last RTT", "as the server last measured it, perhaps minutes ago"),
            ("grey", "told before the server stopped answering, or not loaded"),
            ("not loaded", "a topic that no broker serves now, and none is made to"),
            ("fell off", "messages that made room: the newest 100,000 are kept"),
            ("dropped", "arrived here, and nobody took them in time"),
            ("≈ sampled away", "never asked for, so that the tail harms nobody"),
            ("hot", "a partition that is sent over twice the mean of the others"),
            ("gave up", "JetStream delivers the message no more. It says so once, and is"),
            ("", "heard from your first look at :dead-letters on; that harms nobody"),
            ("12+", "so many are known; there may be more"),
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
