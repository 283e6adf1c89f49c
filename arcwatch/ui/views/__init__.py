"""One module for each numbered view."""
