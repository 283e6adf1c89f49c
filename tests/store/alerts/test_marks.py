"""Rows that an alert is about."""

import pytest

from arcwatch.store.alerts.marks import mark_of, marks_of

FIRED = [
    ("belt", "pulsar:arc/agents/x#billing", "warning"),
    ("belt", "pulsar:arc/agents/y", "critical"),
    ("", "server:http://n1:8222", "critical"),
    ("flash", "js:ORDERS#invoicer", "warning"),
    ("belt", "non-persistent://arc/agents/z", "warning"),
]


@pytest.mark.parametrize(
    ("cluster", "address", "mark"),
    [
        ("belt", "pulsar:arc/agents/x#billing", "warning"),
        ("belt", "pulsar:arc/agents/x", "warning"),
        ("belt", "pulsar:arc/agents/x#other", None),
        ("west", "pulsar:arc/agents/x", None),
        # the worst of what it holds
        ("belt", "pulsar:arc/agents/*", "critical"),
        ("belt", "pulsar:arc/*", "critical"),
        ("belt", "pulsar:arc/audit/*", None),
        # whoever is asked may not have told its cluster yet
        ("flash", "server:http://n1:8222", "critical"),
        ("flash", "js:ORDERS", "warning"),
        ("belt", "", None),
    ],
)
def test_a_row_bears_the_worst_of_its_place_and_of_what_that_holds(cluster, address, mark):
    for order in (FIRED, FIRED[::-1]):
        assert mark_of(marks_of(order), cluster, address) == mark
