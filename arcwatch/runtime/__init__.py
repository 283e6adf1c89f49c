"""The process itself: caught bugs, crash reports, memory, standard streams."""
