"""Flags, environment, files, contexts and secrets, made into settings."""
