"""Sans-IO parsers of both servers' answers: bytes in, model out."""
