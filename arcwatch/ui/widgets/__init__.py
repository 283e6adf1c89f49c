"""Widgets that know nothing of NATS or Pulsar."""
