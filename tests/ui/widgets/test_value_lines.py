"""Values as lines that fold, whatever their depth and size."""

import pytest

from arcwatch.ui.widgets.value_lines import AT_FIRST, HexLines, TextLines, ValueLines


def text(lines, width=78):
    return ["".join(piece for piece, _ in lines.pieces(n, width)) for n in range(len(lines))]


def test_a_small_value_is_unfolded_whole():
    lines = ValueLines({"task": {"id": 7, "ok": True}, "tags": ["a", None], "no": {}})
    assert text(lines) == [
        "▾ task  {} 2",
        "    id  7",
        "    ok  true",
        "▾ tags  [] 2",
        '    0  "a"',
        "    1  null",
        "  no  {}",
    ]


def test_a_line_folds_and_unfolds_and_goes_to_what_it_is_in():
    lines = ValueLines({"a": {"b": 1}, "c": 2})
    assert lines.fold(1, folded=True) == 0
    assert lines.fold(0, folded=True) == 0
    assert text(lines) == ['▸ a  {"b":1}', "  c  2"]
    assert lines.fold(0, folded=False) == 0
    assert text(lines) == ["▾ a  {} 1", "    b  1", "  c  2"]
    assert lines.fold(2, folded=False) == 2


def test_what_is_unfolded_again_begins_folded_inside():
    lines = ValueLines({"a": {"b": {"c": 1}}})
    for folded in (True, False):
        lines.fold(0, folded=folded)
    assert text(lines) == ["▾ a  {} 1", '  ▸ b  {"c":1}']


@pytest.mark.parametrize("value", [7, "x", None, [], {}])
def test_a_value_without_members_is_one_line(value):
    assert len(ValueLines(value)) == 1


def test_many_members_are_listed_by_the_hundred_and_these_by_the_hundred():
    lines = ValueLines(list(range(25_000)))
    assert text(lines)[0].startswith("▸ [0 … 9,999]  [0,1,2]")
    lines.fold(0, folded=False)
    assert text(lines)[1].startswith("  ▸ [0 … 99]")
    lines.fold(1, folded=False)
    assert text(lines)[2:5] == ["      0  0", "      1  1", "      2  2"]
    assert lines.value(1) == list(range(100))


def test_a_million_members_and_ten_thousand_levels_can_be_walked():
    wide = ValueLines({f"k{n}": n for n in range(1_000_000)})
    value = 1
    for _ in range(10_000):
        value = {"a": value}
    lines = ValueLines(value)
    for _ in range(500):
        lines.fold(len(lines) - 1, folded=False)
    assert len(text(wide)) <= 100
    assert f"{len(lines) - 1} deep" in text(lines)[-1]


def test_no_more_is_unfolded_at_first_than_fits_a_screen():
    lines = ValueLines({f"k{n}": {f"i{m}": m for m in range(30)} for n in range(30)})
    assert len(lines) <= AT_FIRST


def test_a_long_string_unfolds_into_its_text():
    lines = ValueLines({"note": "ab" * 100})
    assert text(lines, 40)[0].endswith("200 characters")
    lines.fold(0, folded=False)
    assert text(lines)[1] == "    " + "ab" * 40
    assert len(lines) == 4


def test_text_is_broken_at_line_ends_and_at_the_edge_and_bounded():
    assert text(TextLines("a\r\nb\n" + "c" * 25, 20)) == ["a", "b", "c" * 20, "c" * 5]
    assert "5 more characters" in text(TextLines("x" * (TextLines.MOST + 5), 100))[-1]


def test_bytes_are_told_with_their_place_and_their_letters():
    lines = HexLines(b"hello\x1b[2J" + bytes(10))
    assert text(lines) == [
        "00000000  68 65 6c 6c 6f 1b 5b 32  4a 00 00 00 00 00 00 00  hello.[2J.......",
        "00000010  00 00 00                                          ...",
    ]


def test_a_line_knows_where_in_the_value_it_is():
    value = {"a": {"b": [10, {"c d": True}]}, "long": "x" * 200, "e": list(range(300))}
    lines = ValueLines(value)
    for nth in range(len(lines)):
        at = value
        for part in lines.path(nth):
            at = at[part]
        if not isinstance(lines.value(nth), list):
            assert at == lines.value(nth), lines.path(nth)
    assert ("a", "b", 1, "c d") in [lines.path(nth) for nth in range(len(lines))]
    ranges = ValueLines(list(range(300)))
    ranges.fold(1, folded=False)
    assert ranges.path(2) == (100,)
    assert ValueLines("text").path(0) == ()
