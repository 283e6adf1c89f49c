"""Why a backlog waits: one cause each, the strongest, with the figures that it rests on."""
