"""A thousand NATS clients in one process, and a Pulsar producer: run it to be watched, kill it.

The clients are plain sockets that speak the client protocol, since a thousand of a library's
would be a thousand tasks.  Each subscribes to a subject of its own, and a few speak at a time, so
that every one of them has said something after a while.

    python tests/bench/crowd.py nats://127.0.0.1:4222 pulsar://127.0.0.1:6650 TOPIC
"""

import json
import selectors
import socket
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pulsar

CLIENTS = 1_000
SPEAKING = 50
"""Clients that publish in one beat."""
BEAT = 0.1
"""Seconds: 500 messages a second in all."""
BODY = b"x" * 128


def connect(url, number):
    """A client that has said who it is and subscribed."""
    parts = urlsplit(url)
    sock = socket.create_connection((parts.hostname, parts.port))
    options = {"verbose": False, "pedantic": False, "name": f"crowd-{number}", "lang": "bench"}
    hello = f"CONNECT {json.dumps(options)}\r\nSUB crowd.{number}.> 1\r\nPING\r\n"
    sock.sendall(hello.encode())
    return sock


def answer(selector):
    """Answer pings; whatever else the server says is thrown away."""
    for key, _ in selector.select(0):
        if b"PING" in key.fileobj.recv(1 << 16):
            key.fileobj.sendall(b"PONG\r\n")


def producer(url, topic):
    log = Path(tempfile.mkdtemp()) / "pulsar.log"
    logger = pulsar.FileLogger(pulsar.LoggerLevel.Warn, str(log))
    client = pulsar.Client(url, logger=logger)
    spread = pulsar.PartitionsRoutingMode.RoundRobinDistribution
    return client, client.create_producer(
        topic, batching_enabled=False, message_routing_mode=spread
    )


def main(nats, pulsar_url, topic):
    clients = [connect(nats, number) for number in range(CLIENTS)]
    selector = selectors.DefaultSelector()
    for sock in clients:
        selector.register(sock, selectors.EVENT_READ)
    # held, since a client that is collected closes its producer
    _client, orders = producer(pulsar_url, topic)
    print("here", flush=True)  # noqa: T201  # whoever started it waits for this
    turn, due = 0, time.monotonic()
    while True:
        for number in range(turn, turn + SPEAKING):
            # each speaks to its neighbour
            subject = f"crowd.{(number + 1) % CLIENTS}.hello"
            clients[number % CLIENTS].sendall(b"PUB %b 128\r\n%b\r\n" % (subject.encode(), BODY))
            if number % 5 == 0:
                orders.send_async(BODY, lambda *_: None)
        turn, due = (turn + SPEAKING) % CLIENTS, due + BEAT
        answer(selector)
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(*sys.argv[1:])
