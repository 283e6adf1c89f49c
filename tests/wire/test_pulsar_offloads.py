"""Tiered storage as a broker told of it that had offloaded five ledgers and read them back."""

import pytest

from arcwatch.model.pulsar import OffloadCounts
from arcwatch.wire.pulsar_admin import parse_topic
from arcwatch.wire.pulsar_metrics import MetricsPage

TOPIC = "persistent://public/default/off2"
PAGE = "pulsar-4.0.8/metrics-offload.txt"
LABELS = f'{{cluster="standalone",namespace="public/default",topic="{TOPIC}"}}'


def page(*texts):
    page = MetricsPage()
    for text in texts:
        page.feed(text)
    return page.finish("b:1")


def test_rates_what_was_read_back_and_how_long_that_took(recorded):
    (counts,) = page(recorded(PAGE)).offloads
    assert counts == OffloadCounts(TOPIC, 17_000.0, 29_312.7, 1_758_762.0, 0.0, 0.0, 0.013303)


def test_failures_to_write_are_one_figure_whatever_failed(recorded):
    failures = (
        f"brk_ledgeroffloader_offload_error_total{LABELS} 2\n"
        f"brk_ledgeroffloader_write_storage_error_total{LABELS} 1\n"
        f"brk_ledgeroffloader_read_offload_error_total{LABELS} 4\n"
    )
    (counts,) = page(recorded(PAGE), failures.encode()).offloads
    assert (counts.errors, counts.read_errors) == (3, 4)


def test_what_it_tells_of_a_topic_that_is_not_loaded_loads_none(recorded):
    gone = b'brk_ledgeroffloader_read_bytes_total{topic="persistent://a/b/gone"} 5\n'
    told = page(recorded(PAGE), gone)
    assert [one.topic for one in told.offloads] == [TOPIC, "persistent://a/b/gone"]
    names = {topic.name: topic.offloaded_size for topic in told.topics}
    assert names[TOPIC] == 1_698_762
    assert not any("gone" in name for name in names)


def test_a_page_without_offloading_has_none(recorded):
    assert page(recorded("pulsar-4.0.8/metrics.txt")).offloads == ()


@pytest.mark.parametrize(("written", "known"), [(1796083946863, 1796083946.863), (0, None)])
def test_when_it_last_failed_is_unix_seconds(recorded, written, known):
    stats = b'{"msgInCounter":1,"subscriptions":{},"lastOffloadFailureTimeStamp":%d}' % written
    told = parse_topic(TOPIC, stats, b'{"entriesAddedCounter":1}', "here")
    assert (told.last_offloaded, told.last_offload_failed) == (None, known)
