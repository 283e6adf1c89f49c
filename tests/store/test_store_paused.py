"""After the machine slept, or its clock was set, figures begin anew: no leap, and a gap."""

import math

from arcwatch.model.nats_links import LinkAnswer, NatsLink, NatsLinks
from arcwatch.model.reading import Paused, Reading

X = "persistent://t/n/x"
HOURS = 8 * 3600


def pause(store, nouns, at):
    store.apply(Reading("prod", "nats", "clock", "clock", nouns.START + at, at, 0.0, Paused(HOURS)))


def test_what_came_while_asleep_is_no_rate_of_any_kind(store, tell, nouns):
    def beat(at, total):
        link = NatsLink("route", 1, "n2", "", "", True, "", 1, None, 0, total, 0, 0, 0, 0, None)
        tell.nats(at, "varz", nouns.server(now=500.0 + at, in_msgs=total))
        tell.nats(
            at, "connz", nouns.connections(nouns.connection(7, in_msgs=total), now=500.0 + at)
        )
        tell.nats(at, "jsz", nouns.jetstream(nouns.stream(last_seq=total), now=500.0 + at))
        tell.nats(at, "links", NatsLinks("RUN1", (LinkAnswer("route", 500.0 + at, (link,)),)))
        tell.broker(at, nouns.page(nouns.topic(X, in_messages=total)))

    def rates():
        return [
            store.nats_servers()[0].in_msgs_rate,
            store.nats_connections()[0].in_msgs_rate,
            store.nats_streams()[0].in_msgs_rate,
            store.nats_links()[0].in_msgs_rate,
            store.pulsar_topics()[0].msg_rate_in,
        ]

    beat(0, 0)
    beat(2, 20)
    assert rates() == [10.0] * 5
    pause(store, nouns, 2 + HOURS)
    beat(3 + HOURS, 9_000_000)
    assert all(map(math.isnan, rates()))
    beat(5 + HOURS, 9_000_020)
    assert rates() == [10.0] * 5
    traffic, end = store.nats[0].traffic, nouns.START + 5 + HOURS
    drawn = traffic.window("http://n1:8222", "in_msgs", end - HOURS, end, 100)
    assert [figure for figure in drawn if figure == figure] == [10.0]


def test_a_clock_that_is_set_back_is_believed(store, tell, nouns):
    tell.nats(3600, "varz", nouns.server(now=500.0))
    tell.nats(3590, "varz", nouns.server(now=502.0))
    assert store.now == nouns.START + 3600
    tell.nats(4, "varz", nouns.server(now=504.0))
    assert store.now == nouns.START + 4
