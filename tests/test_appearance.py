"""How the screen is wanted: what wins, and what a mistake says."""

import pytest

from arcwatch import appearance
from arcwatch.errors import UsageError


@pytest.fixture
def configured(tmp_path):
    """Writes ``arcwatch.toml`` and gives the environment that points at it."""

    def write(text):
        path = tmp_path / "arcwatch.toml"
        path.write_text(text)
        return {"ARCWATCH_CONFIG": str(path), "TERM": "xterm-256color"}

    return write


def test_without_any_choice_it_is_as_usual(configured):
    look = appearance.load({}, configured(""))
    assert (look.theme, look.glyphs, look.refresh, look.mouse) == (None, "braille", 1.0, True)
    assert look.colour
    assert look.keep == 100_000


def test_a_flag_wins_over_the_file(configured):
    environ = configured('[screen]\ntheme="light"\nglyphs="block"\nrefresh="2s"\nkeep=5000')
    look = appearance.load({"theme": "high-contrast"}, environ)
    assert (look.theme, look.glyphs, look.refresh) == ("high-contrast", "block", 2.0)
    assert [appearance.load({"keep": "1,000"}, environ).keep, look.keep] == [1_000, 5_000]


@pytest.mark.parametrize("term", ["linux", "vt220"])
def test_a_terminal_without_braille_is_drawn_on_with_ascii(configured, term):
    assert appearance.load({}, configured("") | {"TERM": term}).glyphs == "ascii"


def test_no_color_takes_all_colour_out(configured):
    assert not appearance.load({}, configured("") | {"NO_COLOR": "1"}).colour


def test_keys_are_taken_by_the_id_of_what_they_do(configured):
    look = appearance.load({}, configured('[keys]\n"view.nats" = "n"\n'))
    assert look.keys == {"view.nats": "n"}


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ('[screen]\ntheme = "lihgt"', "no theme is called 'lihgt'", "did you mean light?"),
        ('[screen]\nglyph = "block"', "no setting is called `glyph`", "did you mean glyphs?"),
        ('[screen]\nrefresh = "soon"', "cannot use 'soon' as refresh", "write 500ms, 1s, 5s"),
        ('[screen]\nrefresh = "10ms"', "cannot use '10ms' as refresh", "from 0.5 s"),
        ('[screen]\nmouse = "no"', "`mouse` must be true or false", ""),
        ("[screen]\nkeep = 0", "cannot use '0' as keep", "write a number of messages"),
        ("screen = 3", "`screen` must be a table", "write [screen]"),
        ("[keys]\nquit = 7", "`quit` must name a key", 'write "quit" = "n"'),
    ],
)
def test_a_mistake_names_the_file_and_what_is_valid(configured, text, what, hint):
    environ = configured(text)
    with pytest.raises(UsageError) as caught:
        appearance.load({}, environ)
    assert caught.value.what == what
    assert environ["ARCWATCH_CONFIG"] in caught.value.where
    assert hint in caught.value.hint
