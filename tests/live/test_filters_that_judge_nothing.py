"""A filter that fails on every message is no filter that found nothing."""

import asyncio
import os
import subprocess
import sys
import uuid

import nats
import pytest

NOBODY = {"ARCWATCH_CONFIG": os.devnull}


@pytest.fixture
async def stream(stack):
    """A stream of three messages: two have a number, one does not."""
    client = await nats.connect(stack.nats)
    name = f"JUDGED{uuid.uuid4().hex[:8]}"
    await client.jetstream().add_stream(name=name, subjects=[f"{name}.>"])
    for subject, body in (("a", b'{"n": 1}'), ("b", b'{"n": "x"}'), ("c", b'{"n": 2}')):
        await client.jetstream().publish(f"{name}.{subject}", body)
    yield f"js:{name}"
    await client.jetstream().delete_stream(name)
    await client.close()


VERBS = {
    "tail": ("tail", "--since=earliest", "--for=1s"),
    "history": ("history", "--from=earliest"),
    "reverse": ("history", "--reverse", "--limit=5"),
    "state": ("history", "--state-at=now"),
    "chart": ("history", "--chart"),
    "replay": ("replay", "--from=earliest", "--onto", "nats:nobody.{}", "--json"),
}


async def said(stack, stream, verb, keeps):
    argv = [word.format(uuid.uuid4().hex[:8]) for word in VERBS[verb]]
    places = (f"--nats={stack.nats}", f"--nats-monitor={stack.nats_monitor}", "--pulsar=off")
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "arcwatch", *argv, stream, "--filter", keeps, *places],
        capture_output=True,
        text=True,
        env=os.environ | NOBODY,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("verb", VERBS)
async def test_where_it_fails_on_all_it_could_not_do_what_it_was_asked_for(stack, stream, verb):
    code, _, told = await said(stack, stream, verb, ".nosuch | error")
    assert code == 1, told
    said_so = "failed on every message: 3 " if verb == "tail" else "3 could not be filtered"
    assert said_so in told


@pytest.mark.parametrize("verb", ["tail", "history"])
async def test_where_it_fails_on_some_the_others_count_and_it_is_said(stack, stream, verb):
    code, written, told = await said(stack, stream, verb, ".value.n | tonumber > 0")
    assert code == 0
    assert len(written.splitlines()) == 2
    assert "1 could not be filtered" in told


@pytest.mark.parametrize("verb", ["tail", "history"])
async def test_where_it_keeps_none_nothing_is_wrong(stack, stream, verb):
    code, written, told = await said(stack, stream, verb, ".value.n == 99")
    assert (code, written) == (0, "")
    assert "judged" not in told
