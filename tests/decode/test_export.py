"""Records as lines of CSV: complete, and nothing in them is run."""

import csv
import io
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.decode.export import COLUMNS, cell, csv_head, csv_line, format_of
from arcwatch.decode.record import as_record
from arcwatch.model.message import Decoded, Message


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


HOSTILE = [
    *('a,"b"\n;c', "=1+2", "\t=1+2", "\uff1d1+2", "+1", "-1+2", "@SUM(1)", "{=1}", "'quoted"),
    *("\u00e9\u2028x", "  led and followed  ", "", "a\x1b[2Jb", "#REF!", "'" * 3, '"', "x;y\tz"),
    *("007", "1e5", "1/2", "12345678901234567890", "12:34:10", "TRUE", "\N{GRINNING FACE}"),
]


def test_pandas_reads_it_back():
    pandas = pytest.importorskip("pandas")
    records = [
        as_record(Message("nats", "nats:a", 0, 3, b"", key=text), Decoded("text", text))
        for text in HOSTILE
    ]
    written = csv_head() + "".join(map(csv_line, records))
    read = pandas.read_csv(io.StringIO(written), dtype=str, keep_default_na=False)
    assert read.to_dict("records") == read_back(written)


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice Calc")
@pytest.mark.parametrize("columns", ["general", "text"])
def test_libreoffice_reads_it_back_and_runs_nothing(tmp_path, columns):
    records = [
        as_record(
            Message("nats", "nats:a", number, 3, b"", key=text, headers=(("h", text), ("h", "2"))),
            Decoded("text", text),
        )
        for number, text in enumerate(HOSTILE)
    ]
    file = tmp_path / "records.csv"
    written = csv_head() + "".join(map(csv_line, records))
    file.write_bytes(written.encode())
    # separator, quotes, UTF-8, the first line, and what each column is read as
    texts = "/".join(f"{number}/2" for number in range(1, len(COLUMNS) + 1))
    reads = f"CSV:44,34,76,1,{texts if columns == 'text' else ''}"
    writes = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true"
    argv = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    argv += [f"--infilter={reads}", "--convert-to", writes, "--outdir", tmp_path / "out", file]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)
    read = read_back((tmp_path / "out" / "records.csv").read_bytes().decode())
    for row, right, text in zip(read, read_back(written), HOSTILE, strict=True):
        if columns == "general" and text[:1].isdigit():
            # it is taken for a number or a date, unless its column is said to be text
            del row["key"], row["value"], right["key"], right["value"]
        assert row == right
