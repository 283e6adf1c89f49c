"""The process that runs jq programs: what is within its reach, and what comes after its end."""

import psutil
import pytest

from arcwatch.filters.jq_process import Ended, JqProcess, NoProgram


def test_nothing_of_ours_is_within_a_programs_reach(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET", "hush")
    # the one that the interpreter may need
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    (tmp_path / ".jq").write_text("def stolen: true;")
    monkeypatch.setenv("HOME", str(tmp_path))
    process = JqProcess()
    try:
        for program in ("env.SECRET", "$ENV.SECRET", "env.LD_LIBRARY_PATH", "input_filename"):
            assert process.ask(f". | {program}", [b"{}"])[0].kept is False, program
        for program in (". | stolen", '. | import "x" as x; .', '. | include "x"; .'):
            with pytest.raises(NoProgram):
                process.ask(program, [])
        assert process.ask(". | input", [b"{}", b"{}"])[0].failure
    finally:
        process.close()


def test_a_process_that_was_killed_is_started_again(quick):
    before = psutil.Process().children()
    assert quick.ask(".", [b"1"])[0].kept
    (worker,) = {*psutil.Process().children()} - {*before}
    worker.kill()
    psutil.wait_procs([worker])
    assert quick.ask(".", [b"1"])[0].kept


def test_a_process_that_dies_over_a_question_says_so(quick):
    quick.ask(".", [])
    with pytest.raises(Ended, match="longer than"):
        quick.ask(". | repeat(false)", [b"1"])


def test_each_record_has_its_own_verdict_and_a_reason_is_the_last_that_was_told(quick):
    many = quick.ask(".a.b", [b'{"a": {"b": 1}}', b'{"a": 1}', b"{}"] + [b'{"a": 1}'] * 12)
    assert [verdict.kept for verdict in many[:3]] == [True, False, False]
    assert many[2].failure == ""
    assert all("Cannot index number" in verdict.failure for verdict in many[3:])


def test_batches_are_answered_in_the_order_they_are_made(quick):
    batches = ([b"%d" % n for n in range(at, at + 3)] for at in (0, 3, 6))
    answers = quick.ask_each(". % 2 == 1", batches)
    assert [[verdict.kept for verdict in answer] for answer in answers] == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]


def test_a_batch_that_cannot_be_made_leaves_no_answer_for_the_next_question(quick):
    def batches():
        yield [b"1"]
        raise LookupError("made no more")

    with pytest.raises(LookupError):
        quick.ask_each(".", batches())
    assert [verdict.kept for verdict in quick.ask(".", [b"null", b"1"])] == [False, True]


def test_what_was_answered_before_the_end_is_kept(quick):
    ending = "if . == 3 then repeat(false) else . end"
    with pytest.raises(Ended) as caught:
        quick.ask_each(ending, ([b"%d" % n] for n in range(1, 4)))
    assert [[verdict.kept for verdict in answer] for answer in caught.value.before] == [
        [True],
        [True],
    ]


def test_no_question_needs_a_process_once_more_after_it_was_closed(quick):
    quick.close()
    quick.close()
    assert quick.ask(".", [b"1"])[0].kept
