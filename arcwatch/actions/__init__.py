"""What writes: to brokers only where that was allowed, and to those who are to know of alerts."""
