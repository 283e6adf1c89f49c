"""The NATS view."""
