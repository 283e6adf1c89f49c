"""Mirrors, and streams that take messages from others: how far behind, and whom they miss."""

import pytest

from arcwatch.model.nats import JsOrigin
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules

AT = 1_700_000_000.0


def mirror(nouns, lag, active=0.4, error="", name="COPY", **more):
    origin = JsOrigin("ORDERS", lag, active, error)
    return nouns.stream(name, subjects=(), is_mirror=True, origins=(origin,), **more)


def copy_of(store):
    return next((row for row in store.backlogs() if row.address == "js:COPY"), None)


def test_a_mirror_that_is_behind_is_ranked_with_what_it_has_not_copied(store, tell, nouns):
    for at in range(4):
        tell.nats(at, "jsz", nouns.jetstream(mirror(nouns, 1000 - 100 * at), now=float(at)))
    row = copy_of(store)
    assert (row.waiting, row.exact, row.growth, row.drains_in) == (700, True, -100, 7)
    assert row.says == ("mirror of ORDERS",)
    assert store.backlog_series(row)


def test_a_copy_that_keeps_up_is_no_backlog_unless_it_hears_nothing(store, tell, nouns):
    tell.nats(0, "jsz", nouns.jetstream(mirror(nouns, 0), now=0.0))
    assert copy_of(store) is None
    tell.nats(1, "jsz", nouns.jetstream(mirror(nouns, 0, active=None), now=1.0))
    assert copy_of(store).cause.text == "origin silent: ORDERS"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"active": 92.0}, "origin silent: ORDERS for 1m 32s"),
        ({"active": None}, "origin silent: ORDERS"),
        ({"error": "no permission"}, "origin silent: ORDERS"),
    ],
)
def test_an_origin_that_is_not_heard_is_named_and_fires(store, tell, nouns, fields, words):
    store.alerts = Alerts(default_rules())
    told = []
    for at in range(20):
        tell.nats(at, "jsz", nouns.jetstream(mirror(nouns, 7, **fields), now=float(at)))
        told += store.judge(AT + at, float(at))
    assert copy_of(store).says == (words, "mirror of ORDERS")
    (chain,) = store.why("js:COPY")
    heard = next(one.value for one in chain.evidence if one.figure == "origin")
    assert (chain.cause.kind, "error" in fields) == ("origin-silent", "no permission" in heard)
    silent = [] if "error" in fields else [("mirror-silent", "js:COPY")]
    assert [(row.rule, row.address) for row in told] == silent


def test_several_origins_are_one_row_with_all_that_is_missing(store, tell, nouns):
    origins = (JsOrigin("A", 10, 0.1), JsOrigin("B", 5, 40.0))
    both = nouns.stream("COPY", origins=origins)
    tell.nats(0, "jsz", nouns.jetstream(both, now=0.0))
    row = copy_of(store)
    assert row.waiting == 15
    assert row.says == ("origin silent: B for 40s", "sourced from A, B")
