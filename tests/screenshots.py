"""Draws ``screenshots/`` anew from the running demo: ``uv run python tests/screenshots.py``.

Takes about three minutes, most of it waiting until the charts have something to show.
"""

import asyncio
import html
import re
from pathlib import Path

import resvg_py

from arcwatch.commands.demo import StackStages, settings_for
from arcwatch.engine import Engine
from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from arcwatch.store.store import Store
from arcwatch.ui.app import Arcwatch
from arcwatch.ui.showing import Showing

FOLDER = Path(__file__).parent.parent / "screenshots"
WAIT = 100.0
"""Seconds of traffic before the first picture."""

TYPED = "topic arc/agents/task-events"
PICTURES = (
    ("overview", (160, 48), ["1"]),
    ("nats", (160, 48), ["2"]),
    ("connection", (160, 48), ["enter"]),
    ("pulsar", (160, 48), ["escape", "3"]),
    ("topic", (160, 48), ["colon", *TYPED.replace(" ", "_").replace("/", "|"), "enter", "enter"]),
    ("subscriptions", (160, 48), ["escape", "tab"]),
    ("overview-80x24", (80, 24), ["1"]),
    ("help", (120, 40), ["question_mark"]),
)
"""Name, size, and the keys that lead to each from the one before."""

KEYS = {"_": "space", "|": "slash", "-": "minus"}

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
    store = Store()
    engine = Engine(settings_for(stack.endpoints), store, stages=StackStages(stack))
    app = Arcwatch(lambda: Showing(store, engine), context="demo")
    async with app.run_test(size=(160, 48)) as pilot:
        await asyncio.sleep(WAIT)
        for name, size, keys in PICTURES:
            await pilot.resize_terminal(*size)
            await pilot.press(*(KEYS.get(key, key) for key in keys))
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
