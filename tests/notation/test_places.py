"""Places that messages live in: what they stand for, and how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import UsageError
from arcwatch.notation.address import AddressError, Stream, Subject, Topic, parse_address
from arcwatch.notation.places import escaped, split_partition, topic_address, unescaped


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("orders.*", True),
        (">", True),
        ("orders", False),
        ("orders*", False),
        ("nats:a>", False),
        ("pulsar:a/b/*", True),
        ("pulsar:a/b/c", False),
    ],
)
def test_knows_whether_it_stands_for_many(text, pattern):
    assert parse_address(text).pattern is pattern


@pytest.mark.parametrize(
    ("text", "topic", "matches"),
    [
        ("pulsar:a/b/*", "persistent://a/b/c", True),
        ("pulsar:a/b/*", "persistent://a/b/c-partition-3", True),
        ("pulsar:a/b/*", "persistent://a/x/c", False),
        ("pulsar:a/b/*", "non-persistent://a/b/c", False),
        ("pulsar:a/b/*", "persistent://a/b/__change_events", False),
        ("pulsar:a/b/__*", "persistent://a/b/__change_events", True),
        ("pulsar:a/b/x*y*z", "persistent://a/b/x1y2z", True),
        ("pulsar:a/b/x*y*z", "persistent://a/b/xyz", True),
        ("pulsar:a/b/x*y*z", "persistent://a/b/xzy", False),
        ("pulsar:a/b/aa*a", "persistent://a/b/aa", False),
        ("pulsar:a/b/*aa*aa*", "persistent://a/b/aaa", False),
        ("pulsar:a/b/*aa*aa*", "persistent://a/b/aaaa", True),
        ("pulsar:a/b/[c].?", "persistent://a/b/[c].?", True),
        ("pulsar:a/b/[c].?", "persistent://a/b/c.d", False),
        ("pulsar:a/b/c", "persistent://a/b/c", True),
        ("pulsar:a/b/c", "persistent://a/b/c-partition-0", True),
        ("pulsar:a/b/c", "persistent://a/b/cc", False),
        ("pulsar:a/b/*-partition-1", "persistent://a/b/c-partition-1", True),
        ("pulsar:a/b/*-partition-1", "persistent://a/b/c-partition-2", False),
        ("pulsar:a/b/*-partition-1", "persistent://a/b/c", False),
        ("pulsar:a/b/c", "a/b/c", False),
    ],
)
def test_knows_which_topics_it_stands_for(text, topic, matches):
    assert parse_address(text).matches(topic) is matches


def test_a_pattern_of_many_stars_is_matched_in_no_time():
    assert not parse_address(f"pulsar:a/b/{'*a' * 200}*b").matches(f"persistent://a/b/{'a' * 9999}")


def test_knows_a_topic_by_its_full_name():
    assert parse_address("pulsar:a/b/c%20d-partition-2").full_name == (
        "persistent://a/b/c d-partition-2"
    )
    assert parse_address("non-persistent://a/b/c").full_name == "non-persistent://a/b/c"


@pytest.mark.parametrize("name", ["a/b/c", "persistent://a/b", "http://a/b/c", "persistent://a//c"])
def test_only_a_full_name_makes_a_topic(name):
    with pytest.raises(AddressError):
        Topic.of(name)


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*"), min_size=1)


brokers_names = names.filter(lambda name: name.strip())


named = st.text("abcABC019-=:._", min_size=1)


@given(named, named, brokers_names, st.booleans(), st.one_of(st.just(""), brokers_names))
def test_whatever_a_broker_calls_a_topic_goes_round(tenant, namespace, name, persistent, sub):
    full = f"{'' if persistent else 'non-'}persistent://{tenant}/{namespace}/{name}"
    topic = Topic.of(full, sub)
    assert parse_address(str(topic)) == topic
    assert topic.full_name == full
    assert not set(str(topic)) & {*map(chr, range(33)), "\x7f"}
    assert topic.matches(full)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n\f./\\*>")))
def test_whatever_a_server_calls_a_stream_goes_round(name):
    for stream in (Stream(f"s{name}", f"a.{name}#%23", f"c{name}"), Stream(name or "s")):
        assert parse_address(str(stream)) == stream


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n\f.>")))
def test_whatever_a_subject_holds_goes_round(name):
    for subject in (f"a.{name}x", f"{name}x.b"):
        assert parse_address(str(Subject(subject))) == Subject(subject)


def test_a_segment_is_part_of_its_scalable_topic():
    segment = "segment://arc/agents/x/0000-7fff-4"
    assert (
        Topic.of(segment)
        == Topic.of("topic://arc/agents/x")
        == parse_address("topic://arc/agents/x")
    )
    assert parse_address("topic://arc/agents/x").matches(segment)
    assert not parse_address("pulsar:arc/agents/x").matches(segment)
    with pytest.raises(AddressError) as told:
        parse_address(segment)
    assert told.value.hint == "write topic://arc/agents/x"


def test_a_scalable_topic_cannot_be_read():
    Topic.of("persistent://arc/agents/x").check_readable()
    with pytest.raises(UsageError, match="cannot read a scalable topic"):
        Topic.of("topic://arc/agents/x").check_readable()


def test_a_number_with_a_leading_zero_is_part_of_the_name():
    assert split_partition("x-partition-10") == ("x", 10)
    for name in ("x-partition-01", "x-partition-", "-partition-1", "x-partition-1234567890"):
        assert split_partition(name) == (name, None)
    assert split_partition("a\nb-partition-0") == ("a\nb", 0)


@pytest.mark.parametrize("name", ["nonsense", "a::nats:b", "persistent://a"])
def test_what_a_broker_calls_a_topic_and_is_none_is_a_text_that_nobody_takes_for_one(name):
    with pytest.raises(AddressError):
        parse_address(topic_address(name))


def test_a_name_that_would_read_as_something_else_has_its_mark():
    assert str(Subject("orders", context="prod")) == "prod::nats:orders"
    assert str(Subject("//h:4222")) == "::nats://h:4222"
    assert str(Subject(":a")) == "::nats::a"


def test_a_star_is_a_letter_where_it_is_not_a_whole_token():
    assert Stream("S", "a*.b").has_literal_star
    assert not Stream("S", "a.*.b").has_literal_star
    assert not Stream("S*").has_literal_star


def test_an_escape_that_a_name_has_of_itself_goes_round():
    for name in ("a b", "a#b", "a%20b", "a%2520", "100%", "a\x7f\t"):
        assert unescaped(escaped(name)) == name
    assert escaped("a%zz") == "a%zz"
