"""The headless verbs: the dashboard's figures as text or JSON."""
