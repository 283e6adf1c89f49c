"""How local files are written: privately, and whole or not at all."""
