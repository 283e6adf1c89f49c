"""Check a context step by step."""
