"""A picture of the screen: a file that loads nothing from anywhere, whatever is on the screen."""

import re
from xml.etree import ElementTree

from textual.app import App
from textual.widgets import Static

from arcwatch.ui.taken import picture_of

HOSTILE = '</text><script>alert(1)</script><image href="http://evil.example/x"/>&amp; ]]>'


class Shown(App):
    def compose(self):
        yield Static(HOSTILE, markup=False)


async def test_a_picture_loads_nothing_and_runs_nothing():
    app = Shown()
    async with app.run_test(size=(120, 10)):
        svg = picture_of(app)
    names = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert names <= {"svg", "style", "defs", "clipPath", "rect", "g", "text", "circle"}
    assert "href" not in re.sub(r">[^<]*<", "><", svg)
    assert set(re.findall(r"url\((.)", svg)) == {"#"}
    assert "@import" not in svg
    assert "evil.example" in svg.replace("&#160;", " ")
