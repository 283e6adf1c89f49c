"""The Latency view."""
