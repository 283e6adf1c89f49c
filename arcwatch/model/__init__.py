"""The nouns: frozen, slotted, serialisable.  Nothing here imports anything of ours."""
