"""Functions as a real worker told of them: one that fails each message, one that does not run."""

from pathlib import Path

from arcwatch.wire.pulsar_functions import parse_assignments, parse_function
from arcwatch.wire.pulsar_metrics import MetricsPage

DATA = Path(__file__).parent.parent / "data" / "pulsar-4.0.8"
WORDS, LOUD = "persistent://public/default/words", "persistent://public/default/loud"
WORKER = "c-standalone-fw-127.0.0.1-31766"


def told(status):
    about = (DATA / "function.json").read_bytes()
    return parse_function("function", "a/b/c", about, (DATA / status).read_bytes(), "here")


def test_the_latest_exception_is_told_of_one_that_runs():
    one = told("function-status.json")
    assert (one.inputs, one.output) == ((WORDS,), LOUD)
    assert (one.instances, one.running, one.restarts, one.workers) == (1, 1, 0, (WORKER,))
    assert one.why == "[java.lang.RuntimeException]: This wont work"
    assert 1796072280.0 < one.failed_at < 1796072281.0


def test_of_one_that_does_not_run_it_is_told_why():
    one = told("function-status-down.json")
    assert (one.instances, one.running, one.failed_at) == (1, 0, None)
    assert one.why == "java.lang.RuntimeException: User class must be in class path"


def test_a_sink_and_a_source_name_their_topics_and_exceptions_differently():
    status = (
        b'{"numInstances":2,"numRunning":2,"instances":[{"status":{"running":true,'
        b'"latestSinkExceptions":[{"exceptionString":"late","timestampMs":5000}],'
        b'"latestSystemExceptions":[{"exceptionString":"early","timestampMs":4000}]}}]}'
    )
    sink = parse_function("sink", "a/b/c", b'{"inputs":["t"]}', status, "here")
    assert (sink.inputs, sink.why, sink.failed_at) == (("t",), "late", 5.0)
    source = parse_function("source", "a/b/c", b'{"topicName":"t"}', b"{}", "here")
    assert (source.output, source.why, source.instances) == ("t", "", 0)


def test_every_function_is_assigned_once():
    names = parse_assignments((DATA / "assignments.json").read_bytes(), "here")
    assert names == tuple(
        f"public/default/{name}" for name in ("always", "exclaim", "failing", "py")
    )


def test_instances_are_counted_on_the_page_of_the_broker_that_runs_them():
    page = MetricsPage()
    page.feed((DATA / "metrics-functions.txt").read_bytes())
    told = page.finish("b:1")
    found = {one.name: one for one in told.functions}
    assert told.functions_known == 4
    assert set(found) == {f"public/default/{name}" for name in ("always", "exclaim", "failing")}
    good, bad = found["public/default/exclaim"], found["public/default/failing"]
    assert (good.kind, good.instance, good.received, good.processed) == ("function", "0", 100, 100)
    assert (good.failed, good.latency_count) == (0, 100)
    assert 0.0028 < good.latency < 0.0029
    assert good.last_invoked == 1796072280.212
    assert (bad.received, bad.processed, bad.failed) == (100, 0, 100)


def test_what_is_no_count_is_not_known():
    status = b'{"numInstances":-1,"numRunning":-1,"instances":[{"status":{"numRestarts":-1}}]}'
    one = parse_function("sink", "a/b/c", b"{}", status, "here")
    assert (one.instances, one.running, one.restarts) == (None, None, None)
