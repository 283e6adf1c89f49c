"""Draws ``screenshots/`` anew from the running demo: ``uv run python tests/screenshots.py``.

Takes about three minutes, most of it waiting until the charts have something to show.
"""

import asyncio
import html
import re
from pathlib import Path

import resvg_py

from arcwatch.commands.dashboard import showing
from arcwatch.commands.demo import StackStages, settings_for
from arcwatch.config import appearance
from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from arcwatch.ui.app import Arcwatch

FOLDER = Path(__file__).parent.parent / "screenshots"
WAIT = 100.0
"""Seconds of traffic before the first picture."""


def typed(words: str) -> list[str]:
    """The keys of a command line."""
    return ["colon", *(KEYS.get(sign, sign) for sign in words), "enter"]


KEYS = {" ": "space", "/": "slash", "-": "minus", ":": "colon", ".": "full_stop", "*": "asterisk"}
"""Signs whose keys have names."""

WIDE, SMALL = (160, 48), (80, 24)

PICTURES = (
    ("overview", WIDE, ["1"]),
    ("nats", WIDE, ["2"]),
    ("connection", WIDE, ["enter"]),
    ("pulsar", WIDE, ["escape", "3"]),
    ("topic", WIDE, typed("topic arc/agents/task-events")),
    ("subscriptions", WIDE, ["enter"]),
    ("tail", WIDE, typed("tail pulsar:arc/agents/*")),
    ("history", WIDE, [*typed("history pulsar:arc/agents/task-events -1m"), "enter", "end"]),
    ("latency", WIDE, ["6", "P", "enter"]),
    ("alerts", WIDE, ["E"]),
    ("overview-80x24", SMALL, ["1"]),
    ("history-80x24", SMALL, ["5"]),
    ("help", (120, 40), ["question_mark"]),
)
"""Name, size, and the keys that lead to each from the one before."""

_TEXT = re.compile(
    r'<text class="([^"]+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"([^>]*)>([^<]*)</text>'
)


def main() -> None:
    stack = local.start(local.passing_home(), ports=Ports.free(), traffic=True, disposable=True)
    try:
        stack.ready(timeout=600)
        asyncio.run(draw(stack))
    finally:
        stack.stop()


async def draw(stack: local.LocalStack) -> None:
    settings, look = settings_for(stack.endpoints), appearance.load({}, {})
    app = Arcwatch(lambda: showing(settings, look, StackStages(stack)), context="demo")
    async with app.run_test(size=(160, 48)) as pilot:
        await asyncio.sleep(WAIT)
        for name, size, keys in PICTURES:
            await pilot.resize_terminal(*size)
            await pilot.press(*keys)
            await asyncio.sleep(4)
            save(name, app.export_screenshot(title="arcwatch"))


def save(name: str, svg: str) -> None:
    (FOLDER / f"{name}.svg").write_text(svg)
    png = resvg_py.svg_to_bytes(
        svg_string=_TEXT.sub(placed, svg),
        monospace_family="DejaVu Sans Mono",
        sans_serif_family="DejaVu Sans",
    )
    (FOLDER / f"{name}.png").write_bytes(bytes(png))


def placed(found: re.Match[str]) -> str:
    """One text as one element for each character that its font may lack.

    A renderer takes a whole run from another font when one character is missing, and then
    nothing stands in its cell any more.
    """
    look, x, y, length, rest, raw = found.groups()
    text = html.unescape(raw)
    cell = float(length) / max(1, len(text))
    runs = [(m.start(), m[0]) for m in re.finditer(r"[\x20-\x7e\xa0\u2500-\u257f]+|.", text)]
    return "".join(
        f'<text class="{look}" x="{float(x) + at * cell:.2f}" y="{y}" '
        f'textLength="{len(run) * cell:.2f}"{rest}>{html.escape(run)}</text>'
        for at, run in runs
        if run.strip("\xa0 ")
    )


if __name__ == "__main__":
    main()
