"""Alert rules, their matches and the lifecycle of alerts."""
