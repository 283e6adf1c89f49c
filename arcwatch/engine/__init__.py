"""Poll the sources on a schedule and apply their answers to the store."""
