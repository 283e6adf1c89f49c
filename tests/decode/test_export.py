"""Records as lines of CSV: complete, and nothing in them is run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.decode.export import COLUMNS, cell, csv_head, csv_line, format_of
from arcwatch.decode.record import as_record
from arcwatch.model.decoded import Decoded
from arcwatch.model.message import Message


def read_back(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(st.text(), st.text())
def test_what_is_written_is_read_back(key, value):
    message = Message("nats", "nats:a", 0, 3, b"", key=key)
    record = as_record(message, Decoded("text", value))
    [row] = read_back(csv_head() + csv_line(record))
    assert list(row) == list(COLUMNS)
    told = row["key"], row["value"], row["size"]
    assert told == (cell(key), cell(value), "3")
    assert told[0].removeprefix("'") == key.removeprefix("'")


@pytest.mark.parametrize("start", [*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20", "\0=", "\x1f\0+"])
def test_no_cell_begins_a_formula(start):
    assert cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_numbers_are_numbers_and_the_rest_is_json():
    told = [cell(value) for value in (-1.5, True, {"h": ["=1"]}, [1], "")]
    assert told == ["-1.5", "true", '{"h":["=1"]}', "[1]", ""]


@pytest.mark.parametrize(
    ("name", "format"), [("a.CSV", "csv"), ("a", "ndjson"), ("b.json", "ndjson")]
)
def test_the_name_says_the_format(name, format):
    assert format_of(name) == format
