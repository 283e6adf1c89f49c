"""The only IO that reads servers.  Each source asks one place and yields readings."""
