"""Filters over messages: words, regular expressions and jq."""
