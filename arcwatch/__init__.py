"""One terminal for a platform that moves its messages through NATS and Apache Pulsar."""

__version__ = "0.1.0"
