"""What of a shown text a filter looked for."""

import time

import pytest

from arcwatch.filters.highlight import MOST, found_by, kind_of

VALUE = '{"agent":"agent-02","state":"error","ms":358,"errors":3,"note":"late ärger"}'


def found(text, shown=VALUE):
    return [shown[start:end] for start, end in found_by(text)(shown)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ERROR", ["error", "error"]),
        ("late agent", ["agent", "agent", "late"]),
        (r"\.value", []),
        ("/agent-[0-9]+/", ["agent-02"]),
        ("/(?i)ÄRGER/", ["ärger"]),
        ("/x*/", []),
        ("/agent-[/", []),
        ("/agent", []),
        ('.value.state == "error"', ["error"]),
        ('. | "error" == .value.state', ["error"]),
        ('.value.state != "error"', []),
        ('.value.note | test("lat")', ["lat"]),
        (".value.ms == 358", ["358"]),
        (".value.ms > 300", []),
        (".value.list[0]", []),
        ("if .a then .b else .c end", []),
        ('."', []),
        ("", []),
    ],
)
def test_finds_what_the_filter_looks_for(text, words):
    assert found(text) == words


def test_a_key_is_found_that_stands_alone():
    assert found('.key == "agent-02"', "agent-02") == ["agent-02"]


@pytest.mark.parametrize("text", ["a", "/a/", '.value == "a" or (.x | test("a"))'])
def test_finding_is_bounded(text):
    shown, began = "a" * 20_000, time.perf_counter()
    assert len(found_by(text)(shown)) <= MOST
    assert time.perf_counter() - began < 0.5


def test_the_kind_is_known_before_the_filter_is_finished():
    assert [kind_of(text) for text in ("", ".", "/", "a", r"\.a")] == [
        "words",
        "jq",
        "regex",
        "words",
        "words",
    ]
