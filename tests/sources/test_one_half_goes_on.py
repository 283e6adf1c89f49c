"""A place that answers rubbish costs its own half of the screen and nothing else."""

import asyncio
import gzip

import pytest

from arcwatch.config import load
from arcwatch.engine import Engine
from arcwatch.store.store import Store
from arcwatch.ui.app import Arcwatch
from arcwatch.ui.showing import Showing

LONG = b"x" * 40_000_000


def answer(body, status=b"200 OK", length=None, more=b""):
    head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status, length or len(body), more)
    return head + body


RUBBISH = {
    "a proxy's page": answer(b"<html><body>Sign in</body></html>"),
    "an error": answer(b"java.lang.NullPointerException\n\tat a.b.C", b"500 Internal Server Error"),
    "an answer cut short": answer(b'{"server_id": "x', length=4_000),
    "other types": answer(b'{"server_id": 7, "in_msgs": "many", "now": []}'),
    "forty megabytes": answer(LONG),
    "a bomb": answer(gzip.compress(LONG), more=b"Content-Encoding: gzip\r\n"),
    "escape codes": answer(b"\x1b]52;c;aGk=\x07\x1b[2J\x9b2J", b"500 \x1b[31mred"),
    "another protocol": b"INFO {}\r\n",
    "a hang-up": b"",
}


@pytest.mark.parametrize("bad", ["nats", "pulsar"])
@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
async def test_the_other_half_goes_on_and_this_one_says_what_to_try(
    stack, serve_bytes, hasty, tmp_path, bad, rubbish
):
    port = await serve_bytes(rubbish)
    flags = {"nats_monitor": stack.nats_monitor, "pulsar_admin": stack.pulsar_admin}
    flags[{"nats": "nats_monitor", "pulsar": "pulsar_admin"}[bad]] = f"http://127.0.0.1:{port}"
    good = {"nats": "pulsar", "pulsar": "nats"}[bad]
    store = Store()
    engine = Engine(load(flags, environ={}, directory=tmp_path), store)
    app = Arcwatch(Showing(store, engine))
    async with app.run_test(size=(160, 48)) as pilot:
        async with asyncio.timeout(30):
            await until(lambda: store.half(bad) == "down" and store.half(good) == "up")
        problems = [problem for problem in store.problems() if problem.system == bad]
        assert problems
        assert all(p.what and p.where and (p.hint or p.why) for p in problems)
        for key in ("1", "2", "3"):
            await pilot.press(key)
            app.draw()
            await pilot.pause()
            assert "\x1b" not in drawn(app)
        await pilot.press("1")
        app.draw()
        await pilot.pause()
        assert problems[0].what in drawn(app)
        before = store.versions[good]
        async with asyncio.timeout(30):
            await until(lambda: store.versions[good] > before)


async def until(holds):
    # the store tells nobody of what it is told: whoever shows it looks, as here
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def drawn(app):
    """The screen as text."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)
