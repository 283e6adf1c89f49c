"""The only IO that reads servers.  Each source polls one address and yields readings."""
