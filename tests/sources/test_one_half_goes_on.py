"""A place that answers rubbish costs its own half of the screen and nothing else."""

import asyncio
import gzip

import pytest

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.store.store import Store
from arcwatch.ui.app import Arcwatch
from arcwatch.ui.view_context import ViewContext
from tests.ui.filled import words_on

MAIN = ("varz", "connz", "jsz", "healthz", "brokers")

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
async def test_the_other_half_goes_on_and_this_one_says_what_to_try(
    stack, serve, hasty, tmp_path, bad
):
    said = [b""]

    async def say(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said[0])
        await writer.drain()

    port = await serve(say)
    flags = {"nats_monitor": stack.nats_monitor, "pulsar_admin": stack.pulsar_admin}
    flags[{"nats": "nats_monitor", "pulsar": "pulsar_admin"}[bad]] = f"http://127.0.0.1:{port}"
    good = {"nats": "pulsar", "pulsar": "nats"}[bad]
    store = Store()
    engine = Engine(load(flags, environ={}, directory=tmp_path), store)
    app = Arcwatch(lambda: ViewContext(store, engine))
    async with app.run_test(size=(160, 48)) as pilot:
        await until(lambda: store.half(bad) == "down" and store.half(good) == "up")
        for name, said[0] in RUBBISH.items():
            # twice: the first of these may still be about what was said before
            for _ in range(2):
                await failed_again(engine, bad)
            assert (name, store.half(bad), store.half(good)) == (name, "down", "up")
            problems = [problem for problem in store.problems() if problem.system == bad]
            assert problems, name
            assert all(p.what and p.where and (p.hint or p.why) for p in problems), name
            for key in ("2", "3", "1"):
                await pilot.press(key)
                app.draw()
                await pilot.pause()
                assert "\x1b" not in drawn(app), name
            # another answer may have come between a look at the store and one at the screen
            await until(lambda: is_on_screen(store, app, bad))
            before = store.versions[good]
            engine.refresh()
            await until(lambda before=before: store.versions[good] > before)


async def failed_again(engine, system):
    """Ask everything of a system that fails once more, until all of it has failed once more."""
    # what else is asked has a beat of its own
    contacts = [c for c in engine.store.contacts.values() if c.system == system and c.part in MAIN]
    before = [contact.failures for contact in contacts]
    engine.refresh()
    await until(lambda: all(c.failures > n for c, n in zip(contacts, before, strict=True)))


async def until(holds):
    async with asyncio.timeout(30):
        # the store tells nobody of what it is told: whoever shows it looks, as here
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def is_on_screen(store, app, system):
    app.draw()
    found = next((p.what for p in store.problems() if p.system == system), None)
    return found is not None and found in drawn(app)


def drawn(app):
    """The screen as text."""
    return "\n".join(words_on(app))
