"""What moving a cursor changes, and what takes it back."""

import pytest
from msgspec.structs import replace

from arcwatch.model.rewind import Amount, Moved, way_back
from tests.changes.test_summary import BACK, FORWARD, STAYS

HOLES = replace(BACK, redelivered=Amount(32, 3_200.0, 12_800))
"""Two entries behind both places were acknowledged out of order."""


def test_only_what_is_different_afterwards_moves():
    assert [part.moves for part in (BACK, FORWARD, STAYS)] == [True, True, False]
    assert replace(STAYS, redelivered=Amount(3)).moves


def test_what_it_is_about_is_what_comes_again_or_what_does_not_come():
    assert BACK.main == BACK.redelivered
    assert FORWARD.main == FORWARD.skipped


def test_what_was_acknowledged_out_of_order_comes_again_whichever_way_it_moves():
    assert [part.out_of_order for part in (BACK, HOLES, FORWARD)] == [0, 2, 0]
    assert replace(FORWARD, redelivered=Amount(3)).out_of_order == 3


@pytest.mark.parametrize(
    ("moved", "may"),
    [
        (Moved(BACK, (12, 10), 35), True),
        (Moved(BACK, None, None, "refused"), False),
        (Moved(BACK, None, None, "no answer", unsure=True), True),
        (Moved(STAYS, (12, 40), 5), False),
    ],
)
def test_only_what_may_have_moved_is_taken_back(moved, may):
    assert moved.may_have_moved is may
    assert bool(way_back([moved])) is may


def test_the_way_back_skips_what_came_again_and_leads_to_the_old_backlog():
    (back,) = way_back([Moved(BACK, (12, 10), 35)])
    assert (back.now, back.then, back.direction) == ((12, 10), (12, 40), "forward")
    assert (back.skipped, back.redelivered) == (BACK.passed, Amount())
    assert (back.backlog, back.backlog_then) == (35, 5)
    (unknown,) = way_back([Moved(BACK, None, None, "no answer", unsure=True)])
    assert unknown.backlog == BACK.backlog_then


def test_the_way_back_to_before_a_gap_brings_all_that_lies_behind_it():
    (ahead,) = way_back([Moved(FORWARD, (12, 50), 1)])
    assert (ahead.direction, ahead.redelivered, ahead.skipped) == (
        "back",
        FORWARD.passed,
        Amount(),
    )
    assert ahead.backlog_then == 1 + FORWARD.passed.entries
    (holes,) = way_back([Moved(HOLES, (12, 10), 37)])
    assert holes.backlog_then == HOLES.backlog + 2
