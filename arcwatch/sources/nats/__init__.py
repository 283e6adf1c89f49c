"""Read NATS servers: monitoring, system account, subjects."""
