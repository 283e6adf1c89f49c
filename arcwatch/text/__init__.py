"""How figures and foreign text are written for people: units, quantities, control characters."""
