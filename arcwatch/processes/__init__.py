"""Our helper processes: client, server and protocol of each."""
