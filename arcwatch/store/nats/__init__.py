"""State of NATS servers."""
