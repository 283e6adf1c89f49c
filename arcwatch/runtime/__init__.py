"""The process itself: bugs that are caught, crash reports, memory, standard streams."""
