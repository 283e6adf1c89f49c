"""Flags that cannot be used as written: two lines that name them, and nothing is asked."""

import argparse

import pytest

from arcwatch.cli import UNKNOWN, VERBS, run, whole_parser

SPANS = ("soon", "0", "-1s", "1y", "9e9", "nan", "9999999999999h", "")
NUMBERS = ("0", "-1", "1.5", "many", "nan", "99999999999999999999", "9" * 5000, "")
RATES = ("0", "-1", "nan", "inf", "1e99", "fast", "")
TIMES = ("nonsense", "25:61", "2025-13-40", "9" * 400, "id:x", "#0", "", "\x1b[2J")
BAD = {
    "--interval": (*SPANS, "1ms", "2h"),
    "--for": SPANS,
    "--watch": (*SPANS, "1ms", "2h"),
    "--limit": NUMBERS,
    "--count": NUMBERS,
    "--keep": NUMBERS,
    "--most": NUMBERS,
    "--depth": NUMBERS,
    "--size": NUMBERS,
    "--rate": RATES,
    "--max-rate": RATES,
    "--seed": ("x", "1.5", "9" * 30),
    "--at": TIMES,
    "--from": TIMES,
    "--to": TIMES,
    "--since": TIMES,
    "--state-at": TIMES,
    "--mode": ("fast", ""),
    "--format": ("xml", ""),
    "--color": ("octarine",),
    "--fail-on": ("info", ""),
}
"""What no verb can use, by flag; every verb that has the flag is tried with each."""

NEEDED = {
    "tail": ["x"],
    "history": ["js:X"],
    "replay": ["js:X", "--onto", "nats:x"],
    "rewind": ["pulsar:a/b/c#d"],
    "presence": ["x"],
    "subjects": ["x"],
    "nats": ["servers"],
    "pulsar": ["topics"],
    "context": ["ls"],
    "stack": ["up"],
}
"""Without which a verb does nothing at all."""

APART = {"dashboard", "demo"}
"""Verbs whose own flags are settings too, tried below."""


SCREEN = {"--theme", "--glyphs", "--refresh"}
"""Settings too, of every verb: ``tests/config/test_appearance.py`` tries them."""


def actions_of(parser):
    """All that a parser takes."""
    # argparse has no public way to list it
    return parser._actions


def verbs_of(parser):
    """The parser of each verb."""
    found = [action for action in actions_of(parser) if action.nargs == argparse.PARSER]
    return {name: inner for action in found for name, inner in action.choices.items()}


def flags_of(parser):
    for inner in verbs_of(parser).values():
        yield from flags_of(inner)
    for action in actions_of(parser):
        yield from (flag for flag in action.option_strings if flag in BAD)


def cases():
    for verb, parser in verbs_of(whole_parser()).items():
        for flag in dict.fromkeys(flags_of(parser)):
            # of the screen it is a setting too
            if (verb in APART and flag != "--seed") or (flag == "--keep" and verb != "tail"):
                continue
            yield verb, flag


@pytest.mark.parametrize(("verb", "flag"), list(cases()))
def test_no_verb_takes_what_a_flag_cannot_mean(capsys, verb, flag):
    for value in BAD[flag]:
        # what begins with a hyphen is taken for a flag, but behind an equals sign
        assert run([verb, *NEEDED.get(verb, ()), f"{flag}={value}"]) == (
            UNKNOWN if verb in ("check", "doctor") else 2
        ), value[:40]
        out, err = capsys.readouterr()
        lines = err.splitlines()
        assert (out, len(lines)) == ("", 2), err[:400]
        assert lines[0].startswith(f"arcwatch: argument {flag}: ")
        assert lines[1].startswith("  try: ")
        assert max(map(len, lines)) < 500
        assert "\x1b" not in err


def test_every_flag_of_a_figure_or_a_time_is_tried():
    """A new flag that takes a value other than text is to be added above."""
    typed = set()
    for parser in verbs_of(whole_parser()).values():
        for action in actions_of(parser):
            if action.type is not None or (action.choices and action.option_strings):
                typed |= set(action.option_strings)
    assert typed - BAD.keys() - {"--diff"} - SCREEN == set()


@pytest.mark.parametrize(
    "argv",
    [
        ["history", "js:X", "--diff", "nonsense", "now"],
        ["history", "js:X", "--diff", "now"],
        ["history", "js:X", "--from", "now", "--to", "1h"],
        ["replay", "js:X", "--onto", "nats:x", "--from", "10m", "--to", "1h"],
        ["tail", "a b c/"],
        ["tail", "pulsr:a/b/c"],
        ["tail", "x", "--filter", "/(/"],
        ["tail", "x", "--filter", ".["],
        ["history", "a/b/c"],
        ["history", "nats:x"],
        ["presence", "js:"],
        ["backlog", "--exact"],
        ["backlog", "js:X#y", "--exact"],
        ["nats", "connection", "-1"],
        ["nats", "servers", "n1"],
        ["pulsar", "topic", "x"],
        ["probe", "by-mail"],
        ["probe", "--rate", "100000", "--for", "1h"],
        ["probe", "--namespace", "x"],
        ["replay", "js:X", "--from", "1h", "--onto", "nats:x", "--pace", "x0"],
        ["rewind", "pulsar:a/b/c", "--to", "now", "--yes"],
        ["status", "--nats", "http://"],
        ["status", "--nats-monitor", "nats://x:4222"],
        ["status", "--pulsar-admin", "pulsar://x"],
        ["status", "--pulsar", "kafka://x"],
        ["status", "--nats", "nats://x:99999"],
        ["status", "--tls-ca", "/no/such/file"],
        ["--refresh", "0", "dashboard"],
        ["dashboard", "--keep", "0"],
        ["dashboard", "--keep", "99999999999999"],
        ["dashboard", "--glyphs", "emoji"],
        ["completion", "csh-like"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_two_lines_and_leaves_with_2(capsys, monkeypatch, argv):
    monkeypatch.setattr("arcwatch.commands.dashboard.check_terminal", lambda: None)
    assert run(argv) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 2), err
    assert err.startswith("arcwatch: ")
    assert "\n  try: " in err


def test_every_verb_is_known_here():
    assert {verb for verb, _ in cases()} <= VERBS.keys()
