"""The Pulsar view."""
