"""Publishes to a nats-server as fast as is wanted: ``python flood.py HOST PORT SUBJECT RATE``."""

import json
import socket
import sys
import time

BEAT = 0.01


def main(host, port, subject, rate):
    connection = socket.create_connection((host, int(port)))
    connection.sendall(b'CONNECT {"verbose":false}\r\n')
    each, sent, began = max(1, int(float(rate) * BEAT)), 0, time.monotonic()
    while True:
        numbers = range(sent, sent + each)
        connection.sendall(b"".join(published(subject, number) for number in numbers))
        sent += each
        # the rate is kept over the whole time, not from beat to beat
        time.sleep(max(0.0, began + sent / float(rate) - time.monotonic()))


def published(subject, number):
    body = json.dumps({"seq": number, "agent": f"agent-{number % 97:02}"})
    return f"PUB {subject}.a{number % 50} {len(body)}\r\n{body}\r\n".encode()


if __name__ == "__main__":
    main(*sys.argv[1:])
