"""Writes to brokers, only where permitted, and deliveries of alert notifications."""
