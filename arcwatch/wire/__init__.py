"""Bytes in, model out: sans-IO parsers of what the two servers say about themselves."""
