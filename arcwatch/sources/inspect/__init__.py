"""Checks a context step by step."""
