"""State of Pulsar clusters."""
