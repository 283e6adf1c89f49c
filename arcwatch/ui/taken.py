"""Export from the screen: a screenshot, or copied text."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from textual.app import App

from arcwatch.errors import ArcwatchError
from arcwatch.files.new_file import NewFile
from arcwatch.runtime.boundary import boundary
from arcwatch.text.control_characters import printable

COPIED = 1_000_000
"""Characters that a terminal's clipboard is given at most."""


def take_picture(app: App[Any], *, at: float) -> None:
    """Write the screen to an SVG file in the working directory, and notify.

    Args:
        at: Unix seconds, for the file's name.
    """
    name = f"arcwatch-{time.strftime('%Y%m%d-%H%M%S', time.localtime(at))}.svg"
    try:
        # a working directory that was removed has no path
        with boundary("no picture"), NewFile(path := Path(name).absolute()) as file:
            file.write(picture_of(app))
    except ArcwatchError as error:
        text = printable(f"cannot write {name}: {error.why or error.what}", 300)
        app.notify(text, severity="warning", markup=False)
    else:
        app.notify(printable(f"wrote {path}", 300), markup=False)


def picture_of(app: App[Any]) -> str:
    """The screen as SVG without external resources: Rich's loads fonts from a server."""
    return re.sub(r"@font-face\s*\{[^}]*\}", "", app.export_screenshot())


def copy(app: App[Any], text: str) -> None:
    """Copy sanitized text and notify, since a terminal does not."""
    if len(text) > COPIED:
        app.notify(f"{len(text):,} characters are too many to copy; w writes them")
        return
    app.copy_to_clipboard(text)
    notice = f"copied {printable(text, 60)}; if paste is empty your terminal blocks OSC 52"
    app.notify(notice, markup=False)
