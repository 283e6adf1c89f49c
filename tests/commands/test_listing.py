"""Rows as text: figures right, unknown told, hostile names made harmless, JSON safe and exact."""

import json
from argparse import Namespace
from math import nan

import msgspec
import pytest

from arcwatch.commands.headings import heading
from arcwatch.commands.listing import as_json, as_table
from arcwatch.commands.looking import chosen


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
        "NAME       MSG IN/S",
        "a             12.4k",
        "long name       3.0",
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
    assert [{heading(field) for field in one} for one in fields] == [{"MSG IN/S"}, {"BYTES OUT/S"}]


def test_rows_are_sorted_by_a_field_or_its_heading():
    rows = [Row(name="a", in_msgs_rate=1.0), Row(name="b", in_msgs_rate=2.0)]
    for words in ("in_msgs_rate", "MSG IN/S", "msg in/s"):
        args = Namespace(filter="", sort=words, limit=None)
        assert [row.name for row in chosen(args, rows)] == ["b", "a"]


def test_no_rows_are_a_heading_alone():
    assert as_table([], ["name", "cid"]) == ["NAME  CID"]


def test_a_client_without_a_name_says_so():
    assert as_table([Row(name="")], ["name", "cid"])[1].split("  ")[0] == "(no name)"
