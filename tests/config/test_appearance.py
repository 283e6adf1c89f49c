"""How the screen is wanted: what wins, and what a mistake says."""

import pytest

from arcwatch.cli import run
from arcwatch.config import appearance
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


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("theme", "nonsense"),
        ("theme", ""),
        ("glyphs", "box"),
        ("refresh", "soon"),
        ("refresh", "inf"),
        ("keep", "1e9"),
    ],
)
def test_a_flag_that_cannot_be_used_is_blamed_and_not_the_file(configured, flag, value):
    environ = configured('[screen]\ntheme="light"\nglyphs="block"\nrefresh="2s"\nkeep=5000')
    with pytest.raises(UsageError) as caught:
        appearance.load({flag: value}, environ)
    assert caught.value.where == f"--{flag}"


@pytest.mark.parametrize("verb", ["demo", "dashboard"])
@pytest.mark.parametrize(
    ("argv", "toml", "what"),
    [
        (["--theme", "nonsense"], "", "no theme is called 'nonsense' (--theme)"),
        (["--refresh", "soon"], "", "cannot use 'soon' as refresh (--refresh)"),
        ([], "[screen]\nglyphs = 7", "no glyphs is called '7' (screen in "),
    ],
)
def test_a_mistake_is_told_before_anything_is_started(
    configured, monkeypatch, capsys, verb, argv, toml, what
):
    def started(*args, **kwargs):
        raise AssertionError("started")

    monkeypatch.setenv("ARCWATCH_CONFIG", configured(toml)["ARCWATCH_CONFIG"])
    monkeypatch.setattr("arcwatch.stack.local.start", started)
    monkeypatch.setattr("arcwatch.commands.dashboard.check_terminal", lambda: None)
    assert run([verb, *argv]) == 2
    assert what in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "value", "why"),
    [
        ("--theme", "lihgt", "no theme is called 'lihgt' (--theme)"),
        ("--glyphs", "dots", "no glyphs is called 'dots' (--glyphs)"),
        ("--refresh", "0", "cannot use '0' as refresh (--refresh)"),
        ("--keep", "none", "cannot use 'none' as keep (--keep)"),
    ],
)
@pytest.mark.parametrize(
    "verb", [["status"], ["tail", "orders"], ["history", "js:A"], ["top", "--once"]]
)
def test_a_mistake_is_told_by_verbs_without_a_screen_too(capsys, verb, flag, value, why):
    assert run([flag, value, *verb]) == 2
    assert why in capsys.readouterr().err


def test_a_wrong_alert_rule_is_told_before_the_demo_starts(configured, monkeypatch, capsys):
    monkeypatch.setenv("ARCWATCH_CONFIG", configured("[alerts]\nbell = 3")["ARCWATCH_CONFIG"])
    monkeypatch.setattr("arcwatch.stack.local.start", None)
    assert run(["demo"]) == 2
    assert "`bell` must be true or false" in capsys.readouterr().err


def test_a_number_of_thousands_of_digits_is_a_mistake():
    with pytest.raises(UsageError, match="as keep"):
        appearance.check("keep", "9" * 5_000)
