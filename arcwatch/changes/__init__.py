"""Rewind, replay and probe: planned, previewed and carried out."""
