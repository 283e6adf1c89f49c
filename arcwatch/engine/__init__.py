"""Asks questions on a schedule, and puts the answers into the store."""
