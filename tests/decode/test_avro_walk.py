"""Bodies that must not end the process, or fill its memory."""

import pytest

from arcwatch.decode import decode
from arcwatch.decode.bounds import MAX_DEPTH, MAX_VALUES
from tests.decode.test_avro import long, record, schema

TREE = record(("next", ["null", "Tree"]), name="Tree")


def test_a_recursive_schema_is_read_as_deep_as_is_allowed():
    got = decode(b"\x02" * (MAX_DEPTH - 2) + b"\0", schema(TREE))
    assert got.encoding == "avro"


@pytest.mark.parametrize("levels", [MAX_DEPTH, 5_000, 1_000_000])
def test_a_body_that_recurses_without_end_is_not_read(levels):
    body = b"\x02" * levels + b"\0"
    got = decode(body, schema(TREE))
    assert (got.encoding, got.error) == ("base64", "nested more than 100 deep")


@pytest.mark.parametrize("branch", [-1, 7])
def test_a_branch_that_a_union_lacks_is_an_error(branch):
    got = decode(long(branch) + b"\0", schema(TREE))
    assert got.error == f"not what its Avro schema says: branch {branch} of a union of 2"


@pytest.mark.parametrize(
    "item",
    [
        "null",
        record(name="Empty"),
        {"type": "fixed", "name": "None", "size": 0},
        record(*((f"f{n}", "null") for n in range(50)), ("one", "boolean"), name="Wide"),
    ],
)
def test_a_few_bytes_may_not_claim_millions_of_items(item):
    definition = {"type": "array", "items": item}
    got = decode(long(5_000_000) + b"\0" * 50_000, schema(definition))
    assert (got.encoding, got.error) == ("base64", f"more than {MAX_VALUES:,} values")


def test_records_that_double_each_other_may_not_grow_without_end():
    fields = [("r0", record(name="R0"))]
    fields += [
        (f"r{n}", record(*((f"x{i}", f"R{n - 1}") for i in range(4)), name=f"R{n}"))
        for n in range(1, 30)
    ]
    got = decode(b"\0", schema(record(*fields, name="Laugh")))
    assert (got.encoding, got.error) == ("base64", f"more than {MAX_VALUES:,} values")


def test_definitions_that_refer_to_each_other_may_not_nest_without_end():
    fields = [("r0", record(name="R0"))]
    fields += [(f"r{n}", record(("x", f"R{n - 1}"), name=f"R{n}")) for n in range(1, 3_000)]
    got = decode(b"\0", schema(record(*fields, name="Chain")))
    assert (got.encoding, got.error) == ("base64", "nested more than 100 deep")
