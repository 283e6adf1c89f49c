"""The Tail view."""
