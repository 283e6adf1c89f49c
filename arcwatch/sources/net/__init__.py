"""Bounded HTTP and TLS connections, and their errors."""
