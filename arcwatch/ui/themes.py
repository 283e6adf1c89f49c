"""Colours.  States and series also differ by word and glyph, never by colour alone.

One accent a system: NATS is blue-green, Pulsar violet, and nothing else is.  State has three
colours; what is well has none.  A part of the screen never names a colour but a role:

============================================  =====================================================
``$primary``, ``$secondary``                  NATS, Pulsar: their names, marks and charts
``$accent``                                   keys, and what is chosen
``$foreground``, ``$text-muted``              text, and labels, units and ages beside it
``$success``, ``$warning``, ``$error``        fine, warning, critical
``$json-key``, ``$json-string``               parts of a value; numbers are ``$json-number``
``$border-blurred``                           rules, which say nothing
============================================  =====================================================
"""

from __future__ import annotations

from typing import NamedTuple

from textual.theme import BUILTIN_THEMES, Theme


class Palette(NamedTuple):
    """The colours of a theme, as CSS has them."""

    background: str
    panel: str
    """Behind the header and the footer."""
    selection: str
    selected: str
    """Text on the selection."""
    elsewhere: str
    """The selection of a list that does not have the keyboard."""
    text: str
    secondary: str
    rules: str
    nats: str
    pulsar: str
    fine: str
    warning: str
    critical: str
    key: str
    string: str
    number: str

    def theme(self, name: str, *, dark: bool = True, ansi: bool = False) -> Theme:
        """As Textual wants it, which would otherwise blend colours of its own from these."""
        return Theme(
            name=name,
            primary=self.nats,
            secondary=self.pulsar,
            accent=self.key,
            foreground=self.text,
            background=self.background,
            surface=self.background,
            panel=self.panel,
            boost=self.panel,
            success=self.fine,
            warning=self.warning,
            error=self.critical,
            dark=dark,
            ansi=ansi,
            variables=(BUILTIN_THEMES["ansi-dark"].variables if ansi else {}) | self._variables(),
        )

    def _variables(self) -> dict[str, str]:
        return {
            "text": self.text,
            "text-muted": self.secondary,
            "text-disabled": self.secondary,
            "text-primary": self.nats,
            "text-secondary": self.pulsar,
            "text-accent": self.key,
            "text-success": self.fine,
            "text-warning": self.warning,
            "text-error": self.critical,
            "block-cursor-background": self.selection,
            "block-cursor-foreground": self.selected,
            "block-cursor-blurred-background": self.elsewhere,
            "block-cursor-blurred-foreground": self.text,
            "border-blurred": self.rules,
            "json-key": self.key,
            "json-string": self.string,
            "json-number": self.number,
        }


DARK = Palette(
    background="#0d1117",
    panel="#18202b",
    selection="#1b3550",
    selected="#dbe3ec",
    elsewhere="#1a2636",
    text="#dbe3ec",
    secondary="#a3b1c0",
    rules="#3d4a5a",
    nats="#4fc3e8",
    pulsar="#b59cf5",
    fine="#5fbf9f",
    warning="#e6a23c",
    critical="#ff7b72",
    key="#8fb3d9",
    string="#c5cf9c",
    number="#e3b0cf",
)

LIGHT = Palette(
    background="#fbfcfd",
    panel="#e8edf2",
    selection="#dbeaf8",
    selected="#1f2933",
    elsewhere="#e8edf2",
    text="#1f2933",
    secondary="#4a5866",
    rules="#a9b6c3",
    nats="#0b6e8a",
    pulsar="#6247c2",
    fine="#146b4c",
    warning="#8a5200",
    critical="#b3261e",
    key="#2f5d8a",
    string="#4f5f12",
    number="#8d3a72",
)

HIGH_CONTRAST = Palette(
    background="#000000",
    panel="#1a1a1a",
    selection="#ffffff",
    selected="#000000",
    elsewhere="#333333",
    text="#ffffff",
    secondary="#e0e0e0",
    rules="#b0b0b0",
    nats="#5ce1ff",
    pulsar="#d0bcff",
    fine="#6dffb3",
    warning="#ffc247",
    critical="#ff9090",
    key="#a8dcff",
    string="#e4f0b0",
    number="#ffc8ea",
)

SIXTEEN = Palette(
    background="ansi_default",
    panel="ansi_default",
    selection="ansi_default",  # the terminal's own colours, reversed
    selected="ansi_default",
    elsewhere="ansi_default",
    text="ansi_default",
    secondary="ansi_default",
    rules="ansi_bright_black",
    nats="ansi_cyan",
    pulsar="ansi_magenta",
    fine="ansi_green",
    warning="ansi_yellow",
    critical="ansi_bright_red",
    key="ansi_blue",
    string="ansi_green",
    number="ansi_magenta",
)

THEMES = {
    "dark": "arcwatch-dark",
    "light": "arcwatch-light",
    "high-contrast": "arcwatch-high-contrast",
    "16-colour": "arcwatch-16-colour",
}
"""What a user calls a theme, and Textual's name of it."""
OWN = (
    DARK.theme(THEMES["dark"]),
    LIGHT.theme(THEMES["light"], dark=False),
    HIGH_CONTRAST.theme(THEMES["high-contrast"]),
    SIXTEEN.theme(THEMES["16-colour"], ansi=True),
)
