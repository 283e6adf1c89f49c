"""What is known of NATS servers."""
