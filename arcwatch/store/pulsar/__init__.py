"""What is known of Pulsar clusters."""
