"""A check-up of configuration and state: pure functions over what is known."""
