"""Which ports the local brokers are given."""

import socket

import pytest

from arcwatch.stack.ports import HOST, Ports, free_ports, is_free


@pytest.mark.parametrize("address", [HOST, "0.0.0.0"])
def test_a_port_on_which_somebody_listens_is_not_free(address):
    with socket.create_server((address, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_port_that_was_just_closed_is_free():
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)) as client:
            server.accept()[0].close()
            client.recv(1)
    assert is_free(port)


def test_free_ports_are_different_and_no_client_is_ever_given_one():
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert max(ports) < 32_768


def test_a_usual_port_that_is_taken_is_replaced():
    usual = Ports.usual()
    taken = usual.nats
    with socket.create_server((HOST, taken)):
        assert Ports.usual().nats not in (taken, 0)
