"""Charts from plain numbers, drawn by plotext into runs of text; for the screen and for verbs."""
