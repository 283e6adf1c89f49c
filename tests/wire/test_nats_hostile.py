"""Answers no NATS server gives: they cost one sentence that names the place, and nothing else."""

import copy
import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.wire.nats_connz import parse_closed, parse_connz_page, parse_opened
from arcwatch.wire.nats_jetstream import parse_jsz
from arcwatch.wire.nats_monitor import parse_healthz, parse_varz


def parse_health(body, where="/healthz"):
    return parse_healthz(503, body, where)


def parse_one(body, where="/connz"):
    return parse_opened(6, body, where)


PARSERS = {
    "varz": parse_varz,
    "healthz": parse_health,
    "connz": parse_connz_page,
    "jsz": parse_jsz,
    "connz-closed": parse_closed,
    "connz-one": parse_one,
}

everywhere = pytest.mark.parametrize("name", PARSERS)


@everywhere
@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", "an empty answer", id="nothing"),
        pytest.param(b" \n", "an empty answer", id="spaces"),
        pytest.param(b"<html><body>hello", "a web page: <html><body>hello", id="a web page"),
        pytest.param(b'INFO {"server_id":"N"}', "malformed", id="a client port"),
        pytest.param(b"[1, 2]", "got `array`", id="a list"),
        pytest.param(b"null", "got `null`", id="null"),
        pytest.param(b'{"server_id": "N", "now"', "truncated", id="cut off"),
        pytest.param(b"\xff\xfe\x00", "malformed", id="bytes"),
        pytest.param(b'{"status":"\xff","server_id":"\xff"}', "decode byte", id="not UTF-8"),
        pytest.param(b'{"x":' + b"[" * 100_000, "nested too deeply", id="a deep well"),
        pytest.param(b"{}", "missing required field", id="nothing of it"),
    ],
)
def test_anything_else_is_named_with_its_place_and_a_hint(name, body, why):
    with pytest.raises(WireError) as caught:
        PARSERS[name](body, where="http://h:1/x")
    error = caught.value
    assert error.what == "not an answer from NATS monitoring"
    assert (error.where, "8222" in error.hint) == ("http://h:1/x", True)
    assert why in error.why
    assert len(error.why) <= 160


@pytest.mark.parametrize(
    ("name", "steps", "value", "path"),
    [
        ("varz", ("in_msgs",), "many", "$.in_msgs"),
        ("varz", ("in_msgs",), 1.5, "$.in_msgs"),
        ("varz", ("in_msgs",), True, "$.in_msgs"),
        ("varz", ("jetstream", "config", "max_memory"), None, "$.jetstream.config.max_memory"),
        ("connz", ("connections", 3, "cid"), "x", "$.connections[3].cid"),
        ("connz", ("connections", 0, "start"), 5, "$.connections[0].start"),
        ("jsz", ("account_details", 0, "stream_detail", 0, "state", "messages"), [], "messages"),
    ],
)
def test_a_mistyped_field_names_its_path(recorded, name, steps, value, path):
    doc = json.loads(recorded(f"nats-2.15.1/{name}.json"))
    *parents, last = steps
    holder = doc
    for step in parents:
        holder = holder[step]
    holder[last] = value
    with pytest.raises(WireError) as caught:
        PARSERS[name](json.dumps(doc).encode())
    assert path in caught.value.why


@everywhere
def test_a_newer_server_is_no_error(recorded, name):
    body = recorded(f"nats-2.15.1/{name}.json")
    doc = json.loads(body) | {"brand_new": [1, {"a": None}]}
    assert PARSERS[name](json.dumps(doc).encode()) == PARSERS[name](body)


def places(doc, above=()):
    """The steps to every value in ``doc``, all rows of a list but the first left out."""
    items = doc.items() if isinstance(doc, dict) else enumerate(doc[:1])
    for step, value in items:
        yield (*above, step)
        if isinstance(value, dict | list):
            yield from places(value, (*above, step))


GONE = type("Gone", (), {"__repr__": lambda _: "gone"})()


@everywhere
@pytest.mark.parametrize(
    "value", [GONE, None, "", "\x1b[2J", -1, 2**64, 1e308, [], {}, [None], True], ids=repr
)
def test_no_single_wrong_value_fails_in_another_way(recorded, name, value):
    doc = json.loads(recorded(f"nats-2.15.1/{name}.json"))
    for steps in places(doc):
        spoilt = copy.deepcopy(doc)
        holder = spoilt
        for step in steps[:-1]:
            holder = holder[step]
        if value is GONE:
            del holder[steps[-1]]
        else:
            holder[steps[-1]] = value
        with suppress(WireError):
            PARSERS[name](json.dumps(spoilt).encode())


@everywhere
# the fixture reads the same file whatever the example
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_spoilt_bytes_fail_in_another_way(recorded, name, data):
    body = bytearray(recorded(f"nats-2.15.1/{name}.json"))
    spots = st.integers(0, len(body) - 1)
    for spot, byte in data.draw(st.lists(st.tuples(spots, st.integers(0, 255)), max_size=4)):
        body[spot] = byte
    with suppress(WireError):
        PARSERS[name](bytes(body[: data.draw(spots) + 1]))
    with suppress(WireError):
        PARSERS[name](bytes(body))
