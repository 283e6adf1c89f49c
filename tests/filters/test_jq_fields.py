"""What of a record a jq program can see, and that no more is left out."""

import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arcwatch.decode import decode
from arcwatch.decode.record import message_json
from arcwatch.filters.jq_fields import fields_seen
from arcwatch.filters.jq_process import jq_process
from tests.filters.test_filter import ORDER, message

# programs of every construct that the fields of a record are followed through, and some others
paths = st.sampled_from(
    [".value", ".key", ".value.total", ".value.items[]", ".headers", ".size", ".nothing", ".reply"]
)
others = st.sampled_from([".", "..", ".[]", "keys", "length", "tostring", "select(.reply)", "[.]"])
terms = st.recursive(
    st.one_of(paths, others, st.sampled_from(["1", '"EU"', "null", "not", "true"])),
    lambda inner: st.one_of(
        st.builds("{} | {}".format, inner, inner),
        st.builds("{}, {}".format, inner, inner),
        st.builds("({}) == ({})".format, inner, inner),
        st.builds("{} and {}".format, inner, inner),
        st.builds("({})".format, inner),
        st.builds("[{}]".format, inner),
        st.builds("select({})".format, inner),
        st.builds("select({}) | {}".format, inner, inner),
        st.builds(".value[{}]".format, inner),
        st.builds("({})[0]".format, inner),
        st.builds("({}) // ({})".format, inner, inner),
        st.builds("any({}; {})".format, inner, inner),
        st.builds("first({})".format, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150)
@given(terms)
@example("select(.key) | keys")
@example("select(.key | not) | keys")
@example(".value[length]")
@example("(select(.key))[]")
@example("select(.key) == .value")
def test_what_is_left_out_of_a_record_no_program_can_see(program):
    fields = fields_seen(program)
    if fields is None:
        return
    whole = message_json(message(), decode(ORDER))
    cut = {name: value for name, value in msgspec.json.decode(whole).items() if name in fields}
    seen = [
        jq_process().ask(f". | {program}", [each])[0] for each in (whole, json.dumps(cut).encode())
    ]
    assert seen[0].kept == seen[1].kept
    assert bool(seen[0].failure) == bool(seen[1].failure)


@pytest.mark.parametrize(
    ("program", "fields"),
    [
        ('.value.total > 10 and .key == "eu"', {"value", "total", "key"}),
        ("select(.size > 3) | .value[] | . > 1", {"size", "value"}),
        (".value | keys", {"value"}),
        (".value | .. | strings", {"value"}),
        (".", None),
        (".. | strings", None),
        (".[]", None),
        (".key | . as $x | $x", None),
        ("select(.key) | keys", None),
        ('."key"', None),
        ("{a: .key}", None),
        ('.key | "\\(.)"', None),
        (".key = 1", None),
        (".key |= 1", None),
        ("length > 3", None),
        (".value[length]", None),
        ("(select(.key))[]", None),
    ],
)
def test_a_record_is_cut_only_where_that_is_certainly_not_seen(program, fields):
    seen = fields_seen(program)
    assert seen == fields
