"""Backlogs of both systems: ranked, forecast and diagnosed."""
