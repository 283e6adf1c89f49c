"""Publishes to NATS at a fixed rate, as cheaply as can be, and prints how that went as JSON.

``python tail_publisher.py HOST PORT RATE SECONDS SIZE SUBJECT``; it prints a line when connected
and begins with the first line on its stdin.
"""

import json
import socket
import sys
import time

BEATS = 200
"""Bursts a second."""


def main(host, port, rate, seconds, size, subject):
    server = socket.create_connection((host, int(port)))
    server.recv(65_536)
    server.sendall(b'CONNECT {"verbose":false,"pedantic":false,"name":"publisher"}\r\nPING\r\n')
    while b"PONG" not in server.recv(65_536):
        pass
    count, body = int(rate) // BEATS, b"x" * int(size)
    chunk = b"PUB %s %d\r\n%s\r\n" % (subject.encode(), len(body), body) * count
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    sys.stdin.readline()
    begun, sent, longest = time.perf_counter(), 0, 0.0
    while (now := time.perf_counter()) - begun < float(seconds):
        due = begun + sent / int(rate)
        if due > now:
            time.sleep(due - now)
        before = time.perf_counter()
        server.sendall(chunk)
        longest = max(longest, time.perf_counter() - before)
        sent += count
    server.sendall(b"PING\r\n")
    while b"PONG" not in server.recv(65_536):
        pass
    elapsed = time.perf_counter() - begun
    told = {"sent": sent, "rate": sent / elapsed, "longest_ms": longest * 1000}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
