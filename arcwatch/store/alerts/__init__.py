"""Rules, what they match, and since when."""
