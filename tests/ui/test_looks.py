"""How every view looks, well and in trouble, large and small: each picture was looked at."""

import pytest

from arcwatch.config.appearance import Appearance
from arcwatch.model.reading import Stage
from tests.ui.filled import LONG, Platform, refused

pytestmark = pytest.mark.usefixtures("an_hour_east")

LARGE, SMALL = (160, 48), (80, 24)
MOODS = {
    "calm": {},
    "in trouble": {"trouble": True},
    "silent": {"dark": True},
}
PLACES = {
    "nats": ("connections", "consumers"),
    "pulsar": ("topics", "subscriptions"),
}


def at(view, sheet=""):
    """Shows a table, drawn once everything has its size."""

    async def go(pilot):
        app = pilot.app
        app.filter_input.typed.cursor_blink = False
        app.action_view(view, lambda: app.view.show_sheet(sheet))
        await pilot.pause()
        app.frame()
        await pilot.pause()

    return go


@pytest.fixture
def looks(snap_compare):
    """Compares a screen with the picture kept of it."""

    def compare(platform, size, view="overview", sheet="", press=(), **options):
        async def before(pilot):
            await at(view, sheet)(pilot)
            await pilot.press(*press)
            await pilot.pause()

        return snap_compare(platform.app(**options), terminal_size=size, run_before=before)

    return compare


@pytest.mark.parametrize("size", [LARGE, SMALL, (100, 30), (220, 60)])
@pytest.mark.parametrize("mood", MOODS)
def test_overview(looks, mood, size):
    assert looks(Platform(lasting=LONG, **MOODS[mood]), size)


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("mood", ["calm", "in trouble"])
@pytest.mark.parametrize(
    ("view", "sheet"), [(view, sheet) for view, sheets in PLACES.items() for sheet in sheets]
)
def test_view(looks, view, sheet, mood, size):
    assert looks(Platform(lasting=LONG, **MOODS[mood]), size, view, sheet)


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_help(looks, size):
    assert looks(Platform(), size, press=["question_mark"])


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_why(looks, size):
    platform = Platform(trouble=True, lasting=LONG)
    assert looks(platform, size, "pulsar", "subscriptions", press=["W"])


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_nothing_answers(looks, size):
    platform = Platform(lasting=0)
    hint = "check that it is running and listens on this port"
    for system, where in [
        ("nats", "http://localhost:8222/varz"),
        ("pulsar", "http://localhost:8080"),
    ]:
        platform.tell(system, where, "varz", refused(where, hint))
    assert looks(platform, size)


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_one_half_is_still_starting(looks, size):
    platform = Platform(lasting=0)
    platform.tell("pulsar", "stack", "stage", Stage("fetching Pulsar 4.0.8: 112 of 245 MB"))
    assert looks(platform, size)


def test_held_and_filtered(looks):
    platform = Platform(trouble=True)
    press = ["p", "slash", *"worker", "enter"]
    assert looks(platform, SMALL, "nats", "connections", press)


@pytest.mark.parametrize("theme", ["light", "high-contrast", "16-colour"])
def test_theme(looks, theme):
    appearance = Appearance(theme, "braille", 1.0, mouse=True, colour=True, keys={})
    assert looks(Platform(trouble=True), SMALL, appearance=appearance)


def test_with_neither_colour_nor_braille(looks):
    appearance = Appearance(None, "ascii", 1.0, mouse=True, colour=False, keys={})
    platform = Platform(trouble=True, lasting=LONG)
    press = ["j"]
    size = (110, 30)
    assert looks(
        platform, size, "pulsar", "subscriptions", press, glyphs="ascii", appearance=appearance
    )
