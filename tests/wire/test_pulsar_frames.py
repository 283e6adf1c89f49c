"""Frames of Pulsar's protocol: what is written is read back, and what is cut short is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.wire.pulsar_frames import fields_of, frame, octets, varint

numbers = st.integers(1, 2**29 - 1)
fields = st.lists(st.tuples(numbers, st.integers(0, 2**63) | st.binary(max_size=300)), max_size=5)


def written(pairs):
    return b"".join(
        varint(field, value) if isinstance(value, int) else octets(field, value)
        for field, value in pairs
    )


@given(fields)
def test_fields_are_read_as_they_were_written(pairs):
    assert [*fields_of(written(pairs))] == pairs


@given(st.lists(st.tuples(numbers, st.binary(min_size=1, max_size=300)), min_size=1, max_size=5))
def test_a_field_that_is_cut_short_is_refused(pairs):
    with pytest.raises(IndexError):
        list(fields_of(written(pairs)[:-1]))


@pytest.mark.parametrize("body", [b"\x08", b"\x0d\0\0\0\0", b"\x80" * 12, b"\x08" + b"\xff" * 12])
def test_what_is_no_field_is_refused(body):
    with pytest.raises(IndexError):
        list(fields_of(body))


def test_a_frame_holds_a_command_and_what_follows_it():
    sent = frame(6, varint(1, 3), payload=b"message")
    size, of_command = (int.from_bytes(sent[at : at + 4], "big") for at in (0, 4))
    assert size == len(sent) - 4
    assert dict(fields_of(sent[8 : 8 + of_command])) == {1: 6, 6: varint(1, 3)}
    assert sent[8 + of_command :] == b"message"
