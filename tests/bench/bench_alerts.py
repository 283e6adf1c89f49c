"""What judging the default rules costs a second, over 3,000 topics and 1,000 connections.

Every topic has a subscription; each second all of them tell something new, or a tenth does.  In
the worst case half of all backlogs grow for minutes, so that 1,500 alerts fire.
"""

import statistics
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

from conftest import START, Teller, connection, connections, page, server, subscription, topic

from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.store import Store

TOPICS, CONNECTIONS, BEATS = 3_000, 1_000, 240
BUDGET = 0.03


def told(n, second, share):
    """A topic and its subscription: that share of all changes each second, half of it grows."""
    moves = n % round(1 / share) == second % round(1 / share) if share < 1 else True
    now = second if moves else second - second % round(1 / share)
    waits = 100 + 100 * now * (n % 2)
    sub = subscription(backlog_entries=waits, consumers=1, out_messages=now)
    return topic(f"persistent://t/n/x{n}", sub, in_messages=1000 + 200 * now)


def cost(share):
    """Seconds of processor that each judgement took, and how many fire in the end."""
    store = Store()
    tell = Teller(store)
    store.alerts = Alerts(default_rules())
    tell.nats(0, "varz", server(now=0.0))
    clients = [connection(cid) for cid in range(CONNECTIONS)]
    taken = []
    for second in range(BEATS):
        tell.broker(second, page(*(told(n, second, share) for n in range(TOPICS))))
        tell.nats(second, "connz", connections(*clients, now=float(second)))
        # summing topics up is what the screen does anyway
        _ = store.pulsar[0].topics
        began = time.thread_time()
        store.judge(START + second, float(second))
        taken.append(time.thread_time() - began)
    return taken, len(store.alerts.rows())


@pytest.mark.bench
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_what_judging_costs(share, capsys):
    taken, live = cost(share)
    with capsys.disabled():
        print(  # noqa: T201  # figures are what a bench is for
            f"\n  {len(default_rules())} rules x {TOPICS:,} topics, {share:.0%} of them told anew"
            f" a second, {live:,} pending or firing: mean {statistics.mean(taken):.1%} of a core,"
            f" longest beat {max(taken) * 1000:.0f} ms  (budget {BUDGET:.0%})"
        )
