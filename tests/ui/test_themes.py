"""Colours that can be read: in every theme, on everything that they stand on."""

import re

import pytest
from textual.color import Color

from arcwatch.config.appearance import THEMES as NAMES
from arcwatch.config.appearance import Appearance
from arcwatch.ui.themes import DARK, HIGH_CONTRAST, LIGHT, OWN, SIXTEEN, THEMES
from arcwatch.ui.views.numbered import VIEWS
from arcwatch.ui.widgets.line_sheet import LineSheet
from arcwatch.ui.widgets.looks import LEGIBLE, Looks, contrast
from tests.ui.filled import Platform
from tests.ui.tailed import BEATS, Tailed, beats

DOTS = 3.0
"""The least contrast of what is seen and not read."""
SAYS_NOTHING = re.compile("--(frame|bar|thumb|rule)$")
"""Parts that are drawn and tell nothing: lines around and between what is read."""
TOLD = {"dark": DARK, "light": LIGHT, "high-contrast": HIGH_CONTRAST}
ROLES = [
    "text", "secondary", "nats", "pulsar", "fine", "warning", "critical", "key", "string", "number"
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#ffffff", "#000000", 21),
        ("#767676", "#ffffff", 4.54),
        ("#dbe3ec", "#0d1117", 14.6),
        ("#b3261e", "#dbeaf8", 5.3),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(Color.parse(one), Color.parse(other)) == pytest.approx(ratio, abs=0.06)


@pytest.mark.parametrize("behind", ["background", "panel", "selection", "elsewhere"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_role_is_read_on_every_background(name, role, behind):
    palette = TOLD[name]
    ratio = contrast(Color.parse(getattr(palette, role)), Color.parse(getattr(palette, behind)))
    assert ratio >= LEGIBLE


@pytest.mark.parametrize("behind", ["background", "panel", "elsewhere"])
@pytest.mark.parametrize("role", ROLES)
def test_in_high_contrast_every_role_is_read_with_ease(role, behind):
    assert contrast(
        Color.parse(getattr(HIGH_CONTRAST, role)), Color.parse(getattr(HIGH_CONTRAST, behind))
    ) >= 4.5 + 1.5 * (behind == "background")


def test_every_theme_that_can_be_chosen_is_there():
    assert [*THEMES] == [*NAMES]
    assert [theme.name for theme in OWN] == [*THEMES.values()]


def test_sixteen_colours_are_those_of_the_terminal():
    assert all(color.startswith("ansi_") for color in SIXTEEN)


def states(theme):
    variables = theme.to_color_system().generate()
    return {variables[f"text-{state}"].lower() for state in ("success", "warning", "error")}


@pytest.mark.parametrize("theme", OWN[:3], ids=lambda theme: theme.name)
def test_no_state_has_the_colour_of_a_system(theme):
    variables = theme.to_color_system().generate()
    systems = {variables["primary"].lower(), variables["secondary"].lower()}
    assert len(states(theme)) == 3
    assert len(systems) == 2
    assert not states(theme) & systems


def looks_of(widget):
    """Every part of a widget that its styles name."""
    return set(re.findall(rf"\.{widget.LOOKS}--([a-z0-9-]+)", widget.DEFAULT_CSS)) | {""}


@pytest.mark.parametrize("view", [view.id for view in VIEWS])
@pytest.mark.parametrize("name", TOLD)
async def test_every_part_of_a_screen_is_legible(name, view):
    appearance = Appearance(name, "braille", 1.0, mouse=True, colour=True, keys={})
    app = Platform(trouble=True).app(appearance=appearance)
    async with app.run_test(size=(160, 48)) as pilot:
        app.action_view(view)
        await pilot.pause()
        faint = {
            f"{type(widget).__name__} {part}"
            for widget in app.screen.walk_children(Looks)
            for part in looks_of(widget)
            if not SAYS_NOTHING.search(f"--{part}") and ratio(widget, part) < floor(part)
        }
    assert not faint


def floor(part):
    return DOTS if re.fullmatch("series-.*|heat", part) else LEGIBLE


def ratio(widget, part):
    style = widget.style_of(part)
    behind = style.bgcolor or widget.rich_style.bgcolor
    return contrast(Color.from_rich_color(style.color), Color.from_rich_color(behind))


@pytest.mark.parametrize("tone", ["good", "warn", "bad", "nats", "pulsar"])
@pytest.mark.parametrize(
    ("name", "keeps"), [("dark", True), ("light", True), ("high-contrast", False)]
)
async def test_the_row_under_the_cursor_keeps_a_colour_that_can_be_read_there(name, keeps, tone):
    appearance = Appearance(name, "braille", 1.0, mouse=True, colour=True, keys={})
    app = Platform(trouble=True).app(appearance=appearance)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        table = app.view.query("RowTable").first()
        table.focus()
        await pilot.pause()
        under, alone = table.style_of(f"cursor {tone}"), table.style_of(tone)
        assert under.bgcolor == table.style_of("cursor").bgcolor
        assert (under.color == alone.color) is keeps


@pytest.mark.parametrize("name", TOLD)
async def test_the_line_under_the_cursor_of_an_open_message_is_legible(name):
    async with Tailed(BEATS).running() as tailed:
        tailed.app.theme = THEMES[name]
        tailed.bring(beats(3))
        await tailed.press("enter")
        sheet = tailed.app.query_one(LineSheet)
        assert sheet.has_focus
        shown = [part for part in sheet.render_line(0) if part.text.strip()]
        assert len(shown) > 1
        for part in shown:
            behind, ink = map(Color.from_rich_color, (part.style.bgcolor, part.style.color))
            assert contrast(behind, ink) >= LEGIBLE
