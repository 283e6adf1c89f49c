"""What the screen says of whose addresses these are, and of settings that do not count."""

import pytest

from arcwatch.commands.dashboard import marks_of
from arcwatch.config.settings import load
from tests.ui.filled import Platform, notes_on


@pytest.fixture
def settings(tmp_path):
    """Those of a folder that names an address, and what it may not."""
    (tmp_path / ".env").write_text("NATS_URL=nats://there\nARCWATCH_CONFIG=evil\x1b[2J.toml\n")
    return load({}, environ={"ARCWATCH_CONFIG": "/dev/null"}, directory=tmp_path)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_addresses_of_a_folder_are_in_the_header_and_the_rest_is_noted(settings, size):
    app = Platform(lasting=0).app(marks=marks_of(settings, allowed=False))
    async with app.run_test(size=size, notifications=True) as pilot:
        assert "NATS from .env" in pilot.app.header.render_line(0).text
        (note,) = notes_on(pilot.app)
        assert note.startswith(".env: ignored ARCWATCH_CONFIG: only addresses are read")
