"""What a rule may say, where it looks, and what is said of one that cannot be read."""

import pytest

from arcwatch.errors import NotationError
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.alerts.metrics import METRICS
from arcwatch.store.alerts.rules import Rule, parse_glob, parse_when


def read(text, **clear):
    conditions, lasts = parse_when(text, **clear)
    return [(c.metric.name, c.op, c.limit) for c in conditions], lasts


@pytest.mark.parametrize(
    ("text", "conditions", "lasts"),
    [
        ('backlog.age > "10m" for "2m"', [("backlog.age", ">", 600)], 120),
        ("backlog.age>10m for 90s", [("backlog.age", ">", 600)], 90),
        ("backlog.size >= 2 GB", [("backlog.size", ">=", 2e9)], 0),
        ("backlog.size >= 1.5 GiB for 1m", [("backlog.size", ">=", 1.5 * 2**30)], 60),
        ("blocked for 30s", [("blocked", "==", 1)], 30),
        ("storage.used > 90%", [("storage.used", ">", 0.9)], 0),
        ("backlog.growth > 6k/min", [("backlog.growth", ">", 100)], 0),
        (
            "consumers == 0 and backlog.messages > 10_000 for 1m",
            [("consumers", "==", 0), ("backlog.messages", ">", 10_000)],
            60,
        ),
    ],
)
def test_a_condition_compares_a_figure_with_one_that_has_its_unit(text, conditions, lasts):
    assert read(text) == (conditions, lasts)


@pytest.mark.parametrize(
    ("text", "at", "why", "hint"),
    [
        ("backlog.agge > 10m", 1, "no metric is called backlog.agge", "did you mean backlog.age?"),
        ("", None, "a metric is missing", "one of backlog.age"),
        ("backlog.age > 10", 15, "is a duration, and 10 is none", 'write "10m"'),
        ("backlog.age > 10 MB", 15, "is a duration, and 10 MB is none", "units are ms, s, m"),
        ("backlog.messages > 10m", 20, "is a count, and 10m is none", "units are k, M, G"),
        ("backlog.age >", 14, "which is missing", 'write "10m"'),
        ("backlog.age 10m", 13, "a comparison is missing", 'write backlog.age > "10m"'),
        ("backlog.age => 10m", 13, "a comparison is missing", "write backlog.age >"),
        ("blocked > 1", 9, "blocked is either true or false", "write blocked alone"),
        ("blocked for", 12, "the duration is missing", 'write for "2m"'),
        ("blocked for 2m now", 16, "unexpected text", "join conditions with and"),
        ("blocked and unhealthy", 13, "unhealthy does not apply to a backlog", "write two rules"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest(text, at, why, hint):
    with pytest.raises(NotationError) as caught:
        parse_when(text)
    assert why in caught.value.why
    assert hint in caught.value.hint
    assert caught.value.where == (f"character {at} of {text}" if at else "")


@pytest.mark.parametrize(
    ("when", "before", "between", "after"),
    [
        ("backlog.age > 100s", 101, 95, 89),
        ("topic.in_rate < 9/s", 8, 9.5, 11),
        ("backlog.messages > 1000", 1001, 950, 899),
    ],
)
def test_what_held_ends_a_little_later_than_it_began(when, before, between, after):
    condition = parse_when(when)[0][0]
    held = [(condition.holds(v), condition.holds_still(v)) for v in (before, between, after)]
    assert held == [(True, True), (False, True), (False, False)]


@pytest.mark.parametrize(("when", "well"), [("consumers < 1", 1), ("consumers > 1", 1)])
def test_among_few_things_one_is_enough_to_be_well_again(when, well):
    assert not parse_when(when)[0][0].holds_still(well)


def test_where_it_is_well_again_can_be_said_and_lies_on_the_other_side():
    condition = parse_when("backlog.age > 10m", clear="5m")[0][0]
    assert (condition.holds_still(301), condition.holds_still(300)) == (True, False)
    with pytest.raises(NotationError, match="not on the other side"):
        parse_when("backlog.age > 10m", clear="20m")


def rule(*at, apart=()):
    return Rule("r", parse_when("backlog.age > 1m")[0], at=at, apart=apart)


@pytest.mark.parametrize(
    ("glob", "address", "covered"),
    [
        ("pulsar:a/b/*", "pulsar:a/b/x#billing", True),
        ("pulsar:a/b/*#billing", "pulsar:a/b/x#billing", True),
        ("pulsar:a/b/*#billing", "pulsar:a/b/x#other", False),
        ("pulsar:a/*", "pulsar:a/b/x", True),
        ("js:ORDERS", "js:ORDERS#invoicer", True),
        ("js:ORDERS", "js:ORDERS2#invoicer", False),
        ("*#billing", "js:ORDERS#billing", True),
    ],
)
def test_a_glob_is_any_characters_and_a_place_has_its_readers_in_it(glob, address, covered):
    assert rule(glob).covers(address) is covered


def test_what_is_excepted_is_not_looked_at():
    one = rule("pulsar:a/b/*", apart=("*-DLQ", "*-DLQ#*"))
    covered = [one.covers(f"pulsar:a/b/{name}") for name in ("x#s", "x-s-DLQ#s", "x-s-DLQ")]
    assert covered == [True, False, False]


def test_globs_that_match_nothing_are_named_with_the_nearest():
    one = rule("pulsar:arc/agnts/task-events#billing", "js:ORDERS")
    there = ["pulsar:arc/agents/task-events#billing", "js:ORDERS#invoicer"]
    assert one.unmatched(there) == [
        ("pulsar:arc/agnts/task-events#billing", "pulsar:arc/agents/task-events#billing")
    ]


def test_a_glob_that_begins_like_no_address_is_refused():
    with pytest.raises(NotationError) as caught:
        parse_glob("pulsr:a/b/c")
    assert caught.value.hint == "write pulsar:a/b/c"


def test_the_rules_that_are_on_are_few_and_say_what_to_try():
    rules = default_rules()
    assert len({rule.name for rule in rules}) == len(rules) < 24
    assert all(rule.hint for rule in rules)


def test_every_figure_is_read_from_some_place():
    from arcwatch.store.alerts import places

    tables = [v for k, v in vars(places).items() if k.isupper() and isinstance(v, dict)]
    assert {name for table in tables for name in table} == METRICS.keys()
