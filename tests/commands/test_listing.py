"""Rows as text: figures right, unknown told, hostile names made harmless, JSON safe and exact."""

import json
from argparse import Namespace
from math import inf, nan

import msgspec
import pytest

from arcwatch.commands import listing
from arcwatch.commands.headings import heading
from arcwatch.commands.listing import as_json, as_table
from arcwatch.commands.looking import chosen, lines_of
from arcwatch.commands.paint import Page, cut, page
from arcwatch.store.backlog.rows import BacklogRow


class Row(msgspec.Struct):
    name: str = "n"
    cid: int = 1_234_567
    in_msgs_rate: float = 0.0
    bytes: int = 0
    rtt: float | None = None
    healthy: bool | None = None
    subjects: tuple[str, ...] = ()


def test_figures_stand_right_and_text_left():
    rows = [Row(name="a", in_msgs_rate=12_431.0), Row(name="long name", in_msgs_rate=3.0)]
    assert as_table(rows, ["name", "in_msgs_rate"]) == [
        "NAME        IN/S",
        "a          12.4k",
        "long name    3.0",
    ]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("in_msgs_rate", nan, "–"),
        ("rtt", None, "–"),
        ("rtt", 0.00038, "380 µs"),
        ("bytes", 3_110_000, "3.11 MB"),
        ("cid", 1_234_567, "1234567"),
        ("healthy", True, "yes"),
        ("healthy", None, "–"),
        ("subjects", ("a.>", "b"), "a.> b"),
    ],
)
def test_each_kind_of_field_has_its_unit(field, value, told):
    assert as_table([Row(**{field: value})], [field])[1].strip() == told


def test_a_name_cannot_write_to_the_terminal_or_push_the_columns_apart():
    rows = [Row(name="x\x1b[2J\x9b\u202e" + "y" * 10_000), Row(name="日本")]
    lines = as_table(rows, ["name", "cid"])
    assert all(char.isprintable() for line in lines for char in line)
    assert len(lines[1]) < 100
    # two wide characters take four cells, so that their line is two characters shorter
    assert len(lines[2]) == len(lines[1]) - 2


def test_json_is_null_for_unknown_and_escapes_what_a_terminal_would_obey():
    text = as_json([Row(name="\x9b2J\u202e", in_msgs_rate=nan)])
    assert json.loads(text)[0]["name"] == "\x9b2J\u202e"
    assert json.loads(text)[0]["in_msgs_rate"] is None
    assert "\x9b" not in text
    assert "\u202e" not in text


def test_both_systems_have_one_spelling_of_a_heading():
    fields = ["in_msgs_rate", "msg_rate_in", "in_rate"], ["out_bytes_rate", "throughput_out"]
    assert [{heading(field) for field in one} for one in fields] == [{"IN/S"}, {"OUT B/S"}]


def test_rows_are_sorted_by_a_field_or_its_heading():
    rows = [Row(name="a", in_msgs_rate=1.0), Row(name="b", in_msgs_rate=2.0)]
    for words in ("in_msgs_rate", "IN/S", "in/s"):
        args = Namespace(filter="", sort=words, limit=None)
        assert [row.name for row in chosen(args, rows)] == ["b", "a"]


def test_no_rows_are_a_heading_alone():
    assert as_table([], ["name", "cid"]) == ["NAME  CID"]


def test_a_client_without_a_name_says_so():
    assert as_table([Row(name="")], ["name", "cid"])[1].split("  ")[0] == "(no name)"


def waiting(name, **fields):
    row = BacklogRow(
        "js", "c", f"js:S#{name}", "S", "", None, 5.0, True, 1.0, 0.0, 1.0, inf, 2, False
    )
    return msgspec.structs.replace(row, **fields)


def marked(text, tone):
    return f"<{tone} {text}>" if tone else text


def test_what_is_wrong_stands_out_and_says_so_in_words():
    lines = as_table(
        [waiting("a", says=("no consumers",))], ["address", "drains_in", "says"], Page(marked)
    )
    assert lines == [
        "<heading BACKLOG OF>  <heading DRAINS IN>  <heading NOTE>",
        "<nats js:S#a>          <bad never>  <warn no consumers>",
    ]


def test_a_pipe_gets_neither_colours_nor_an_edge(capsys):
    assert page() == Page()
    assert "\x1b" not in "".join(as_table([waiting("a")], ["address"], page()))


def test_where_a_line_is_too_narrow_what_is_the_same_of_all_is_said_once():
    rows = [waiting("a"), waiting("b", messages=7.0)]
    fields = ["address", "messages", "consumers", "unacked"]
    assert as_table(rows, fields, Page(width=24)) == [
        "CONSUMERS 2   UNACKED 0",
        "BACKLOG OF  WAITING",
        "js:S#a            5",
        "js:S#b            7",
    ]
    assert as_table(rows, fields, Page(width=80)) == as_table(rows, fields)


def test_of_one_row_too_what_does_not_fit_stands_above_in_lines_of_the_terminal():
    fields = ["address", "messages", "consumers", "unacked", "out_rate", "growth", "drains_in"]
    assert as_table([waiting("a")], fields, Page(width=30)) == [
        "UNACKED 0   OUT/S 0",
        "GROWTH/S +1.0",
        "DRAINS IN never",
        "BACKLOG OF  WAITING  CONSUMERS",
        "js:S#a            5          2",
    ]


def test_what_is_empty_for_all_is_said_nowhere_where_there_is_no_room():
    rows = [waiting("a"), waiting("b", messages=7.0)]
    assert as_table(rows, ["address", "messages", "lost_how"], Page(width=20))[0] == (
        "BACKLOG OF  WAITING"
    )


def test_columns_that_no_terminal_has_room_for_are_named_below():
    rows = [waiting("a"), waiting("b", messages=7.0, consumers=3, unacked=1.0, in_rate=9.0)]
    fields = ["address", "messages", "consumers", "unacked", "in_rate"]
    lines = as_table(rows, fields, Page(width=36))
    assert lines[0] == "BACKLOG OF  WAITING  CONSUMERS  UNACKED"
    assert lines[-1] == "(hidden, as the terminal is too narrow: IN/S)"


def test_a_name_that_leaves_no_room_for_figures_is_cut_in_its_middle():
    rows = [waiting("a" * 60), waiting("b" * 60, messages=7.0)]
    lines = as_table(rows, ["address", "messages"], Page(width=44))
    assert [len(line) for line in lines] == [44, 44, 44]
    assert lines[1].startswith("js:S#aaaaaaaaaa")
    assert "a…a" in lines[1]


def test_advice_is_wrapped_under_itself_and_never_cut():
    advice = "nobody has acknowledged for ten minutes; restart its consumers, or rewind it"
    lines = as_table([waiting("a", says=(advice,))], ["address", "says"], Page(width=48))
    assert " ".join(line[12:].strip() for line in lines[1:]) == advice
    assert {len(line) <= 48 for line in lines} == {True}
    assert {line[:12] for line in lines[2:]} == {" " * 12}


@pytest.mark.parametrize(
    ("line", "width", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("\x1b[1mabcdef\x1b[0m g", 4, "\x1b[1mabc…\x1b[0m"),
        ("日本語", 4, "日…"),
    ],
)
def test_a_painted_line_is_cut_by_what_is_seen_of_it(line, width, shown):
    assert cut(line, width) == shown


def test_what_matters_most_comes_first_unless_another_order_is_asked_for():
    rows = [
        Row(name="a", bytes=1),
        Row(name="b", bytes=3),
        Row(name="c", bytes=3, in_msgs_rate=1.0),
    ]
    args = Namespace(sort=None, filter="", limit=None, json=False)
    fields = ["name"]
    first = ["bytes", "in_msgs_rate"]
    assert lines_of(args, rows, fields, Page(), first) == ["NAME", "c", "b", "a"]
    args.sort = "name"
    assert lines_of(args, rows, fields, Page(), first) == ["NAME", "a", "b", "c"]
    args.sort, args.json = None, True
    (line,) = lines_of(args, rows, fields, Page(), first)
    assert [row["name"] for row in json.loads(line)] == ["a", "b", "c"]


def test_a_figure_that_nobody_knows_stands_where_it_will_stand():
    assert as_table([Row(name="a")], ["rtt", "name"])[1] == "       –  a"


def test_ten_times_the_rows_take_about_ten_times_as_long():
    def measured(count):
        seen = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(listing, "cells_of", lambda text: seen.append(text) or len(text))
            as_table([Row(name=f"n{nth}") for nth in range(count)], ["name", "cid"])
        return len(seen)

    assert measured(1_000) < 20 * measured(100)
