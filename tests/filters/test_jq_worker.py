"""What the process that runs jq programs answers, asked without one."""

import io
import json
import signal
import struct

import jq
import pytest

from arcwatch.filters.jq_worker import LONGEST_REASON, MOST_REASONS, PROGRAMS, frames, kept, serve


@pytest.fixture(autouse=True)
def nothing_is_timed():
    """A timer that stays armed would end the tests."""
    yield
    assert signal.setitimer(signal.ITIMER_PROF, 0) == (0, 0)


def framed(program, *records):
    text = program.encode()
    sizes = struct.pack(f"<{len(records)}I", *map(len, records))
    return struct.pack("<II", len(text), len(records)) + sizes + text + b"".join(records)


def answers(*questions, module=jq):
    out = io.BytesIO()
    serve(module, io.BytesIO(b"".join(questions)), out)
    said, rest = [], out.getvalue()
    while rest:
        (size,) = struct.unpack("<I", rest[:4])
        said.append(json.loads(rest[4 : 4 + size]))
        rest = rest[4 + size :]
    return said


def test_a_question_is_a_program_and_any_number_of_records():
    stream = io.BytesIO(framed(".é", b"1", b"", b"\xff") + framed(""))
    assert [*frames(stream)] == [(".é", ["1", "", "\ufffd"]), ("", [])]


def test_each_record_has_its_letter_and_what_failed_its_reason():
    (said,) = answers(framed(".a.b", b'{"a": {"b": 1}}', b"{}", b'{"a": 1}', b"no json"))
    assert said["kept"] == "10ee"
    assert [place for place, _ in said["why"]] == [2, 3]
    assert "Cannot index number" in said["why"][0][1]


def test_reasons_are_few_and_short_so_that_an_answer_fits_into_the_pipe():
    (said,) = answers(framed(". | error", *[json.dumps("x" * 9_000).encode()] * 50))
    assert said["kept"] == "e" * 50
    assert len(said["why"]) == MOST_REASONS
    assert {len(reason) for _, reason in said["why"]} == {LONGEST_REASON}


def test_what_is_no_program_costs_only_its_own_question():
    wrong, right = answers(framed(".["), framed(".", b"1"))
    assert "wrong" in wrong
    assert right == {"kept": "1", "why": []}


def test_a_mistake_is_told_where_it_stands_in_the_program_itself():
    (said,) = answers(framed(".a |\n nonsense", b"1"))
    assert "line 2, column 2" in said["wrong"]


class Compiled:
    """jq that notes what it compiles."""

    def __init__(self):
        self.texts = []

    def compile(self, text):
        self.texts.append(text)
        return jq.compile(text)


def test_a_program_is_compiled_once_while_it_is_among_the_last_that_were_asked():
    noted = Compiled()
    others = [framed(f". == {n}") for n in range(PROGRAMS)]
    answers(framed("."), framed("."), *others, framed("."), module=noted)
    assert noted.texts.count(".") == 2


@pytest.mark.parametrize(
    ("program", "record", "is_kept"),
    [("empty", "1", False), (".[]", "[null, 0]", True), (".[]", "[null, false]", False)],
)
def test_any_truthy_output_keeps(program, record, is_kept):
    assert kept(jq.compile(f"({program}) | not"), record) is is_kept
