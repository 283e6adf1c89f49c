"""Moments of topics whose producers' clocks are an hour ahead or behind, on a real broker."""

import asyncio
import functools
import json
import os
import re
import time
import uuid

import pytest

from arcwatch.cli import run
from arcwatch.sources.pulsar.stored_topic import StoredTopic
from arcwatch.stack.traffic.transactional_producer import TransactionalProducer as Producer
from arcwatch.wire.pulsar_frames import octets

COUNT, BEAT, HOUR = 300, 20_000, 3_600_000
"""Messages, and milliseconds from one to the next: the last of them is of just now."""

WINDOW = range(COUNT - 30, COUNT - 15)
"""What was stored from 10 to 5 minutes ago."""


def fast_third(number):
    return HOUR if number % 3 == 0 else 0


def fast_half(number):
    return HOUR if number % 2 else 0


def slow_half(number):
    return -HOUR if number % 2 else 0


def slow_third(number):
    return -HOUR if number % 3 == 0 else 0


def slow_twentieth(number):
    return -HOUR if number % 20 == 7 else 0


def right(number):
    return 0


def fast(number):
    return HOUR


@pytest.fixture(scope="module")
def stored(stack):
    """Makes a topic as producers with these clocks would have filled it within 100 minutes."""

    def fill(skew):
        name = f"public/default/clocks-{skew.__name__}-{uuid.uuid4().hex[:8]}"

        async def send():
            now = time.time_ns() // 1_000_000 + 2_000
            async with Producer.connected(stack.pulsar, f"persistent://{name}") as producer:
                for number in range(COUNT):
                    at = now - (COUNT - number) * BEAT
                    key = octets(6, b"k%d" % (number % 7))
                    await producer.send(b"%d" % number, at + skew(number), key)

        asyncio.run(send())
        return f"pulsar:{name}"

    return functools.cache(fill)


@pytest.fixture(autouse=True)
def a_ledger_as_old_as_its_messages(monkeypatch):
    async def begun(topic, ledger):
        return 1

    monkeypatch.setattr(StoredTopic, "begun", begun)


@pytest.fixture
def told(stack, capsys, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    places = ["--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]
    places += ["--nats", stack.nats, "--nats-monitor", stack.nats_monitor]

    def tell(*argv, verb="history"):
        assert run([verb, *argv, *places]) == 0
        return capsys.readouterr()

    return tell


def numbers(printed):
    return [json.loads(line)["value"] for line in printed.out.splitlines()]


MIXED = pytest.mark.parametrize("skew", [fast_third, fast_half, slow_half, slow_third])


@MIXED
def test_a_window_is_what_was_stored_then_and_says_what_is_dated_otherwise(told, stored, skew):
    printed = told(stored(skew), "--from", "-10m", "--to", "-5m", "--json")
    found = numbers(printed)
    edges = {edge + near for edge in (WINDOW.start, WINDOW.stop) for near in (-2, -1, 0, 1, 2)}
    assert set(found) ^ set(WINDOW) <= edges
    records = [json.loads(line) for line in printed.out.splitlines()]
    odd = [record for record in records if "note" in record]
    assert {record["value"] for record in odd} == {n for n in found if skew(n)}
    assert f"{len(odd)} are dated up to" in printed.err
    assert "some producer's clock is wrong" in printed.err


@MIXED
def test_a_jump_and_a_state_are_of_what_was_stored_then(told, stored, skew):
    address = stored(skew)
    jumped = told(address, "--at", "-10m", "--limit", "9", "--json")
    assert abs(numbers(jumped)[0] - WINDOW[0]) <= 2
    assert "some producer's clock is wrong" in jumped.err
    state = told(address, "--state-at", "-10m", "--json")
    assert abs(max(numbers(state)) - WINDOW[0] + 1) <= 2
    assert "some producer's clock is wrong" in state.err
    assert "clock is wrong" in json.loads(state.out.splitlines()[0])["note"]
    changed = told(address, "--diff", "-10m", "-5m", "--json")
    assert "some producer's clock is wrong" in changed.err
    kinds = [json.loads(line)["change"] for line in changed.out.splitlines()]
    assert kinds == ["changed"] * 7


@pytest.mark.parametrize("skew", [fast_third, slow_twentieth])
@pytest.mark.parametrize("window", [(), ("--from", "-10m", "--to", "-5m")])
def test_a_chart_says_that_the_times_it_counts_by_are_wrong(told, stored, skew, window):
    printed = told(stored(skew), "--chart", *window)
    assert "of 48 messages looked at " in printed.err
    assert "some producer's clock is wrong" in printed.err
    printed = told(stored(skew), "--chart", "--json", *window)
    notes = json.loads(printed.out)["notes"]
    assert [f"arcwatch: {note}" for note in notes] == printed.err.splitlines()
    assert len(notes) > bool(window)


@pytest.mark.parametrize("skew", [fast_third, slow_twentieth])
def test_a_rewind_and_a_replay_to_a_time_say_that_clocks_are_wrong(
    told, stored, pulsar_client, skew
):
    address = stored(skew)
    name = address.replace("pulsar:", "persistent://")
    pulsar_client.subscribe(name, "billing").close()
    printed = told(f"{address}#billing", "--to", "-10m", verb="rewind")
    assert "some producer's clock is wrong" in printed.err
    printed = told(f"{address}#billing", "--to", "-10m", "--json", verb="rewind")
    (note,) = json.loads(printed.out)["notes"]
    assert f"arcwatch: {note}" in printed.err.splitlines()
    window = ("--from", "-10m", "--to", "-5m", "--onto", "nats:again.{key}", "--json")
    printed = told(address, *window, verb="replay")
    notes = json.loads(printed.out)["notes"]
    assert "some producer's clock is wrong" in notes[0]
    assert all(f"arcwatch: warning: {note}" in printed.err.splitlines() for note in notes)


def test_a_slow_clock_that_is_the_only_one_is_found_by_when_its_ledger_was_created(
    told, stored, monkeypatch
):
    monkeypatch.undo()
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    # its first message is dated an hour and 40 minutes ago, and stored now
    address = stored(right)
    for argv in (("--from", "-10m", "--json"), ("--chart",)):
        printed = told(address, *argv)
        assert re.search(r"ledger \d+ is dated 1h [34]\dm before that was created", printed.err)
        assert "its producer's clock is slow, or it was copied from elsewhere" in printed.err


def test_where_all_clocks_are_ahead_that_is_said(told, stored):
    printed = told(stored(fast), "--from", "-10m", "--to", "-5m", "--json")
    assert "ahead of this machine's clock" in printed.err


def test_now_is_after_a_last_message_that_is_dated_ahead_of_it(told, stored):
    printed = told(stored(fast), "--at", "now")
    assert (printed.out, "(dated ahead of this machine's clock, " in printed.err) == ("", True)


def test_nothing_is_said_where_all_clocks_are_right(told, stored):
    printed = told(stored(right), "--from", "-10m", "--to", "-5m", "--json")
    assert "clock" not in printed.err
    assert told(stored(right), "--chart").err == ""
    assert set(numbers(printed)) ^ set(WINDOW) <= {WINDOW.start, WINDOW.stop}
