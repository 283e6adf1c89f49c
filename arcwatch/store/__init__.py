"""In-memory state and arithmetic: readings turned into rates, series and rankings."""
