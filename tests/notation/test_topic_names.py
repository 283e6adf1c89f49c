"""What topics' names reveal, and which of them are partitions of one."""

import pytest

from arcwatch.notation.topic_names import base_name, partition_of, topics_of

T = "persistent://a/b/c"


def parts(*numbers, of=T):
    return [f"{of}-partition-{number}" for number in numbers]


def unknown(base):
    return None


def test_partitions_in_a_row_are_one_topic():
    topics, unsure = topics_of(parts(0, 1, 2), unknown)
    assert (set(topics.values()), unsure) == ({T}, set())


@pytest.mark.parametrize(("known", "base"), [(None, T), (True, T), (False, f"{T}-partition-7")])
def test_a_gap_is_asked_about_and_names_stand_alone_only_where_they_are_no_partitions(known, base):
    asked = []
    topics, unsure = topics_of(parts(7), lambda name: (asked.append(name), known)[1])
    assert (set(topics.values()), unsure, asked) == ({base}, {"a/b"}, [T])


def test_a_topic_beside_its_lookalikes_has_no_partitions():
    topics, unsure = topics_of([T, *parts(0)], unknown)
    assert topics == {name: name for name in [T, *parts(0)]}
    assert unsure == set()


def test_segments_belong_to_a_scalable_topic_whatever_their_numbers():
    names = ["segment://a/b/c/0000-7fff-4", "segment://a/b/c/8000-ffff-9"]
    topics, unsure = topics_of(names, unknown)
    assert (set(topics.values()), unsure) == ({"topic://a/b/c"}, set())


@pytest.mark.parametrize("number", ["", "-1", "01", "x", "²", "1" * 10])
def test_what_ends_with_no_number_is_no_partition(number):
    name = f"{T}-partition-{number}"
    assert (partition_of(name), base_name(name)) == (None, name)
