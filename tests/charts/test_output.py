"""Pictures as text, HTML and SVG."""

from xml.etree import ElementTree

from arcwatch.charts.canvas import LOOKS
from arcwatch.charts.output import PAINTS, html, svg, text
from arcwatch.text.control_characters import on_terminal

LINES = [[("<b>", "title"), ("  ", ""), ("⣿⣿", "series-1")], [("x", ""), ("  ", "series-1")]]


def test_text_has_colours_only_where_they_are_wanted():
    assert text(LINES, colour=False) == "<b>  ⣿⣿\nx\n"
    assert text(LINES, colour=True) == "\x1b[1m<b>\x1b[0m  \x1b[36m⣿⣿\x1b[0m\nx\n"


def test_every_look_has_colours_which_a_terminal_is_let_to_have():
    assert set(LOOKS) <= PAINTS.keys()
    every = text([[("x", look) for look in PAINTS]], colour=True)
    assert on_terminal(every) == every


def test_html_is_a_page_in_which_nothing_is_markup():
    page = html(LINES, "</title><script>\x1b")
    document = ElementTree.fromstring(page.replace("<!doctype html>", ""))
    assert "".join(document.find("body/pre").itertext()) == "<b>  ⣿⣿\nx"
    assert document.find("head/title").text == "</title><script>␛"


def test_svg_puts_every_run_into_its_cells():
    document = ElementTree.fromstring(svg(LINES, "a & b"))
    name = "{http://www.w3.org/2000/svg}"
    runs = {run.text: float(run.get("x")) for run in document.iter(f"{name}text")}
    assert runs.keys() == {"<b>", "⣿⣿", "x"}
    assert runs["⣿⣿"] - runs["<b>"] == 5 * 8.4
    assert document.find(f"{name}title").text == "a & b"


def test_nothing_is_a_picture_too():
    assert text([], colour=True) == ""
    ElementTree.fromstring(svg([], ""))
