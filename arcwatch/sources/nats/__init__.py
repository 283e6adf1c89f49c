"""Reads NATS servers: monitoring, system account, subjects."""
