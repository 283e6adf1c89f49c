"""Which messages two replays have in common, and how many of a plan have a place to go to."""

import pytest
from msgspec.structs import replace

from arcwatch.model.replay import Done, Plan

ONE = Done(5, ("js:A", "js:B"), ((10,), (10,)), ((20,), (20,)), "nats:x", (), 20)


@pytest.mark.parametrize(
    ("changed", "covered", "overlapping"),
    [
        ({}, True, True),
        ({"start": ((10,), (15,)), "end": ((19,), (20,))}, True, True),
        ({"start": ((9,), (10,))}, False, True),
        ({"end": ((20,), (21,))}, False, True),
        ({"start": ((20,), (20,)), "end": ((30,), (30,))}, False, False),
        ({"start": ((20,), (19,)), "end": ((30,), (30,))}, False, True),
        ({"onto": "nats:y"}, False, False),
        ({"filters": ("x",)}, False, True),
        ({"limit": 5}, False, True),
        ({"places": ("js:C", "js:D")}, False, False),
        ({"places": ("js:B",), "start": ((15,),), "end": ((16,),)}, False, True),
    ],
)
def test_another_is_covered_or_overlaps_by_its_places_and_window(changed, covered, overlapping):
    other = replace(ONE, **changed)
    assert (ONE.covers(other), ONE.overlaps(other)) == (covered, overlapping)
    assert other.overlaps(ONE) is overlapping


def test_messages_for_a_place_that_is_missing_do_not_go_anywhere():
    plan = Plan({"a": 5, "b": 7}, {"b": "no such topic"}, 1, 100, None, None, 0.0, ())
    assert plan.messages == 5
    assert replace(plan, missing={}).messages == 12
