"""Protobuf schemas out of the registry: by descriptors, and by numbers of fields."""

import json

import pytest

from arcwatch.decode import decode
from arcwatch.model.message import Schema
from tests.decode.test_protobuf import add, file, known_files, native, sized, tagged


def test_two_topics_may_mean_different_things_by_one_name():
    one, other = file(), file()
    add(one.message_type.add(name="Order"), 1, "a", "INT32")
    add(other.message_type.add(name="Order"), 1, "b", "STRING")
    assert decode(b"\x08\x05", native(one)).value == {"a": 5}
    assert decode(b"\x0a\x01x", native(other)).value == {"b": "x"}
    assert decode(b"\x08\x05", native(one)).value == {"a": 5}


def imposter():
    """``Timestamp`` with other fields than it has."""
    made = file("google/protobuf/timestamp.proto", "google.protobuf")
    add(made.message_type.add(name="Timestamp"), 1, "seconds", "STRING")
    user = file(imports=["google/protobuf/timestamp.proto"])
    add(user.message_type.add(name="Order"), 1, "at", "MESSAGE", of=".google.protobuf.Timestamp")
    return native(user, made)


def test_a_well_known_name_for_something_else_is_an_ordinary_message():
    got = decode(sized(1, sized(1, b"noon")), imposter())
    assert got.value == {"at": {"seconds": "noon"}}


def odd_names():
    made = file()
    message = made.message_type.add(name="Order")
    for number, name in enumerate(("DESCRIPTOR", "ListFields", "self", "from", "__class__"), 1):
        add(message, number, name, "INT32")
    return native(made)


def test_fields_may_be_called_like_pythons_own():
    got = decode(tagged(1, 0, b"\x05") + tagged(5, 0, b"\x06"), odd_names())
    assert got.value == {"DESCRIPTOR": 5, "ListFields": 0, "self": 0, "from": 0, "__class__": 6}


def circle():
    return native(file("a", imports=["b"]), file("b", imports=["a"]))


def chain(length):
    files = [file(f"f{n}", imports=[f"f{n - 1}"] if n else []) for n in range(length)]
    return native(*files)


def misfit(**definition):
    return Schema("PROTOBUF_NATIVE", json.dumps(definition).encode())


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(circle(), id="files that import each other"),
        pytest.param(chain(5_000), id="too many files"),
        pytest.param(chain(900), id="a long chain without the root"),
        pytest.param(native(file(imports=["nobody"])), id="an import that is not there"),
        pytest.param(native(file(), root=""), id="no root"),
        pytest.param(native(file(), file()), id="one name twice"),
        pytest.param(native(known_files()[0], root="google"), id="a package as root"),
        pytest.param(misfit(), id="nothing"),
        pytest.param(misfit(fileDescriptorSet="//8=", rootMessageTypeName="a"), id="no files"),
        pytest.param(misfit(fileDescriptorSet="???", rootMessageTypeName="a"), id="no base64"),
        pytest.param(Schema("PROTOBUF_NATIVE", b""), id="empty"),
        pytest.param(Schema("PROTOBUF_NATIVE", b"[" * 10_000), id="deep"),
        pytest.param(Schema("PROTOBUF_NATIVE", b" " * 2**21), id="large"),
    ],
)
def test_a_descriptor_that_cannot_be_used_is_an_error_that_says_so(hostile):
    got = decode(b"\x08\x01", hostile)
    assert got.encoding == "base64"
    assert "schema" in got.error


def described(*fields):
    rows = [
        {"number": number, "name": name, "type": kind, "label": label, "definition": None}
        for number, name, kind, label in fields
    ]
    info = {"__PARSING_INFO__": json.dumps(rows)}
    return Schema("PROTOBUF", b'{"type":"record","name":"Order"}', 0, info)


def test_outermost_fields_are_told_by_the_numbers_the_registry_has():
    made = described(
        (1, "id", "INT64", "LABEL_OPTIONAL"),
        (2, "ratio", "FLOAT", "LABEL_OPTIONAL"),
        (3, "kind", "ENUM", "LABEL_OPTIONAL"),
        (4, "names", "STRING", "LABEL_REPEATED"),
    )
    body = tagged(1, 0, b"\x07") + tagged(3, 0, b"\x02") + sized(4, b"a") + sized(4, b"b")
    got = decode(body, made)
    assert (got.encoding, got.error) == ("protobuf", None)
    assert got.value == {"id": 7, "kind": 2, "names": ["a", "b"]}
    assert got.schema == "PROTOBUF Order"


def test_messages_without_numbers_stay_base64_and_say_so():
    got = decode(sized(1, b"\x08\x01"), described((1, "line", "MESSAGE", "LABEL_OPTIONAL")))
    assert got.value == {"line": "CAE="}
    assert got.error.endswith("the registry has no numbers for their fields: line")


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"__PARSING_INFO__": "{"},
        {"__PARSING_INFO__": '[{"number": 1, "name": "a", "type": "NOPE"}]'},
        {"__PARSING_INFO__": '[{"number": -1, "name": "a", "type": "INT32"}]'},
        {"__PARSING_INFO__": '[{"number": 1, "name": "a b", "type": "INT32"}]'},
        {"__PARSING_INFO__": '[{"number": 1, "name": "a", "type": "INT32", "label": "X"}]'},
    ],
)
def test_without_usable_numbers_there_is_a_reason(properties):
    got = decode(b"\x08\x01", Schema("PROTOBUF", b"{}", 0, properties))
    assert got.encoding == "base64"
    assert "Protobuf schema" in got.error
