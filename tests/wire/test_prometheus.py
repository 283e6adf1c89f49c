"""The Prometheus text format: as written by the book, by Pulsar, and by nobody sane."""

import math
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.wire import prometheus
from arcwatch.wire.prometheus import MAX_LINE, Exposition, LabelReader


def read(*chunks, wanted=("a", "b_total")):
    """The exposition after a whole page, closed."""
    page = Exposition(wanted)
    for chunk in chunks:
        page.feed(chunk)
    page.close()
    return page


def values(page, name="a"):
    """Values by the labels they came with."""
    return {
        tuple(page.labels[number].items()): value for number, value in page.samples[name].items()
    }


def everything(page):
    return page.samples, page.labels, page.lines, page.size, page.skipped


# -- blocks -------------------------------------------------------------------------------------


def test_keeps_the_wanted_names_and_no_other():
    page = read(
        b'# TYPE x gauge\nx 1\n# TYPE a gauge\na{t="1"} 2\na{t="2"} 3\n# TYPE y gauge\ny 4\n'
    )
    assert values(page) == {(("t", "1"),): 2, (("t", "2"),): 3}
    assert page.samples["b_total"] == {}
    assert (page.lines, page.skipped) == (7, 0)


def test_a_name_that_only_begins_like_a_wanted_one_is_another():
    page = read(b'# TYPE a_more gauge\na_more{t="1"} 2\n# TYPE aa gauge\naa 1\n')
    assert values(page) == {}


def test_a_block_may_come_in_parts_be_empty_or_carry_comments():
    page = read(
        b"# HELP a is it\n# TYPE a gauge\na 1\n# TYPE b_total counter\n# TYPE b_total counter\n"
        b'# HELP b\n\nb_total 2\n# TYPE a gauge\n# so\na{t="1"} 3\n# EOF\n'
    )
    assert values(page) == {(): 1, (("t", "1"),): 3}
    assert values(page, "b_total") == {(): 2}
    assert page.skipped == 0


def test_of_duplicate_lines_the_last_one_counts():
    assert values(read(b"# TYPE a gauge\na 1\na 2\n")) == {(): 2}


def test_what_is_no_sample_of_its_block_costs_itself_alone_and_is_counted():
    page = read(b'# TYPE a gauge\na{t="1"} 1\nnot a sample\na{t="2"} two\na{t=3} 3\na{t="4"} 4\n')
    assert values(page) == {(("t", "1"),): 1, (("t", "4"),): 4, (): 3}
    assert page.skipped == 3


def test_a_line_end_in_a_name_loses_that_name_alone():
    page = read(b'# TYPE a gauge\na{t="x\ny"} 1\na{t="z"} 2\n')
    assert values(page) == {(("t", "z"),): 2}
    assert page.skipped == 2


# -- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"0", 0.0),
        (b"1.5E7", 1.5e7),
        (b"-3", -3.0),
        (b"+Inf", math.inf),
        (b"-Inf", -math.inf),
        (b"1e400", math.inf),
        (b"1795454271636 1795454271700", 1795454271636.0),
        (b"7\r", 7.0),
    ],
)
def test_reads_values_and_leaves_out_their_time(text, value):
    assert values(read(b"# TYPE a gauge\na " + text + b"\n")) == {(): value}


def test_reads_not_a_number():
    assert math.isnan(values(read(b"# TYPE a gauge\na NaN\n"))[()])


# -- labels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "labels"),
    [
        pytest.param(b'c="eu",t="x"', {"c": "eu", "t": "x"}, id="plain"),
        pytest.param(b'c="eu", t="x"', {"c": "eu", "t": "x"}, id="a space after the comma"),
        pytest.param(b't="x",', {"t": "x"}, id="a comma at the end"),
        pytest.param(b't=""', {"t": ""}, id="empty"),
        pytest.param(rb't="a\"b\\c\nd"', {"t": 'a"b\\c\nd'}, id="escaped"),
        pytest.param(rb't="a\d"', {"t": "a\\d"}, id="a backslash that escapes nothing"),
        pytest.param(rb't="a\",s="b\"', {"t": "a\\", "s": "b\\"}, id="backslashes at the end"),
        pytest.param(b't="{a} 5, b=c"', {"t": "{a} 5, b=c"}, id="braces and commas"),
        pytest.param(rb't="a\",s=\"b"', {"t": 'a",s="b'}, id="a label inside a value"),
        pytest.param('t="ü€"'.encode(), {"t": "ü€"}, id="UTF-8"),
        pytest.param(b't="\xff"', {"t": "\ufffd"}, id="not UTF-8"),
        pytest.param(b't="\x1b[2J\r\x00"', {"t": "\x1b[2J\r\x00"}, id="control characters"),
        pytest.param(b't="a"b="c"', {"t": 'a"b="c'}, id="quotes that nobody escaped"),
        pytest.param(b't="a",t="b"', {"t": "b"}, id="a name twice"),
        pytest.param(b"t=a", {}, id="no quotes"),
        pytest.param(b't="a', {}, id="no end"),
        pytest.param(b't="a",s="b', {}, id="no end after a good one"),
        pytest.param(b"", {}, id="none"),
    ],
)
def test_reads_labels(raw, labels):
    reader = LabelReader()
    assert reader.read(raw) == labels
    assert reader.read(raw) == labels, "the second time, when what stands around them is known"


def test_labels_of_a_known_shape_are_read_as_the_first_were():
    reader = LabelReader()
    shape = b'c="%s",t="%s"'
    assert reader.read(shape % (b"eu", b"x")) == {"c": "eu", "t": "x"}
    assert reader.read(shape % (b"us", rb"back\\slash")) == {"c": "us", "t": "back\\slash"}
    assert reader.read(shape % (rb"a\"", rb"\"b")) == {"c": 'a"', "t": '"b'}
    assert reader.read(shape % (b"eu\\", b"y\\")) == {"c": "eu\\", "t": "y\\"}


def test_equal_texts_are_one_object():
    one, other = map(LabelReader().read, (b's="billing",t="1"', b's="billing",t="2"'))
    assert one["s"] is not other["t"]
    reader = LabelReader()
    one, other = map(reader.read, (b's="billing",t="1"', b's="billing",t="2"'))
    assert one["s"] is other["s"]


# -- what is not a page -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "what", "why"),
    [
        pytest.param(b"", "no metrics", "empty", id="nothing"),
        pytest.param(b"<html>\n<p>\n", "not metrics", "'<html>", id="a web page"),
        pytest.param(b'{"reason":"no"}\n', "not metrics", "reason", id="JSON"),
        pytest.param(b"# TYPE a gauge\na 1", "metrics cut short", "no end", id="half a line"),
        pytest.param(b"<html>", "metrics cut short", "no end", id="no line at all"),
    ],
)
def test_says_what_is_wrong_with_it(page, what, why):
    with pytest.raises(WireError, match=what) as caught:
        read(page)
    assert why in caught.value.why


@pytest.mark.parametrize("piece", [1 << 16, MAX_LINE, 4 * MAX_LINE])
def test_the_longest_line_is_bounded_however_the_page_is_cut(piece):
    def pieces(length):
        text = b"# TYPE a gauge\n# " + b"x" * (length - 2) + b"\na 1\n"
        return (text[start : start + piece] for start in range(0, len(text), piece))

    assert values(read(*pieces(MAX_LINE))) == {(): 1}
    with pytest.raises(WireError, match="longer than 1 MiB"):
        read(*pieces(MAX_LINE + 1))


def test_a_line_without_end_is_given_up_before_it_fills_the_memory():
    page = Exposition(("a",))
    for _ in range(10):
        page.feed(b"x" * (MAX_LINE // 10))
    with pytest.raises(WireError, match="longer than 1 MiB"):
        page.feed(b"x" * (MAX_LINE // 10))


def test_labels_are_bounded(monkeypatch):
    monkeypatch.setattr(prometheus, "MAX_LABELS", 1000)
    rows = b"".join(b'a{t="%d"} 1\n' % n for n in range(1000))
    with pytest.raises(WireError, match="too many metrics"):
        read(b"# TYPE a gauge\n" + rows)


# -- any cut, any bytes -------------------------------------------------------------------------

PAGE = """\
# HELP a of a
# TYPE x gauge
x{t="1"} 1
# TYPE a gauge
a{c="ü€",t="1\\"2"} 1.5
a{c="ü€", t="a} 5"} NaN
a 1e400
a{t="broken
b_total{t="in the wrong block"} 3
# TYPE b_total counter
b_total{t="\\\\"} 3 1795454271636
# TYPE b_total counter
# TYPE a gauge
a{t=""} -7

# EOF
""".encode()


@given(st.lists(st.integers(0, len(PAGE)), max_size=8).map(sorted))
@example(list(range(len(PAGE))))
def test_where_the_page_is_cut_does_not_matter(cuts):
    pieces = [PAGE[start:end] for start, end in zip([0, *cuts], [*cuts, len(PAGE)], strict=True)]
    assert repr(everything(read(*pieces))) == repr(everything(read(PAGE)))


_WORDS = st.sampled_from(
    [b"# TYPE a gauge\n", b"# TYPE ", b"a", b"{", b"}", b'"', b"\\", b",", b"=", b" ", b"1", b"\n"]
)


@given(st.lists(_WORDS | st.binary(max_size=5), max_size=60).map(b"".join))
def test_any_bytes_are_a_page_or_one_error(body):
    with suppress(WireError):
        page = read(body)
        assert page.lines == body.count(b"\n")
        assert page.size == len(body)
