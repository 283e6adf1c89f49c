"""Memory and arithmetic: what was read, turned into rates, series and rankings."""
