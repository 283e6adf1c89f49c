"""States are told apart without their colours: on a grey screen, or by eyes that mix them up."""

import re

import pytest
from textual.color import Color

from arcwatch.ui.themes import DARK, HIGH_CONTRAST, LIGHT
from arcwatch.ui.widgets.looks import LEGIBLE, contrast
from tests.ui.filled import strips_on
from tests.ui.test_space import every_place, everywhere
from tests.ui.test_themes import ROLES

STATES = {DARK.fine: "fine", DARK.warning: "warning", DARK.critical: "critical"}
SAID = re.compile("[▲●▼✓?!=+−~░]|[A-Za-z]{4}|ok", re.IGNORECASE)
"""A shape, or a word: units are none."""
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
"""What is seen without the green cones, of linear light (Machado et al. 2009)."""
GREY = ((0.2126, 0.7152, 0.0722),) * 3
EYES = {"deuteranopia": DEUTERANOPIA, "grey": GREY}


def toned(app):
    """Every text on the screen in the colour of a state, and the state."""
    for strip in strips_on(app):
        for text, style, _ in strip:
            color = style.color.triplet.hex if style and style.color and style.color.triplet else ""
            words = "".join(char for char in text if not "\u2800" <= char <= "\u28ff").strip()
            if color in STATES and words:
                yield words, STATES[color]


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
@pytest.mark.parametrize("trouble", [True, False], ids=["in trouble", "calm"])
async def test_no_view_tells_a_state_by_its_colour_alone(size, trouble):
    found = {}
    async with everywhere(size, trouble=trouble) as pilot:
        async for place in every_place(pilot):
            for text, state in toned(pilot.app):
                found.setdefault(text, {}).setdefault(state, place)
    assert found
    assert {text: states for text, states in found.items() if not SAID.search(text)} == {}
    assert {text: states for text, states in found.items() if len(states) > 1} == {}


def seen(color, matrix):
    """A colour as other eyes see it."""
    values = color.normalized
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in values]
    mixed = [sum(w * c for w, c in zip(row, linear, strict=True)) for row in matrix]
    clipped = [min(1.0, max(0.0, c)) for c in mixed]
    return Color(
        *(
            round(255 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055))
            for c in clipped
        )
    )


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("behind", ["background", "selection"])
@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_every_role_is_read_by_other_eyes(palette, behind, eyes):
    ground = seen(Color.parse(getattr(palette, behind)), EYES[eyes])
    ratios = {
        role: contrast(seen(Color.parse(getattr(palette, role)), EYES[eyes]), ground)
        for role in ROLES
    }
    # critical under the cursor is a little fainter to eyes that see less red
    least = LEGIBLE - 0.05 * (behind == "selection")
    assert {role: ratio for role, ratio in ratios.items() if ratio < least} == {}


@pytest.mark.parametrize("eyes", EYES)
def test_high_contrast_stays_one(eyes):
    ground = seen(Color.parse(HIGH_CONTRAST.background), EYES[eyes])
    for role in ROLES:
        assert contrast(seen(Color.parse(getattr(HIGH_CONTRAST, role)), EYES[eyes]), ground) >= 6
