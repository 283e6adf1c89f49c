"""Colours.  States and series also differ by word and glyph, never by colour alone.

Blue and orange rather than green and red, which one man in twelve cannot tell apart.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="arcwatch-dark",
    primary="#4c9fe0",
    secondary="#8f86d8",
    accent="#56c1e8",
    foreground="#cdd6e0",
    background="#0d1117",
    surface="#0d1117",
    panel="#18202b",
    boost="#202a37",
    success="#5fbf9f",
    warning="#e6a23c",
    error="#f0716a",
    dark=True,
    variables={
        "json-key": "#8fb3d9",
        "json-string": "#c5cf9c",
        "json-number": "#e3b0cf",
        "block-cursor-background": "#24476b",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#1c2b3c",
        "block-cursor-blurred-foreground": "#dfe7ef",
        "border-blurred": "#3a4656",
    },
)

LIGHT = Theme(
    name="arcwatch-light",
    primary="#1f6fb2",
    secondary="#6a5acd",
    accent="#0b7285",
    foreground="#1f2933",
    background="#fbfcfd",
    surface="#fbfcfd",
    panel="#e8edf2",
    boost="#dde4eb",
    success="#1b7f5c",
    warning="#9a5b00",
    error="#b3261e",
    dark=False,
    variables={
        "json-key": "#2f5d8a",
        "json-string": "#4f5f12",
        "json-number": "#8d3a72",
        "block-cursor-background": "#b9d8f2",
        "block-cursor-foreground": "#0b1b2b",
        "block-cursor-blurred-background": "#dbe6f0",
        "block-cursor-blurred-foreground": "#1f2933",
        "border-blurred": "#a9b6c3",
    },
)

HIGH_CONTRAST = Theme(
    name="arcwatch-high-contrast",
    primary="#5cb8ff",
    secondary="#c8b6ff",
    accent="#00e5ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    boost="#333333",
    success="#6dffb3",
    warning="#ffc247",
    error="#ff8080",
    dark=True,
    variables={
        "json-key": "#a8dcff",
        "json-string": "#e4f0b0",
        "json-number": "#ffc8ea",
        "block-cursor-background": "#ffffff",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#4d4d4d",
        "block-cursor-blurred-foreground": "#ffffff",
        "border-blurred": "#b0b0b0",
        "text-muted": "#d8d8d8",
        "text-disabled": "#b8b8b8",
    },
)

THEMES = {
    "dark": DARK.name,
    "light": LIGHT.name,
    "high-contrast": HIGH_CONTRAST.name,
    "16-colour": "ansi-dark",
}
"""What a user calls a theme, and Textual's name of it."""
OWN = (DARK, LIGHT, HIGH_CONTRAST)

EVERYWHERE = {"json-key": "ansi_blue", "json-string": "ansi_green", "json-number": "ansi_magenta"}
"""Colours for those of our names that a theme does not give: of the 16, in the 16-colour one."""
