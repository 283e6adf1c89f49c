"""Messages that are kept, and what is counted in them."""
