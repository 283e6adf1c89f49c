"""What people write: addresses, times, durations and URLs, parsed and formatted.  Pure."""
