"""Read Pulsar: admin API, metrics, topics."""
