"""Addresses of servers: what is made of them, and what is shown."""

import pytest

from arcwatch.errors import UsageError
from arcwatch.notation.server_url import beside, checked, hosts, shown


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("http://h:1", "http://h:1"),
        ("nats://a:b@h,tls://c:d@i", "nats://…@h,tls://…@i"),
        ("nats://a:b,c@h", "nats://…@h"),
        ("nats://" + "t" * 500 + "@h", "nats://…@h"),
        ("nats://a:b\n@h", "nats://…@h"),
        ("http://h\x1b[2J", "http://h␛[2J"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, safe):
    assert shown(url) == safe


@pytest.mark.parametrize(
    ("place", "value", "urls"),
    [
        ("nats", "n1", ("nats://n1:4222",)),
        ("nats", "n1, n1:4222, tls://n2:5, n3", ("nats://n1:4222", "tls://n2:5", "tls://n3:4222")),
        ("nats", "wss://n1/nats/", ("wss://n1/nats",)),
        ("nats", "n1:", ("nats://n1:4222",)),
        ("nats", "[::1]", ("nats://[::1]:4222",)),
        ("nats_monitor", "https://n1", ("https://n1",)),
        ("nats_monitor", "n1", ("http://n1:8222",)),
        ("pulsar", "p1", ("pulsar://p1:6650",)),
        ("pulsar", "pulsar+ssl://p1", ("pulsar+ssl://p1:6651",)),
        ("pulsar_admin", "http://p1/pulsar/", ("http://p1:8080/pulsar",)),
    ],
)
def test_what_is_left_out_of_an_address_is_the_usual(place, value, urls):
    assert checked(place, value, "--flag") == urls


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        ("nats", "http://n1", "it begins with none of nats://, tls://, ws://, wss://"),
        ("nats", "n1:65536", "its port is not a number up to 65535"),
        ("nats", "n1,", "it has no host"),
        ("nats", "nats://me:a/b@n1", "in a password, / is written %2F, ? is %3F and # is %23"),
        ("nats", "nats://[n1", "it is not a URL"),
        ("nats", "n1?a=b", "it has more than scheme, host, port and path"),
        ("nats", "n1#b", "it has more than scheme, host, port and path"),
        ("nats", "n\u202e1", "it has more than scheme, host, port and path"),
        ("pulsar_admin", "p1,p2", "one address is enough: it names the others"),
    ],
)
def test_an_address_that_cannot_be_used_says_why(place, value, why):
    with pytest.raises(UsageError) as caught:
        checked(place, value, "--flag")
    assert (caught.value.why, caught.value.where) == (why, "--flag")


def test_the_other_port_of_a_host_is_asked_the_same_way():
    assert beside("nats_monitor", ["nats://n1:1", "nats://n1:2", "nats://n2"]) == (
        "http://n1:8222",
        "http://n2:8222",
    )
    assert beside("pulsar_admin", ["pulsar://p1:6650"]) == ("http://p1:8080",)
    assert beside("pulsar", ["https://p1:8443"]) == ("pulsar+ssl://p1:6651",)
    assert beside("nats_monitor", ["nats://"]) == ("http://localhost:8222",)


def test_hosts_are_known_by_one_name_each():
    assert hosts("127.0.0.1:1,[::1]:2,http://localhost") == {"localhost"}
    assert hosts("N1:1") == {"n1"}
    assert hosts("") == set()
