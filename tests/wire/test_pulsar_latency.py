"""The latencies on a broker's metrics page, which are of its last minute alone."""

from arcwatch.wire.pulsar_metrics import MetricsPage

PAGE = """\
# TYPE pulsar_version_info gauge
pulsar_version_info{cluster="c",version="4.0.8"} 1
# TYPE pulsar_broker_publish_latency summary
pulsar_broker_publish_latency{cluster="c",quantile="0.0"} 0.2
pulsar_broker_publish_latency{cluster="c",quantile="0.5"} 2.1
pulsar_broker_publish_latency{cluster="c",quantile="0.999"} 9.5
pulsar_broker_publish_latency{cluster="c",quantile="1.0"} 12.0
pulsar_broker_publish_latency_count{cluster="c"} 900
pulsar_broker_publish_latency_sum{cluster="c"} 2000
# TYPE pulsar_storage_write_latency_le_5 gauge
pulsar_storage_write_latency_le_5{cluster="c",namespace="a/b",topic="persistent://a/b/x"} 90
pulsar_storage_write_latency_le_5{cluster="c",namespace="a/b",topic="persistent://a/b/y"} 9
# TYPE pulsar_storage_write_latency_overflow gauge
pulsar_storage_write_latency_overflow{cluster="c",namespace="a/b",topic="persistent://a/b/x"} 0
pulsar_storage_write_latency_overflow{cluster="c",namespace="a/b",topic="persistent://a/b/y"} 1
"""


def broker_of(text):
    page = MetricsPage()
    page.feed(text.encode())
    return page.finish("b:8080")


def test_milliseconds_become_seconds_and_the_least_is_no_percentile():
    assert broker_of(PAGE).latencies.publish == ((50.0, 0.0021), (99.9, 0.0095), (100.0, 0.012))


def test_topics_are_summed_by_class_and_the_slowest_is_named():
    told = broker_of(PAGE).latencies
    assert told.writes == (0, 0, 99, 0, 0, 0, 0, 0, 0, 1)
    assert told.slowest == "persistent://a/b/y"


def test_what_else_a_summary_tells_is_no_line_that_could_not_be_read():
    assert broker_of(PAGE).skipped == 0


def test_nothing_published_is_nothing_known(recorded):
    # all of its quantiles are NaN, and all of its classes 0
    told = broker_of(recorded("pulsar-4.0.8/metrics.txt").decode()).latencies
    assert (told.publish, told.writes, told.slowest) == ((), (), "")
