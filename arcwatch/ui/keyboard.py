"""Process keys in order: a widget opened by a key gets focus before the next key.

Textual hands each key to the widget that has the focus when the key comes, and a key travels from
there up to the app before it does anything.  What is typed fast, or while the screen is busy,
would go to the table that stood there before the command line: a ``q`` in a subject would quit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

PATIENCE = 0.5
"""Seconds after which a key is not waited for: the widget that it went to has gone."""


class Keyboard:
    """Lets the next key through when the last one has been all the way up to the app."""

    def __init__(self, app: App[None], press: Callable[[events.Key], Awaitable[None]]) -> None:
        self._app, self._press = app, press
        self._waiting: deque[events.Key] = deque()
        self._turn = 0
        self._busy = False

    async def typed(self, key: events.Key) -> None:
        """Take a key; ctrl-q never waits."""
        if self._busy and key.key != "ctrl+q":
            self._waiting.append(key)
        else:
            await self._pass_on(key)

    async def _pass_on(self, key: events.Key) -> None:
        self._turn, self._busy = self._turn + 1, True
        way_up = (self._app.focused or self._app.screen).ancestors_with_self
        await self._press(key)
        self._app.set_timer(PATIENCE, partial(self._arrived, self._turn))
        await self._follow(way_up, self._turn)

    async def _follow(self, way_up: Sequence[MessagePump], turn: int) -> None:
        """Stand in the queue of each widget on the way, behind the key."""
        if not way_up:
            # behind the change of focus that the key asked for
            self._app.call_later(self._arrived, turn)
        elif not way_up[0].call_later(self._follow, way_up[1:], turn):
            await self._follow(way_up[1:], turn)

    async def _arrived(self, turn: int) -> None:
        if turn != self._turn or not self._busy:
            return
        self._busy = False
        if self._waiting:
            await self._pass_on(self._waiting.popleft())
