"""Filters: what words, expressions and jq programs keep, their mistakes, and their bounds."""

import gzip
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from arcwatch.decode import decode
from arcwatch.filters.filter import Filter, FilterError, FilterFailure, parse_filter, parse_filters
from arcwatch.model.message import Decoded, Message, Schema

AT = 1_762_682_400_012_345_678
ORDER = b'{"total": 12, "state": "Done", "items": [1, 2], "agent": "agent-07"}'


def message(body=ORDER, **given):
    fields = {"key": "EU", "subject": "orders.eu", "headers": (("Trace-Id", "abc"), ("a", "b"))}
    return Message("nats", "nats:orders.eu", AT, len(body), body, **(fields | given))


def keeps(text, body=ORDER, **given):
    wanted = message(body, **given)
    return parse_filter(text).keeps(wanted, lambda: decode(wanted.body))


def undecoded():
    raise AssertionError("decoded")


def test_what_depends_on_an_unknown_due_time_cannot_be_judged():
    def delayed(**given):
        return Message("pulsar", "pulsar:a/b/c", AT, 1, b"1", **given), lambda: decode(b"1")

    candidates = [
        delayed(id="1:2:-1", deliver_at=AT),
        delayed(id="1:3:-1", deliver_at=0),
        delayed(id="1:4:-1:0"),
        delayed(id="1:5:-1"),
    ]
    *known, unknown = parse_filter(".deliver_at != null").sift(candidates)
    assert known == [True, False, False]
    assert "origin of the message is not known" in unknown.headline
    assert parse_filters([".key", ".deliver_at"]).needs_lookup
    assert not parse_filters([".key", "deliver_at"]).needs_lookup


# -- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True),
        ("done", True),
        ("DONE agent-07", True),
        ("done missing", False),
        ("eu", True),
        ("orders.eu", True),
        ("trace-id", True),
        ("ABC", True),
        ("abc orders 12", True),
        ('"total": 13', False),
        ("\\.eu", True),
        ("\\.us", False),
        ("\\/eu", False),
        ("\\\\", False),
        ("nats:orders", False),
    ],
)
def test_words_occur_in_key_subject_headers_or_value_in_any_case(text, kept):
    assert keeps(text) is kept


def test_words_do_not_run_from_one_part_into_the_next():
    assert not keeps("euorders", key="eu", subject="orders")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        pytest.param("straße", b'{"a": "STRASSE"}', id="letters that fold"),
        pytest.param("café", b'{"a": "caf\\u00E9"}', id="an escape in JSON"),
        pytest.param("bell", b"\x81\xa4Bell\xc2", id="MessagePack"),
        pytest.param("tail", b"\xfftail", id="bytes nobody can read"),
        pytest.param("x^2", b"x^2 + 1", id="text that begins like zlib"),
    ],
)
def test_words_are_found_in_what_a_reader_sees(text, body):
    assert keeps(text, body)
    assert not keeps("nowhere", body)


def test_words_are_found_in_a_packed_body():
    assert keeps("done", gzip.compress(ORDER))


@pytest.mark.parametrize("body", [b'\x04"M\x18 by chance', b"x\x01 by chance", b"\x1f\xc2\x8b"])
def test_what_may_be_packed_is_not_taken_for_text(body):
    packed = Decoded("text", "inside", body=b"inside", compression="lz4")
    for text in ("inside", "/inside/"):
        assert parse_filter(text).keeps(message(body), lambda: packed)


@pytest.mark.parametrize("body", [b"\x00\x00\x00*", b"[12]", b"1234", b'{"a"'])
def test_words_are_found_in_what_a_schema_says(body):
    wanted = message(body, schema_version=0)
    number = decode(body, Schema("INT32", version=0))
    assert parse_filter(str(int.from_bytes(body, "big"))).keeps(wanted, lambda: number)


@pytest.mark.parametrize("text", ["done", "/Done/"])
@pytest.mark.parametrize("body", [ORDER, b"all Done"])
def test_text_is_searched_without_being_decoded(text, body):
    assert parse_filter(text).keeps(message(body), undecoded)
    if body is ORDER:
        assert parse_filter(text).keeps(message(body, schema_version=7), undecoded)


# -- regular expressions ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/agent-0[1-8]/", True),
        ("/AGENT/", False),
        ("/(?i)AGENT/", True),
        ("/^orders/", True),
        ("/^EU$/", True),
        ("/^Trace-Id: abc$/", True),
        (r"/orders\.us/", False),
        ('/"total": \\d+,/', True),
        ("//", True),
        (" /Done/ ", True),
    ],
)
def test_an_expression_is_found_in_any_part(text, kept):
    assert keeps(text) is kept


def test_an_expression_reads_utf_8_and_passes_over_what_is_none():
    assert keeps("/caf.$/", "café".encode())
    assert keeps("/t.il/", b"\xfft\xc3\xa9il\xff")


def test_no_expression_takes_for_ever():
    began = time.process_time()
    assert not keeps("/(a+)+$/", b"a" * 1_000_000 + b"b")
    with pytest.raises(FilterFailure, match="searched to byte"):
        keeps("/(a|b)*a(a|b){900}c/", b"ab" * 250_000)
    assert time.process_time() - began < 10


# -- jq ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('.value.total > 10 and .key == "EU"', True),
        ('.value.total > 10 and .key == "eu"', False),
        (".value.missing", False),
        (".value.items[]", True),
        (".value.items[] | . > 1", True),
        (".value.items[] | . > 2", False),
        ("., error", True),
        (".reply", False),
        (".reply, .key", True),
        ('.headers["Trace-Id"][0] == "abc"', True),
        ('.received_time | startswith("2025-11-09T10:00:00.012345Z")', True),
        (". | keys | length == 24", True),
        ('.. | strings | select(test("agent"))', True),
        ('.encoding == "json" and .schema == null and .compression == null', True),
        (".size == 68", True),
        ('.source == "nats" and .address == "nats:orders.eu" and .subject == "orders.eu"', True),
        (".value.total # a remark", True),
    ],
)
def test_a_program_runs_on_the_record_and_any_truthy_output_keeps(text, kept):
    assert keeps(text) is kept


def test_a_program_that_sees_no_value_needs_none_decoded():
    assert parse_filter('.key == "EU"').keeps(message(b"\xff"), undecoded)


def test_a_value_is_compared_with_all_its_digits():
    assert (
        keeps('.value | tostring == "100000000000000000001"', b"[100000000000000000001]") is False
    )
    assert keeps('.value[0] | tojson == "100000000000000000001"', b"[100000000000000000001]")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (".value.items.x", "Cannot index array"),
        ('.value.total | test("x")', "cannot be matched"),
        ('. | error("mine")', "mine"),
        (". | input", ""),
    ],
)
def test_what_cannot_be_evaluated_says_why_and_the_next_is_not_harmed(text, reason):
    program = parse_filter(text)
    odd, good = message(), message(b'{"items": {"x": 1}, "total": "x"}')
    verdicts = program.sift([(each, lambda e=each: decode(e.body)) for each in (odd, good, odd)])
    assert isinstance(verdicts[0], FilterFailure)
    assert reason in verdicts[0].what
    assert repr(verdicts[2]) == repr(verdicts[0])
    with pytest.raises(FilterFailure):
        program.keeps(odd, lambda: decode(odd.body))


def test_however_many_cannot_be_evaluated_each_says_so():
    verdicts = parse_filter(".key.x").sift([(message(), undecoded)] * 20)
    assert [isinstance(verdict, FilterFailure) for verdict in verdicts] == [True] * 20


# -- several ----------------------------------------------------------------------------------


def test_several_filters_all_have_to_keep_and_the_quick_ones_decide_first():
    both = parse_filters([".value.total > 10", "done"])
    assert both.text == ".value.total > 10 and done"
    candidates = [
        (message(), lambda: decode(ORDER)),
        (message(b"nothing of the kind"), undecoded),
        (message(b'{"total": 9, "state": "done"}'), lambda: decode(b'{"total": 9}')),
        (message(b'"done"'), lambda: decode(b'"done"')),
    ]
    kept = both.sift(candidates)
    assert kept[:3] == [True, False, False]
    assert isinstance(kept[3], FilterFailure)
    assert both.keeps(*candidates[0])


def test_no_filter_at_all_keeps_everything():
    for none in (parse_filters([]), parse_filter("  ")):
        assert none.sift([(message(), undecoded)]) == [True]
    assert parse_filters(["done"]).text == "done"


# -- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        (".value.total >", 13, "unexpected end"),
        (".[", 1, "unexpected end"),
        (".a) | (.b", 2, "unexpected"),
        ("  . | nonsense", 6, "nonsense/0 is not defined"),
        (".\n| é", 4, "unexpected"),
        ('."é" | nonsense', 7, "nonsense/0"),
        (".a\0", 2, "no such character"),
        (".a\ud800", 2, "no such character"),
        ("/a", 2, "closing /"),
        ("/", 1, "closing /"),
        ("/a/ b", 5, "closing /"),
        ("/a(b/", 2, "missing )"),
        ("/é[b/", 2, "missing ]"),
        ("/a**b/", 3, "repetition"),
        ("/(?=a)/", 1, "invalid perl operator"),
        (r"/(a)\1/", 4, "invalid escape"),
        ("/a{2000}/", 2, "repetition size"),
        ("/\ud800/", 1, "half a character"),
        ("x" * 10_001, 10_000, "longer"),
    ],
)
def test_says_what_is_no_filter_and_where(text, at, why):
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert (caught.value.at, caught.value.text) == (at, text)
    assert why in caught.value.why


# -- properties -------------------------------------------------------------------------------

few = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
pieces = st.sampled_from([".", "/", "\\", "(", ")", "[", "]", "*", "+", "{9}", "|", '"', "a", "é"])
anything = st.one_of(st.text(), st.lists(pieces, max_size=8).map("".join))


@few
@given(anything)
@example("." * 5_000)
@example(".a" + "[" * 5_000)
@example("/" + "(" * 5_000 + "/")
def test_any_text_is_a_filter_or_a_mistake_with_a_place(text):
    try:
        parse_filter(text)
    except FilterError as mistake:
        place = mistake.at
        assert 0 <= place <= len(text)


@few
@given(st.binary(), st.text(), st.text(), st.text())
def test_words_keep_any_message_that_has_them(body, key, header, word):
    given = message(body, key=key, headers=((header, word),))
    kept = Filter() if not word.split() else parse_filter(f"\\\\{word}")
    assert kept.keeps(given, lambda: decode(body)) in (True, False)
    if word.split() and not word.strip().startswith(("\\", "/", ".")):
        assert parse_filter(word).keeps(given, lambda: decode(body))
