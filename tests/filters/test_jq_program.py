"""jq programs over messages, and what one without an end costs the others."""

import re
import time

import pytest

from arcwatch.decode import decode
from arcwatch.filters import jq_program
from arcwatch.filters.jq_process import MOST_RECORDS, Verdict
from arcwatch.filters.jq_worker import SECONDS
from tests.filters.test_filter import ORDER, message, undecoded

LOOP = ".size | repeat(false)"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LOOP, "longer than"),
        (".size | def f: [f]; f", "longer than|memory"),
        ('.size | reduce range(60) as $i ("xxxxxxxxxxxxxxxx"; .+.)', "longer than|memory"),
    ],
)
def test_a_program_without_end_is_ended_and_costs_no_other_message(quick, text, reason):
    program = jq_program.JqProgram(f'if .key == "bad" then ({text}) else .key end', quick)
    candidates = [(message(key=key), lambda: decode(ORDER)) for key in ("a", "bad", "b")]
    verdicts = program.verdicts(candidates)
    assert [verdict.kept for verdict in verdicts] == [True, False, True]
    assert [bool(verdict.failure) for verdict in verdicts] == [False, True, False]
    assert re.search(reason, verdicts[1].failure)


def test_a_program_that_never_ends_is_given_up(quick):
    program = jq_program.JqProgram(LOOP, quick)
    verdicts = program.verdicts([(message(), undecoded)] * 500)
    assert len(verdicts) == 500
    assert verdicts[-1].failure.startswith("given up: it takes longer")
    assert quick.ask(".", [b"1"])[0].kept
    began = time.monotonic()
    assert program.verdicts([(message(), undecoded)]) == verdicts[-1:]
    assert time.monotonic() - began < SECONDS


def test_a_program_that_is_too_slow_looks_at_what_there_is_time_for(quick):
    slow = '"aaaaaaaaaaaaaaaaaaaaaaab" | test("^(a+)+$") | not'
    program = jq_program.JqProgram(f".size | {slow}", quick)
    verdicts = program.verdicts([(message(), undecoded)] * 120)
    looked_at = [verdict for verdict in verdicts if not verdict.failure]
    assert 0 < len(looked_at) < 120
    assert all(verdict.kept for verdict in looked_at)
    assert "too slow" in verdicts[-1].failure


def test_records_of_many_questions_keep_their_order(quick):
    program = jq_program.JqProgram(".size % 2 == 0", quick)
    sizes = [*range(10, 10 + 2 * MOST_RECORDS + 1)]
    verdicts = program.verdicts([(message(b"x" * size), undecoded) for size in sizes])
    assert [verdict.kept for verdict in verdicts] == [size % 2 == 0 for size in sizes]


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        (".a\x00", 2, "no such character"),
        (".é | nonsense", 1, "unexpected"),
        ('."é" |\nnonsense', 7, "nonsense/0"),
    ],
)
def test_a_mistake_has_its_place_in_characters(quick, text, at, why):
    with pytest.raises(jq_program.Mistake, match=why) as caught:
        jq_program.JqProgram(text, quick)
    assert caught.value.at == at


def test_a_record_cut_to_its_fields_has_times_and_headers_as_the_whole_has(quick):
    whole = message(publish_time=1_767_225_600_005_000_000)
    for field in ("publish_time", "event_time", "headers", "id", "value", "deliver_at"):
        cut = jq_program.JqProgram(f".{field} | tojson", quick)
        both = jq_program.JqProgram(f".{field} == (. | .{field})", quick)
        assert cut.verdicts([(whole, lambda: decode(ORDER))])[0] == Verdict(True)
        assert both.verdicts([(whole, lambda: decode(ORDER))])[0] == Verdict(True)
