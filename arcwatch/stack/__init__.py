"""The local brokers: a real nats-server, a real Pulsar, and traffic that makes them busy."""
