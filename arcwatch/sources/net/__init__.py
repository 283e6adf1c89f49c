"""HTTP and TLS connections that are bounded, and their errors."""
