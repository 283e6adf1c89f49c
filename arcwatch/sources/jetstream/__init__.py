"""Read streams and their messages through JetStream's API."""
