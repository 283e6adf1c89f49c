"""Reads Pulsar: admin API, metrics, topics."""
