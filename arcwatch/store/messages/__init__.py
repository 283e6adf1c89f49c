"""Stored messages and the figures counted from them."""
