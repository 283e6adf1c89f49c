"""A message on one line: its colours, and what a filter found in it."""

import json
import time

import pytest

from arcwatch.decode.body import decode
from arcwatch.filters.highlight import found_by
from arcwatch.model.message import Message
from arcwatch.ui.views.message_rows import value
from arcwatch.ui.views.tail.columns import cells
from arcwatch.ui.widgets.cells import spanned


def message(body, **more):
    return Message("nats", "nats:a.b", 0, len(body), body, subject="a.b", **more)


def shown(body, width=60, filter_text=""):
    found = found_by(filter_text) if filter_text else None
    cell = value(message(body), lambda one: decode(one.body), found)
    return spanned(cell, width)


def test_keys_strings_numbers_and_literals_each_have_a_colour():
    assert [run for run in shown(b'{"a":"x","n":-1.5,"t":true}', 27) if run[1]] == [
        ('"a"', "json-key"),
        ('"x"', "json-string"),
        ('"n"', "json-key"),
        ("-1.5", "json-number"),
        ('"t"', "json-key"),
        ("true", "json-literal"),
    ]


@pytest.mark.parametrize("body", [b'say "hello" 12 true', b"\x00\xff\x01", b""])
def test_what_is_no_json_is_not_coloured_as_if_it_were(body):
    assert {tone for _, tone in shown(body)} <= {"", "dim", "warn"}


@pytest.mark.parametrize("lead", [10, 300, 5_000])
def test_a_match_is_scrolled_into_sight_wherever_it_is(lead):
    body = json.dumps({"note": "y" * lead, "state": "error", "after": "z" * 300}).encode()
    runs = shown(body, 50, "error")
    assert ("error", "found json-string") in runs
    assert sum(len(text) for text, _ in runs) == 50
    assert runs[-1][0].endswith("…")
    # also where the text begins within a string its end is known
    assert all(tone != "json-string" for text, tone in runs if '": "' in text)


def test_a_match_may_be_in_the_key_or_the_subject():
    row = cells(
        message(b"1", key="agent-02"), lambda one: decode(one.body), found=found_by("agent")
    )
    assert spanned(row["key"], 12) == [("agent", "found "), ("-02    ", "")]


def test_a_row_that_is_reversed_already_tells_its_matches_apart(monkeypatch):
    from rich.style import Style

    from arcwatch.ui.widgets.looks import Looks

    class Part(Looks):
        LOOKS = "part"

        def _styled(self, name):
            return Style(reverse=name == "cursor")

    part = Part()
    plain, under = part.style_of("found dim"), part.style_of("found cursor")
    assert (plain.reverse, plain.bold) == (True, True)
    assert (under.reverse, under.underline) == (False, True)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a":"' + b"\\\\" * 500_000 + b'"}',
        json.dumps({f"k{n}": n for n in range(100_000)}).encode(),
        b'"' * 1_000_000,
        b"x" * 100_000_000,
    ],
    ids=["deep", "escapes", "wide", "quotes", "large"],
)
def test_a_hostile_value_costs_no_more_than_a_line(body):
    found = found_by("nowhere")
    one = message(body)
    read = decode(body[:100_000])
    value(one, lambda _: read, found)
    began = time.process_time()
    value(one, lambda _: read, found)
    assert time.process_time() - began < 0.05
