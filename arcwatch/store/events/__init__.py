"""What happened to servers, streams, topics and clients while arcwatch looked."""
