"""What a tail, a history or a search on the screen is doing now, without the screen."""
