"""Figures over time, rates and distributions."""
