"""What ends is told the first first, and alarmed ahead of time."""

import pytest

from arcwatch.model.expiry import Expiries, Expiry
from arcwatch.model.reading import Reading
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules

DAY = 86_400.0


@pytest.fixture
def told(store, nouns):
    def tell(at, *days, system="pulsar", what="certificate"):
        found = tuple(
            Expiry(what, f"p{n}:8443", "", nouns.START + d * DAY) for n, d in enumerate(days)
        )
        body = Expiries(found)
        now = nouns.START + at
        store.apply(Reading("prod", system, "settings", "expiries", now, at, 0.1, body))
        store.alerts = Alerts(default_rules())
        for second in range(40):
            store.judge(now + second, at + second)
        return {
            (row.rule, row.address) for row in store.alerts.rows() if row.rule.startswith("exp")
        }

    return tell


@pytest.mark.parametrize(
    ("days", "rule"),
    [
        (-1, "expires-now"),
        (1, "expires-now"),
        (3, "expires-soon"),
        (13, "expires-soon"),
        (15, None),
    ],
)
def test_each_is_alarmed_by_one_rule_ahead_of_time(told, days, rule):
    expected = {(rule, "expiry:p0:8443#certificate")} if rule else set()
    assert told(1, days) == expected


def test_they_are_listed_the_first_first_with_what_servers_tell_of_themselves(
    store, told, tell, nouns
):
    tell.nats(0, "varz", nouns.server(now=500.0, tls_cert_not_after=nouns.START + 5 * DAY))
    told(1, 9, 3)
    told(1, 1, system="nats", what="JWT")
    rows = [(row.system, row.what, round(row.left / DAY), row.ours) for row in store.endings()]
    assert rows == [
        ("nats", "JWT", 1, True),
        ("pulsar", "certificate", 3, False),
        ("nats", "certificate", 5, False),
        ("pulsar", "certificate", 9, False),
    ]
    assert not store.contacts.keys() & {("prod", "nats", "settings", "expiries")}
