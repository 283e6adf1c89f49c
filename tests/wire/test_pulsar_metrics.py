"""A broker's page, against what the broker was made to do and against Prometheus' own parser."""

import gc
import math
import re
import tracemalloc
from contextlib import suppress
from random import Random

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from arcwatch.errors import WireError
from arcwatch.wire.pulsar_metrics import MetricsPage

BROKER = "127.0.0.1:8080"
TASK_EVENTS = "persistent://arc/agents/task-events-partition-0"
ODD_NAMES = {'quo"te', "back\\", "brace} 5", 'comma,topic="x"', "ütf-€", "hash#x", "esc\x1b[2J"}

FIELDS = {
    "in_messages": "pulsar_in_messages_total",
    "in_bytes": "pulsar_in_bytes_total",
    "storage_size": "pulsar_storage_size",
    "offloaded_size": "pulsar_storage_offloaded_size",
    "backlog_size": "pulsar_storage_backlog_size",
    "producers": "pulsar_producers_count",
    "consumers": "pulsar_consumers_count",
}
SUBSCRIPTION_FIELDS = {
    "backlog_entries": "pulsar_subscription_back_log",
    "out_messages": "pulsar_out_messages_total",
    "out_bytes": "pulsar_out_bytes_total",
    "unacked_messages": "pulsar_subscription_unacked_messages",
    "consumers": "pulsar_subscription_consumers_count",
    "delayed_messages": "pulsar_subscription_delayed",
    "blocked": "pulsar_subscription_blocked_on_unacked_messages",
    "redeliver_rate": "pulsar_subscription_msg_rate_redeliver",
    "last_consumed": "pulsar_subscription_last_consumed_timestamp",
    "last_acked": "pulsar_subscription_last_acked_timestamp",
}
MOMENTS = {"last_consumed", "last_acked"}


def parse(*chunks):
    page = MetricsPage()
    for chunk in chunks:
        page.feed(chunk)
    return page.finish(BROKER)


def topics(broker):
    return {topic.name: topic for topic in broker.topics}


def subscriptions(topic):
    return {subscription.name: subscription for subscription in topic.subscriptions}


@pytest.fixture(params=["metrics.txt", "metrics-split.txt"])
def page(request, recorded):
    return recorded(f"pulsar-4.0.8/{request.param}")


# -- recorded pages -----------------------------------------------------------------------------


def test_tells_of_the_process(recorded):
    broker = parse(recorded("pulsar-4.0.8/metrics.txt"))
    assert (broker.broker, broker.cluster, broker.version) == (BROKER, "standalone", "4.0.8")
    assert broker.started == pytest.approx(1.795456e9, abs=1e4)
    assert broker.heap_used < broker.heap_max == 512 << 20
    assert broker.direct_used < broker.direct_max == 256 << 20
    assert broker.topic_metrics
    assert broker.skipped == 0


def test_tells_its_own_length(page):
    broker = parse(page)
    assert (broker.lines, broker.size) == (page.count(b"\n"), len(page))


def test_counts_what_was_published_dispatched_and_acked(page):
    """1,000 messages in two batches; ``fast`` acked all of them, ``billing`` took and kept them."""
    parts = [
        topics(parse(page))[f"persistent://arc/agents/task-events-partition-{n}"] for n in (0, 1)
    ]
    assert sum(part.in_messages for part in parts) == 1000
    assert sum(part.out_messages for part in parts) == 2000
    for part in parts:
        billing, fast = subscriptions(part)["billing"], subscriptions(part)["fast"]
        assert (part.producers, part.consumers) == (1, 3)
        assert (billing.backlog_entries, billing.unacked_messages) == (1, part.in_messages)
        assert (fast.backlog_entries, fast.unacked_messages, fast.consumers) == (0, 0, 2)
        assert billing.last_acked is None
        assert fast.last_consumed == pytest.approx(fast.last_acked, abs=5)
        assert part.out_bytes == billing.out_bytes + fast.out_bytes == 2 * part.in_bytes
        assert billing.backlog_size is None, "no metric of this version tells"


def test_agrees_with_the_stats_of_that_moment(recorded):
    stats = msgspec.json.decode(recorded("pulsar-4.0.8/stats.json"))
    topic = topics(parse(recorded("pulsar-4.0.8/metrics.txt")))[TASK_EVENTS]
    assert topic.in_messages == stats["msgInCounter"]
    assert topic.in_bytes == stats["bytesInCounter"]
    assert topic.out_messages == stats["msgOutCounter"]
    assert topic.storage_size == stats["storageSize"]
    assert topic.backlog_size == stats["backlogSize"]
    assert subscriptions(topic).keys() == stats["subscriptions"].keys()
    for name, found in subscriptions(topic).items():
        told = stats["subscriptions"][name]
        assert found.backlog_entries == told["msgBacklog"]
        assert found.out_messages == told["msgOutCounter"]
        assert found.last_consumed == told["lastConsumedTimestamp"] / 1000


def test_knows_readers_non_persistent_and_system_topics(page):
    found = topics(parse(page))
    (reader,) = found["persistent://arc/audit/log"].subscriptions
    assert reader.name.startswith("reader-")
    assert (reader.out_messages, reader.consumers) == (25, 1)
    assert found["non-persistent://arc/agents/pulse"].in_messages == 1
    assert "persistent://arc/agents/__change_events" in found


def test_reads_names_that_pulsar_does_not_escape(page):
    found = topics(parse(page))
    for name in ODD_NAMES:
        assert subscriptions(found[f"persistent://arc/odd/{name}"]).keys() == {name}


def test_a_partition_label_is_part_of_the_name(recorded):
    plain = topics(parse(recorded("pulsar-4.0.8/metrics.txt")))
    split = topics(parse(recorded("pulsar-4.0.8/metrics-split.txt")))
    assert plain.keys() == split.keys()


def test_says_that_a_broker_tells_of_namespaces_alone(recorded):
    broker = parse(recorded("pulsar-4.0.8/metrics-namespaces.txt"))
    assert not broker.topic_metrics
    assert broker.topics == ()
    assert broker.version == "4.0.8"


def test_a_broker_without_topics_may_tell_of_them_later():
    broker = parse(b'# TYPE pulsar_version_info gauge\npulsar_version_info{version="4.0.8"} 1\n')
    assert broker.topic_metrics
    assert broker.topics == ()
    assert (broker.started, broker.heap_max, broker.direct_used) == (None, None, None)


def test_a_proxy_is_told_from_a_broker(recorded):
    with pytest.raises(WireError, match="a Pulsar proxy wrote this"):
        parse(recorded("pulsar-4.0.8/metrics-proxy.txt"))


def test_the_page_of_another_program_is_not_a_broker():
    with pytest.raises(WireError, match="not the metrics of a Pulsar broker") as caught:
        parse(b"# TYPE go_goroutines gauge\ngo_goroutines 7\n")
    assert caught.value.hint


def test_equal_names_are_one_object(page):
    broker = parse(page)
    names = [s.name for t in broker.topics for s in t.subscriptions if s.name == "billing"]
    assert len(names) == 2
    assert len({id(name) for name in names}) == 1


# -- Prometheus' own parser ---------------------------------------------------------------------


def oracle(page):
    """Values by name, topic and subscription; ``None`` is the topic's own."""
    found = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = sample.labels
            if "topic" in labels and "consumer_name" not in labels:
                topic = labels["topic"]
                if labels.get("partition", "-1") != "-1":
                    topic += f"-partition-{labels['partition']}"
                found[sample.name, topic, labels.get("subscription")] = sample.value
    return found


def test_reads_what_prometheus_reads(page):
    # that one cannot read a value that ends in a backslash
    page = b"".join(line for line in page.splitlines(keepends=True) if b'back\\"' not in line)
    told = oracle(page)
    names = {topic for _, topic, _ in told}
    found = topics(parse(page))
    assert found.keys() == names
    for name, topic in found.items():
        for field, metric in FIELDS.items():
            assert getattr(topic, field) == told[metric, name, None], (field, name)
        assert subscriptions(topic).keys() == {s for m, t, s in told if t == name and s is not None}
        for subscription in topic.subscriptions:
            for field, metric in SUBSCRIPTION_FIELDS.items():
                value = told[metric, name, subscription.name]
                if field in MOMENTS:
                    value = value / 1000 or None
                assert getattr(subscription, field) == value, (field, name)


# -- pages that no broker writes ----------------------------------------------------------------


def block(name, *rows):
    return f"# TYPE {name} gauge\n".encode() + b"".join(
        b"%s%s\n" % (name.encode(), row) for row in rows
    )


TOPIC = b'{cluster="c",namespace="t/n",topic="persistent://t/n/x"}'
BILLING = b'{cluster="c",namespace="t/n",topic="persistent://t/n/x",subscription="billing"}'


@pytest.mark.parametrize("value", [b"NaN", b"+Inf", b"-Inf", b"1e400", b"-1e19", b"9" * 400])
def test_no_number_is_no_count(value):
    (topic,) = parse(
        block("pulsar_in_messages_total", TOPIC + b" " + value),
        block("pulsar_subscription_last_acked_timestamp", BILLING + b" " + value),
        block("pulsar_subscription_msg_rate_redeliver", BILLING + b" " + value),
        block("pulsar_storage_size", TOPIC + b" 5"),
    ).topics
    assert math.isnan(topic.in_messages)
    assert topic.storage_size == 5
    (subscription,) = topic.subscriptions
    assert subscription.last_acked is None
    assert math.isnan(subscription.redeliver_rate)


@pytest.mark.parametrize("value", [b"-1", b"-2", b"-3", b"18446744073709551614", b"1e308"])
def test_a_count_that_means_not_set_is_not_known(value):
    (topic,) = parse(
        block("pulsar_subscription_back_log", BILLING + b" " + value),
        block("pulsar_storage_size", TOPIC + b" " + value),
        block("pulsar_subscription_last_acked_timestamp", BILLING + b" " + value),
    ).topics
    assert math.isnan(topic.storage_size)
    assert math.isnan(topic.subscriptions[0].backlog_entries)
    assert topic.subscriptions[0].last_acked is None


def test_a_metric_that_is_not_exposed_is_not_known():
    (topic,) = parse(block("pulsar_subscription_back_log", BILLING + b" 7")).topics
    (subscription,) = topic.subscriptions
    assert (subscription.backlog_entries, subscription.last_consumed) == (7, None)
    unknown = (topic.in_messages, topic.producers, topic.out_messages, subscription.out_messages)
    assert all(map(math.isnan, unknown))


def test_two_spellings_of_the_same_labels_are_one_row():
    spaced = BILLING.replace(b",", b", ")
    broker = parse(
        block("pulsar_subscription_back_log", BILLING + b" 7"),
        block("pulsar_out_messages_total", spaced + b" 9"),
        block("pulsar_in_messages_total", TOPIC + b" 1", TOPIC.replace(b",", b", ") + b" 2"),
    )
    (topic,) = broker.topics
    (subscription,) = topic.subscriptions
    assert (subscription.backlog_entries, subscription.out_messages) == (7, 9)
    assert topic.in_messages == 2


def test_rows_of_consumers_are_no_subscriptions():
    consumer = BILLING[:-1] + b',consumer_name="billing-1",consumer_id="0"}'
    (topic,) = parse(
        block("pulsar_out_messages_total", BILLING + b" 9", consumer + b" 4", consumer + b" 5")
    ).topics
    assert topic.out_messages == topic.subscriptions[0].out_messages == 9


def test_a_machine_without_a_limit_has_none():
    broker = parse(
        block("pulsar_version_info", b'{version="4.0.8"} 1'),
        block("jvm_memory_bytes_max", b'{area="heap"} -1.0', b'{area="nonheap"} 5.0'),
        block("jvm_memory_direct_bytes_max", b"{} -1.0"),
        block("jvm_memory_direct_bytes_used", b"{} 7.0"),
    )
    assert (broker.heap_max, broker.direct_max, broker.direct_used) == (None, None, 7)


def test_a_name_of_ten_thousand_characters_is_kept_whole():
    name = "x\x1b]0;" + "é" * 10_000
    row = TOPIC.replace(b"persistent://t/n/x", name.encode()) + b" 1"
    (topic,) = parse(block("pulsar_in_messages_total", row)).topics
    assert topic.name == name


def test_a_name_with_a_line_end_is_missing_and_said_to_be():
    """What 4.0.8 writes for a topic ``a<line end>b``."""
    broken = b'{cluster="c",namespace="t/n",topic="persistent://t/n/a\nb"} 1'
    broker = parse(block("pulsar_in_messages_total", broken, TOPIC + b" 2"))
    assert [topic.in_messages for topic in broker.topics] == [2]
    assert broker.skipped == 2


def test_a_name_cannot_pretend_to_be_another_topic():
    """Quotes are escaped, so that labels written into a name are not labels."""
    forged = rb'{cluster="c",namespace="t/n",topic="a' + b"\npulsar_in_messages_total"
    forged += TOPIC.replace(b'"', b'\\"') + b' 666 \\"} 1'
    broker = parse(block("pulsar_in_messages_total", forged, TOPIC + b" 2"))
    assert [(topic.name, topic.in_messages) for topic in broker.topics] == [
        ("persistent://t/n/x", 2)
    ]
    assert broker.skipped == 2


def test_a_model_can_be_stored_whatever_the_numbers(page):
    for absurd in (b" 1e300\n", b" -9223372036854775807\n", b" NaN\n"):
        changed = b"".join(
            line if line.startswith(b"#") else line.rpartition(b" ")[0] + absurd
            for line in page.splitlines(keepends=True)
        )
        broker = parse(changed)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(broker))["topics"]
        assert not any(math.isinf(s.redeliver_rate) for t in broker.topics for s in t.subscriptions)


# -- the same page in another shape ---------------------------------------------------------------

BY_TOPIC = b"".join(
    [
        b'# TYPE pulsar_version_info gauge\npulsar_version_info{version="2.10.0"} 1.0\n',
        *(
            line
            for name, base in (("alpha", 1), ("bravo", 100))
            for metric, value in (
                ("pulsar_storage_size", 50 * base),
                ("pulsar_in_messages_total", 7 * base),
                ("pulsar_subscription_back_log", 9 * base),
                ("pulsar_out_messages_total", 2 * base),
            )
            for line in (
                *([f"# TYPE {metric} gauge\n".encode()] if name == "alpha" else ()),
                f'{metric}{{topic="persistent://t/n/{name}"'.encode()
                + (b',subscription="s"' if "sub" in metric or "out" in metric else b"")
                + b"} %d 1650000000000\n" % value,
            )
        ),
    ]
)
"""Each TYPE once, then topic by topic, as brokers up to 2.9.3 and 2.10.1 write it."""


def test_topics_whose_lines_are_not_grouped_have_their_figures():
    alpha, bravo = topics(parse(BY_TOPIC)).values()
    for topic, base in ((alpha, 1), (bravo, 100)):
        assert (topic.storage_size, topic.in_messages, topic.out_messages) == (
            *(50 * base, 7 * base, 2 * base),
        )
        assert topic.subscriptions[0].backlog_entries == 9 * base


def in_any_order(broker):
    """A broker as it is whatever the order of its page; without the page's own figures."""
    rows = [
        replace(topic, subscriptions=tuple(sorted(topic.subscriptions, key=lambda s: s.name)))
        for topic in broker.topics
    ]
    rows.sort(key=lambda topic: topic.name)
    return replace(broker, topics=tuple(rows), lines=0, size=0)


def without_types(lines, random):
    return [line for line in lines if not line.startswith(b"#")]


def shuffled(lines, random):
    # a page begins with anything but half a line: that is how another document is recognised
    return random.sample(lines, len(lines))


def sorted_by_a_proxy(lines, random):
    return sorted(lines)


def by_topic(lines, random):
    return sorted(lines, key=lambda line: line.partition(b'topic="')[2])


def with_help(lines, random):
    added = (b'# HELP %s of it {a="b"} 5' % line.split()[2] for line in lines if line[:1] == b"#")
    return [
        part for line in lines for part in ((next(added), line) if line[:1] == b"#" else (line,))
    ]


def with_exemplars(lines, random):
    return [
        line if line[:1] == b"#" else line + b' # {trace_id="x} 5 # {y",span="1"} 0.67 1650000000.5'
        for line in lines
    ]


def with_times(lines, random):
    return [line if line[:1] == b"#" else line + b" 1650000000000" for line in lines]


def with_other_blanks(lines, random):
    return [
        line
        if line[:1] == b"#"
        else b"  "
        + re.sub(rb"\{(.*)\} ", rb" { \1 , }\t ", line).replace(b'="', b' = "', 1)
        + b" \t"
        for line in lines
    ]


def with_returns(lines, random):
    return [line + b"\r" for line in lines]


def with_blank_lines(lines, random):
    return [part for line in lines for part in (line, b"")]


def twice(lines, random):
    return lines + lines


WORDS = [with_help, with_exemplars, with_times, with_other_blanks, with_returns, with_blank_lines]
ORDERS = [without_types, shuffled, sorted_by_a_proxy, by_topic, twice]


@pytest.mark.parametrize("shape", WORDS + ORDERS)
def test_a_page_in_any_legal_shape_gives_the_same_figures(page, shape):
    lines = shape(page.splitlines(), Random(7))
    broker = parse(b"\n".join(lines) + b"\n")
    assert broker.skipped == 0
    assert repr(in_any_order(broker)) == repr(in_any_order(parse(page)))


SMALL_AND_SOUND = (
    block("pulsar_version_info", b'{cluster="c",version="4.0.8"} 1.0')
    + block("pulsar_in_messages_total", TOPIC + b" 3", rb'{topic="q\""} 4', rb'{topic="b\\"} 5')
    + block("go_unwanted", b" 1", b'{topic="z"} 9')
    + block("pulsar_subscription_back_log", BILLING + b" 3")
    + block("pulsar_out_messages_total", BILLING + b" 8")
)


@given(st.sampled_from(WORDS), st.sampled_from(ORDERS), st.integers(0, 2**32))
def test_shapes_may_come_together(words, order, seed):
    lines = order(words(SMALL_AND_SOUND.splitlines(), None), Random(seed))
    broker = parse(b"\n".join(lines) + b"\n")
    assert broker.skipped == 0
    assert repr(in_any_order(broker)) == repr(in_any_order(parse(SMALL_AND_SOUND)))


def test_a_name_with_an_escaped_quote_at_its_end_is_read():
    """What ``x"`` is written as, beside names of the same labels without any."""
    odd = TOPIC.replace(b"n/x", rb"n/x\"")
    broker = parse(block("pulsar_in_messages_total", TOPIC + b" 1", odd + b" 2"))
    found = {name: topic.in_messages for name, topic in topics(broker).items()}
    assert found == {"persistent://t/n/x": 1, 'persistent://t/n/x"': 2}


def test_half_a_name_cannot_bring_a_line_of_its_own_into_another_block():
    forged = b'{topic="a\nprocess_start_time_seconds 5 # {"} 1'
    broker = parse(
        block("process_start_time_seconds", b" 1000"),
        block("pulsar_in_messages_total", forged, TOPIC + b" 2"),
        block("pulsar_uninteresting", forged),
    )
    assert broker.started == 1000
    assert broker.skipped == 3


# -- any cut, any bytes -------------------------------------------------------------------------

SMALL = (
    block("pulsar_version_info", b'{cluster="c",version="4.0.8"} 1.0')
    + block("pulsar_in_messages_total", TOPIC + b" 3", '{topic="é\\"} 5"} 1'.encode())
    + block("go_unwanted", b" 1")
    + block("pulsar_subscription_back_log", BILLING + b" 3", BILLING[:-1])
    + block("pulsar_subscription_last_acked_timestamp", BILLING + b" 1795454271636")
)


@given(st.lists(st.integers(0, len(SMALL)), max_size=8).map(sorted))
@example(list(range(len(SMALL))))
def test_where_the_page_is_cut_does_not_matter(cuts):
    ends = [*cuts, len(SMALL)]
    pieces = [SMALL[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
    assert repr(parse(*pieces)) == repr(parse(SMALL))


@pytest.mark.parametrize("size", [17, 255, 4096, 65_537])
def test_nor_does_it_on_a_recorded_page(page, size):
    assert parse(*(page[at : at + size] for at in range(0, len(page), size))) == parse(page)


@given(st.integers(0, len(SMALL)), st.integers(0, 40), st.binary(max_size=40))
def test_a_page_damaged_anywhere_is_a_broker_or_one_error(at, length, instead):
    with suppress(WireError):
        broker = parse(SMALL[:at] + instead + SMALL[at + length :])
        msgspec.msgpack.encode(broker)


def test_a_topic_costs_less_than_a_kilobyte():
    rows = [BILLING.replace(b"n/x", b"n/orders-partition-%d" % n) for n in range(3000)]
    own = [row.replace(b',subscription="billing"', b"") for row in rows]
    page = b"".join(
        [
            *(block(name, *(row + b" 1000" for row in own)) for name in FIELDS.values()),
            *(
                block(name, *(row + b" 1000" for row in rows))
                for name in SUBSCRIPTION_FIELDS.values()
            ),
        ]
    )
    tracemalloc.start()
    try:
        broker = parse(page)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(broker.topics) == 3000
    assert held / 3000 < 1000
