"""Reads stored messages back: pages, search, the state of keys, decoding."""
