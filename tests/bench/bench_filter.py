"""Filters over the messages that a list keeps, beside the least that Python could do instead.

The peer of words is a loop over the fields with ``in``, that of expressions one with ``re``, and
that of jq the ``jq`` package given whole records one by one, in process and without any bound.
"""

import gc
import json
import re
import statistics
import time
from functools import partial

import jq
import pytest

from arcwatch.decode import decode
from arcwatch.decode.record import as_record, field_json
from arcwatch.filters.filter import parse_filter
from arcwatch.model.message import Message

KEPT = 100_000
CHUNK = 500
ROUNDS = 5
PEER_SHARE = 10
"""The jq peer is given every tenth message: it is slow, and no faster for more of them."""

AT = 1_762_682_400_012_345_678


def messages():
    """What the demo's agents say, 200 bytes or so of JSON, no two alike."""
    for number in range(KEPT):
        task = {
            "task": f"t-{number}",
            "agent": f"agent-{number % 97:02}",
            "state": ("started", "running", "done")[number % 3],
            "ms": number % 5_000,
            "total": number % 40,
            "region": "eu" if number % 2 else "us",
            "note": "nothing out of the ordinary to be said of this one",
        }
        body = json.dumps(task).encode()
        yield Message(
            source="pulsar",
            address="pulsar:arc/agents/task-events-partition-2",
            received_time=AT + number,
            size=len(body),
            body=body,
            partition=2,
            key=task["agent"],
            id=f"4711:{number}:2:0",
            publish_time=AT + number,
            headers=(("trace", f"{number:032x}"),),
            producer="standalone-1-2",
        )


@pytest.fixture(scope="module")
def kept():
    """The messages, and how each is decoded: again for every filter."""
    candidates = [(message, partial(decode, message.body)) for message in messages()]
    gc.collect()
    gc.freeze()
    return candidates


def naive_words(candidates):
    found = 0
    for message, _ in candidates:
        fields = [
            message.key or "",
            message.body.decode(),
            *(f"{n} {v}" for n, v in message.headers),
        ]
        text = " ".join(fields).lower()
        found += "agent-42" in text and "done" in text
    return found


def naive_expression(candidates):
    search, found = re.compile(r"agent-4[0-3].*done").search, 0
    for message, _ in candidates:
        fields = [
            message.body.decode(),
            message.key or "",
            *(f"{n} {v}" for n, v in message.headers),
        ]
        found += any(search(field) for field in fields)
    return found


def naive_jq(program):
    def run(candidates):
        compiled, found = jq.compile(program), 0
        for message, decoded in candidates[::PEER_SHARE]:
            text = field_json(as_record(message, decoded())).decode()
            found += any(compiled.input_text(text))
        return found

    return run


def sifted(text):
    """Our way: in the chunks that a list takes, one after the other."""

    def run(candidates):
        wanted = parse_filter(text)
        return sum(
            kept is True
            for start in range(0, len(candidates), CHUNK)
            for kept in wanted.sift(candidates[start : start + CHUNK])
        )

    return run


def fastest(work, candidates, rounds=ROUNDS):
    """Seconds of the median and the best round, by the wall: jq works in another process."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        found = work(candidates)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken), min(taken), found


def rate(seconds):
    return f"{seconds:7.3f} s for {KEPT:,}, {KEPT / seconds:11,.0f} msg/s"


SELECTIVE = '.value.total > 30 and .key == "agent-42"'
CASES = [
    ("words", "agent-42 done", naive_words, 1, KEPT / 150_000),
    ("expression", "/agent-4[0-3].*done/", naive_expression, 1, KEPT / 150_000),
    ("jq, two fields", SELECTIVE, naive_jq(SELECTIVE), PEER_SHARE, 1.5),
    ("jq, whole record", f". | {SELECTIVE}", naive_jq(SELECTIVE), PEER_SHARE, None),
]


@pytest.mark.bench
@pytest.mark.parametrize(
    ("what", "text", "peer", "share", "budget"), CASES, ids=lambda v: str(v)[:16]
)
def test_a_filter_over_all_that_is_kept(kept, capsys, what, text, peer, share, budget):
    median, best, found = fastest(sifted(text), kept)
    peer_median, _, peer_found = fastest(peer, kept, 3)
    peer_median *= share
    with capsys.disabled():
        print(  # noqa: T201  # figures are what a bench is for
            f"\n{what}: {text}",
            f"  arcwatch {rate(median)}, best {best:.3f} s, {found:,} kept",
            f"  peer     {rate(peer_median)}",
            f"  {peer_median / median:.2f} times as fast as the peer",
            sep="\n",
        )
    assert share > 1 or found == peer_found
    if budget:
        assert median <= budget
