"""What a rewind or a replay would do, and did, in lines."""

import pytest
from msgspec.structs import replace

from arcwatch.changes.summary import (
    backlog_of,
    interrupted,
    outcome_lines,
    plan_lines,
    preview_lines,
    resume_hint,
    total_parts,
    undo_command,
    warnings,
)
from arcwatch.model.replay import Done, Plan, ReplayUpdate
from arcwatch.model.rewind import Amount, Moved, PartRewind, Rewind

BACK = PartRewind(
    address="pulsar:arc/agents/orders",
    name="persistent://arc/agents/orders",
    now=(12, 40),
    then=(12, 10),
    direction="back",
    passed=Amount(30, 3_000.0, 12_000),
    redelivered=Amount(30, 3_000.0, 12_000),
    skipped=Amount(),
    exact=False,
    backlog=5,
    backlog_then=35,
    consumers=(),
)
FORWARD = replace(
    BACK,
    then=(12, 50),
    direction="forward",
    passed=Amount(10, 10.0, 100),
    redelivered=Amount(),
    skipped=Amount(4, 4.0, 40),
    exact=True,
    backlog_then=1,
)
STAYS = replace(BACK, then=(12, 40), direction="none", passed=Amount(), redelivered=Amount())


def rewind(*parts, **more):
    return Rewind("pulsar:arc/agents/orders#billing", "billing", parts, **more)


def test_a_move_back_says_what_comes_again():
    (line,) = preview_lines(rewind(BACK))
    assert line == (
        "pulsar:arc/agents/orders: back from 12:40 to 12:10, ≈ 3,000 messages (30 entries, "
        "≈ 12.0 kB) redelivered; backlog 5 → 35 entries"
    )


def test_a_move_forward_says_what_is_skipped_and_what_of_it_was_done():
    moved, known = preview_lines(rewind(FORWARD))
    assert "4 messages (4 entries, ≈ 40 B) skipped" in moved
    assert known.endswith(": 6 of the 10 entries passed over were already acknowledged")


def test_what_stays_says_where_and_several_parts_are_summed():
    lines = preview_lines(rewind(BACK, FORWARD, STAYS))
    assert "pulsar:arc/agents/orders: stays at 12:40, backlog 5 entries" in lines
    assert [line for line in lines if line.startswith("in all: ")] == [
        "in all: ≈ 3,000 messages (30 entries, ≈ 12.0 kB) redelivered",
        "in all: ≈ 4 messages (4 entries, ≈ 40 B) skipped",
    ]


def test_what_was_acknowledged_out_of_order_comes_again():
    part = replace(STAYS, redelivered=Amount(1, 1.0, 9))
    assert any("1 entry to be redelivered was acknowledged out of order" in line
               for line in preview_lines(rewind(part)))  # fmt: skip


def test_the_way_back_is_a_command_that_names_the_cluster():
    command = undo_command(BACK, rewind(BACK, flags=("--pulsar-admin", "http://p1:8080")))
    assert command == (
        "arcwatch rewind 'pulsar:arc/agents/orders#billing' --to id:12:40"
        " --pulsar-admin http://p1:8080 --allow-changes --yes"
    )


def test_an_outcome_is_where_it_stands_and_how_to_undo_it():
    moved, undo = outcome_lines(rewind(BACK), [Moved(BACK, (12, 10), 35)])
    assert moved == "pulsar:arc/agents/orders: moved to 12:10, backlog 35 entries"
    assert undo.startswith("undo: arcwatch rewind ")
    assert outcome_lines(rewind(STAYS), [Moved(STAYS, (12, 40), 5)]) == ["nothing to move"]
    assert outcome_lines(rewind(BACK), [Moved(BACK, None, None, "refused")]) == []


def test_a_backlog_that_one_part_does_not_tell_is_not_known():
    known = Moved(BACK, (12, 10), 35)
    assert backlog_of([known, known]) == "backlog 70 entries"
    assert backlog_of([known, Moved(BACK, None, None)]) == "backlog not known"


def test_an_interrupted_move_says_what_may_have_moved_and_what_has_not():
    parts = [replace(BACK, address=f"pulsar:a/b/c-partition-{n}") for n in range(3)]
    lines = interrupted(rewind(*parts), [Moved(parts[0], (12, 10), 35)])
    assert [line.partition(": arcwatch")[0] for line in lines] == [
        "pulsar:a/b/c-partition-0: moved to 12:10, backlog 35 entries",
        "undo",
        "undo, if it was moved",
        "pulsar:a/b/c-partition-2: not moved",
    ]


PLAN = Plan(
    targets={"nats:copy.a": 7, "pulsar:a/b/gone": 3},
    missing={"pulsar:a/b/gone": "no such topic"},
    lost=2,
    size=5_000,
    first=0,
    last=10**9,
    seconds=90.0,
    earlier=(),
)


def test_a_plan_says_where_how_many_and_how_long():
    *targets, lost, takes = plan_lines(PLAN, "x2")
    assert targets == [
        "7 messages to nats:copy.a",
        "3 messages to pulsar:a/b/gone  not published: no such topic",
    ]
    assert lost == "2 not published: their origin is unknown"
    assert takes.startswith("takes 1m 30s at x2, 5.00 kB, published 1970-01-01T00:00:00.000Z")


def test_a_plan_of_nothing_says_so_and_what_is_there_already():
    nothing = replace(PLAN, targets={}, missing={}, lost=0, there=4)
    there, last = plan_lines(nothing, "x2")
    assert "4 messages are skipped, already in the target" in there
    assert last == "nothing to replay"
    (alone, _) = plan_lines(replace(nothing, there=1), "x2")
    assert "1 message is skipped" in alone


def test_only_whole_replays_that_published_are_warned_of():
    done = Done(0, ("a",), ((1,),), ((2,),), "b", (), 5)
    earlier = (done, replace(done, finished=False), replace(done, published=0))
    first, second = warnings(replace(PLAN, earlier=earlier, doubts=("dates differ",)))
    assert first == "warning: dates differ"
    assert "5 messages were already replayed" in second


def update(**more):
    return ReplayUpdate(
        **{"scanned": 10, "done": 1.0, "rate": 9.0, "left": 0.0, "plan": PLAN} | more
    )


def test_the_end_of_a_replay_counts_what_became_of_each():
    parts = total_parts(
        update(published=7, acknowledged=5, failed=1, failure="too large", unknown=1, dropped=2)
    )
    assert parts[:3] == ["published 7 of 7 messages", "5 acknowledged", "1 failed: too large"]
    assert len(parts) == 5
    assert total_parts(update(published=7, acknowledged=None))[1] == (
        "core NATS acknowledges nothing"
    )


@pytest.mark.parametrize(
    ("replayed", "hint"),
    [
        (update(published=7, acknowledged=7), ""),
        (update(published=3, acknowledged=3), "run it again: what has arrived"),
        (update(published=3, acknowledged=None, is_cut_off=True), "is not known"),
        (update(published=3, acknowledged=None), ""),
        (update(published=3, acknowledged=None, first_unknown="js:S #9"), "--from '#9'"),
    ],
)
def test_how_to_go_on_depends_on_what_the_target_stores(replayed, hint):
    assert hint in resume_hint(replayed)
    assert bool(resume_hint(replayed)) == bool(hint)
