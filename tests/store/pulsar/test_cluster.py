"""What Pulsar brokers told becomes topics, subscriptions and backlogs."""

import math

import pytest

from arcwatch.model.pulsar import PulsarBrokers, PulsarHealth, PulsarTopics

X = "persistent://t/n/x"
P1, P2 = "p1:8080", "p2:8080"


def unknown(*figures):
    return all(math.isnan(figure) for figure in figures)


def rates(row):
    return (row.msg_rate_in, row.msg_rate_out, row.throughput_in, row.throughput_out)


# -- rates --------------------------------------------------------------------------------------


def test_rates_of_topics_subscriptions_and_brokers(store, tell, nouns):
    for at in (0, 2):
        sub = nouns.subscription(out_messages=100 * at, out_bytes=1000 * at)
        told = nouns.topic(X, sub, in_messages=300 * at, in_bytes=3000 * at)
        tell.broker(at, nouns.page(told))
    (topic,), (broker,) = store.pulsar_topics(), store.pulsar_brokers()
    assert rates(topic) == rates(broker) == (300.0, 100.0, 3000.0, 1000.0)
    (sub,) = topic.subscriptions
    assert (sub.msg_rate_out, sub.throughput_out) == (100.0, 1000.0)
    assert {topic.cluster, sub.cluster, broker.cluster} == {"belt"}


def test_the_first_page_has_figures_and_no_rates(store, tell, nouns):
    told = nouns.topic(X, nouns.subscription(backlog_entries=5), in_messages=9, storage_size=77)
    tell.broker(0, nouns.page(told))
    (topic,), (broker,) = store.pulsar_topics(), store.pulsar_brokers()
    assert (topic.storage_size, topic.backlog_entries, broker.topics) == (77, 5, 1)
    assert unknown(*rates(topic), *rates(broker), topic.subscriptions[0].msg_rate_out)


def test_a_topic_without_subscriptions_sends_nothing_once_that_can_be_known(store, tell, nouns):
    tell.broker(0, nouns.page(nouns.topic(X)))
    assert unknown(store.pulsar_topics()[0].msg_rate_out)
    tell.broker(2, nouns.page(nouns.topic(X)))
    assert store.pulsar_topics()[0].msg_rate_out == 0.0


def test_a_broker_without_topics_moves_nothing(store, tell, nouns):
    tell.broker(0, nouns.page())
    assert rates(store.pulsar_brokers()[0]) == (0.0,) * 4


def test_a_broker_that_does_not_tell_of_topics_says_nothing_of_rates(store, tell, nouns):
    for at in (0, 2):
        tell.broker(at, nouns.page(topic_metrics=False))
    (broker,) = store.pulsar_brokers()
    assert unknown(*rates(broker))
    assert broker.topics is None
    assert [problem.what for problem in store.problems()] == ["reports no topics"]


def test_a_restarted_broker_has_no_rates_even_where_counters_are_higher(store, tell, nouns):
    tell.broker(0, nouns.page(nouns.topic(X, in_messages=10)))
    tell.broker(2, nouns.page(nouns.topic(X, in_messages=500), started=nouns.START))
    assert unknown(*rates(store.pulsar_topics()[0]))


def test_a_topic_that_was_unloaded_and_loaded_again_has_a_gap(store, tell, nouns):
    for at, total in ((0, 0), (2, 200), (4, 20), (6, 220)):
        tell.broker(at, nouns.page(nouns.topic(X, in_messages=total)))
    (cluster,) = store.pulsar
    shown = cluster.topic_rates.window(X, "msg_rate_in", nouns.START, nouns.START + 6, 3)
    assert shown == pytest.approx([100.0, math.nan, 100.0], nan_ok=True)


def test_a_topic_that_a_broker_loads_between_two_pages_counts_from_zero(store, tell, nouns):
    tell.broker(0, nouns.page())
    tell.broker(2, nouns.page(nouns.topic(X, in_messages=50)))
    assert store.pulsar_topics()[0].msg_rate_in == 25.0


def test_a_reader_that_leaves_makes_no_gap(store, tell, nouns):
    def subs(at, *names):
        return [nouns.subscription(name, out_messages=100 * at) for name in names]

    tell.broker(0, nouns.page(nouns.topic(X, *subs(0, "billing", "reader-1"), in_messages=0)))
    tell.broker(2, nouns.page(nouns.topic(X, *subs(2, "billing", "reader-1"), in_messages=50)))
    tell.broker(4, nouns.page(nouns.topic(X, *subs(4, "billing"), in_messages=100)))
    assert rates(store.pulsar_topics()[0])[:2] == (25.0, 100.0)


def test_the_brokers_own_clock_is_divided_by_where_it_tells_one(store, tell, nouns):
    tell.broker(0, nouns.page(nouns.topic(X, in_messages=0), clock=1000.0))
    tell.broker(9, nouns.page(nouns.topic(X, in_messages=100), clock=1004.0))
    assert store.pulsar_topics()[0].msg_rate_in == 25.0


# -- partitions and several brokers -------------------------------------------------------------


def part(number):
    return f"{X}-partition-{number}"


def test_partitions_are_one_topic_summed_over_brokers(store, tell, nouns):
    for at in (0, 2):
        for broker, numbers in ((P1, (0, 1)), (P2, (2,))):
            topics = [
                nouns.topic(
                    part(number),
                    nouns.subscription(backlog_entries=10, out_messages=20 * at, consumers=1),
                    in_messages=100 * at,
                    storage_size=5,
                    producers=1,
                )
                for number in numbers
            ]
            tell.broker(at, nouns.page(*topics, broker=broker))
    (row,) = store.pulsar_topics()
    assert (row.topic, row.partitions, row.storage_size, row.producers) == (X, 3, 15, 3)
    assert (row.msg_rate_in, row.msg_rate_out, row.backlog_entries) == (300.0, 60.0, 30)
    (sub,) = row.subscriptions
    assert (sub.backlog_entries, sub.consumers, sub.msg_rate_out) == (30, 3, 60.0)


def test_a_topic_that_is_no_partition_has_none(store, tell, nouns):
    tell.broker(0, nouns.page(nouns.topic(X)))
    assert store.pulsar_topics()[0].partitions == 0


def test_one_part_that_is_unknown_makes_a_gap_and_not_a_dip(store, tell, nouns):
    for at, totals in ((0, (0, 0)), (2, (20, 200)), (4, (40, 10))):
        topics = [nouns.topic(part(n), in_messages=total) for n, total in enumerate(totals)]
        tell.broker(at, nouns.page(*topics))
    assert unknown(store.pulsar_topics()[0].msg_rate_in)


@pytest.mark.parametrize(("here", "there"), [(P1, P2), (P2, P1)])
def test_a_topic_that_moved_is_counted_once_where_it_is_now(store, tell, nouns, here, there):
    def told(broker, *topics):
        return nouns.page(*topics, broker=broker)

    def x(total):
        return nouns.topic(X, nouns.subscription(backlog_entries=7), in_messages=total)

    for at in (0.0, 2.0):
        tell.broker(at, told(here, x(100 * int(at))))
        tell.broker(at + 0.1, told(there))
    tell.broker(4.1, told(there, x(30)))
    (row,) = store.pulsar_topics()
    assert (row.backlog_entries, row.msg_rate_in) == (7, pytest.approx(15.0))
    tell.broker(6.0, told(here))
    assert [row.backlog_entries for row in store.pulsar_topics()] == [7]


@pytest.mark.parametrize(("dead", "alive"), [(P1, P2), (P2, P1)])
def test_a_topic_whose_broker_died_is_told_by_the_one_that_took_it(store, tell, nouns, dead, alive):
    sub = nouns.subscription(backlog_entries=7)
    tell.broker(0, nouns.page(nouns.topic(X, sub), broker=dead))
    tell.broker(0, nouns.page(broker=alive))
    tell.silence(2, "pulsar", dead, "metrics")
    assert [(row.stale, row.backlog_entries) for row in store.pulsar_topics()] == [(True, 7)]
    tell.broker(2, nouns.page(nouns.topic(X, sub), broker=alive))
    assert [(row.stale, row.backlog_entries) for row in store.pulsar_topics()] == [(False, 7)]


def test_a_topic_of_which_one_broker_is_silent_is_stale_and_its_sums_unknown(store, tell, nouns):
    for at in (0, 2):
        for broker, number in ((P1, 0), (P2, 1)):
            told = nouns.topic(part(number), nouns.subscription(), in_messages=at)
            tell.broker(at, nouns.page(told, broker=broker))
    assert store.pulsar_topics()[0].stale is False
    tell.silence(4, "pulsar", P2, "metrics")
    (row,) = store.pulsar_topics()
    assert (row.stale, row.subscriptions[0].stale, row.partitions) == (True, True, 2)
    assert unknown(*rates(row), row.subscriptions[0].msg_rate_out)
    assert [broker.stale for broker in store.pulsar_brokers()] == [False, True]


def test_brokers_that_left_take_their_rows_and_their_failures_along(store, tell, nouns):
    for broker in (P1, P2):
        tell.broker(0, nouns.page(nouns.topic(f"{X}-{broker}"), broker=broker))
    tell.silence(1, "pulsar", P2, "metrics")
    tell.cluster(2, "brokers", PulsarBrokers((P1,)))
    assert [row.broker for row in store.pulsar_brokers()] == [P1]
    assert [row.topic for row in store.pulsar_topics()] == [f"{X}-{P1}"]
    assert store.problems() == []


def test_several_brokers_make_one_moment_a_beat(store, tell, nouns):
    for beat in range(20):
        for number in range(5):
            told = nouns.topic(f"{X}{number}", in_messages=2 * beat)
            tell.broker(2 * beat + 0.1 * number, nouns.page(told, broker=f"p{number}:8080"))
    (cluster,) = store.pulsar
    points = cluster.topic_rates.points(f"{X}0", "msg_rate_in", nouns.START)
    assert 18 <= len(points) <= 20
    assert {figure for _, figure in points} == {1.0}


def test_a_silent_broker_does_not_stop_the_others_series(store, tell, nouns):
    for beat in range(10):
        tell.broker(2 * beat, nouns.page(nouns.topic(X, in_messages=2 * beat), broker=P1))
        if beat < 3:
            tell.broker(2 * beat, nouns.page(broker=P2))
        elif beat == 5:
            tell.silence(2 * beat + 1, "pulsar", P2, "metrics")
    (cluster,) = store.pulsar
    figures = cluster.topic_rates.points(X, "msg_rate_in", nouns.START)
    assert len(figures) >= 8
    assert cluster.topic_rates.latest(X, "msg_rate_in") == 1.0


@pytest.mark.parametrize("healthy", [True, False])
def test_readiness_is_unknown_until_told_and_again_when_it_is_not_told(store, tell, nouns, healthy):
    tell.broker(0, nouns.page())
    assert store.pulsar_brokers()[0].healthy is None
    tell.cluster(0, "ready", PulsarHealth(P1, healthy, "" if healthy else "starting"), P1)
    assert store.pulsar_brokers()[0].healthy is healthy
    tell.silence(10, "pulsar", P1, "ready")
    assert store.pulsar_brokers()[0].healthy is None


# -- backlog in messages ------------------------------------------------------------------------


def test_entries_become_messages_by_the_topics_own_ratio(store, tell, nouns):
    sub = nouns.subscription(backlog_entries=30)
    tell.broker(0, nouns.page(nouns.topic(X, sub)))
    assert unknown(store.pulsar_topics()[0].backlog_messages)
    tell.cluster(1, "topic", PulsarTopics((nouns.detail(X, 5000, 50, billing=4096),)))
    (row,) = store.pulsar_topics()
    (told,) = row.subscriptions
    assert (row.backlog_messages, told.backlog_messages) == (3000.0, 3000.0)
    assert (told.type, told.backlog_size) == ("Shared", 4096)


def test_each_partition_has_a_ratio_of_its_own_and_an_idle_one_needs_none(store, tell, nouns):
    backlogs = {0: 10, 1: 10, 2: 0}
    topics = [
        nouns.topic(part(n), nouns.subscription(backlog_entries=b)) for n, b in backlogs.items()
    ]
    tell.broker(0, nouns.page(*topics))
    tell.cluster(1, "topic", PulsarTopics((nouns.detail(part(0), 100, 10, billing=5),)))
    assert unknown(store.pulsar_topics()[0].backlog_messages)
    tell.cluster(2, "topic", PulsarTopics((nouns.detail(part(1), 70, 10, billing=7),)))
    (row,) = store.pulsar_topics()
    assert row.backlog_messages == 170.0
    assert row.subscriptions[0].backlog_size == 12


def test_nothing_waiting_is_no_messages_without_asking(store, tell, nouns):
    tell.broker(0, nouns.page(nouns.topic(X, nouns.subscription())))
    (row,) = store.pulsar_topics()
    assert (row.backlog_messages, row.subscriptions[0].backlog_size) == (0.0, 0)


def test_counters_that_began_after_what_waits_say_nothing_of_it(store, tell, nouns):
    tell.broker(0, nouns.page(nouns.topic(X, nouns.subscription(backlog_entries=20))))
    for added, known in ((20, True), (19, False), (0, False)):
        tell.cluster(1, "topic", PulsarTopics((nouns.detail(X, 10 * added, added),)))
        assert unknown(store.pulsar_topics()[0].backlog_messages) is not known


def test_what_was_told_of_a_topic_is_forgotten_with_it(store, tell, nouns):
    sub = nouns.subscription(backlog_entries=2)
    tell.broker(0, nouns.page(nouns.topic(X, sub)))
    tell.cluster(1, "topic", PulsarTopics((nouns.detail(X, 1000, 10),)))
    tell.broker(2, nouns.page())
    assert store.pulsar_topics() == []
    tell.broker(4, nouns.page(nouns.topic(X, sub)))
    assert unknown(store.pulsar_topics()[0].backlog_messages)


# -- what is asked about ------------------------------------------------------------------------


def test_partitions_that_wait_are_wanted_worst_first_and_then_one_of_each_idle_topic(
    store, tell, nouns
):
    def told(name, entries):
        return nouns.topic(name, nouns.subscription(backlog_entries=entries))

    idle = "persistent://t/n/idle"
    topics = [told(part(n), entries) for n, entries in enumerate((0, 5, 9))]
    topics += [told(f"{idle}-partition-{n}", 0) for n in range(3)]
    topics += [told("persistent://t/n/other", 99), nouns.topic("persistent://t/n/unread")]
    tell.broker(0, nouns.page(*topics))
    (cluster,) = store.pulsar
    wanted = cluster.details_due([X, idle, "persistent://t/n/unread"])
    assert wanted[:2] == [part(2), part(1)]
    assert wanted[2:] == [part(0), f"{idle}-partition-0"]


def test_topics_of_a_silent_broker_are_not_asked_about(store, tell, nouns):
    tell.broker(0, nouns.page(nouns.topic(X, nouns.subscription(backlog_entries=1))))
    tell.silence(2, "pulsar", P1, "metrics")
    assert store.pulsar[0].details_due([X]) == []


# -- what is not reached ------------------------------------------------------------------------


def test_which_part_of_a_cluster_is_seen_is_said_until_all_of_it_is(store, tell, nouns):
    tell.cluster(0, "brokers", PulsarBrokers((P1, P2)))
    tell.broker(1, nouns.page(nouns.topic(X)))
    assert store.problems() == []
    tell.silence(2, "pulsar", P2, "metrics")
    told = {problem.what: problem for problem in store.problems()}
    assert "have never reported" in told["seen in part: 1 of 2 brokers"].why
    assert P2 in told["seen in part: 1 of 2 brokers"].why
    tell.broker(3, nouns.page(broker=P2))
    assert store.problems() == []
    # one that told before is known to be there
    tell.silence(4, "pulsar", P2, "metrics")
    assert [problem.what for problem in store.problems()] == ["cannot connect"]
