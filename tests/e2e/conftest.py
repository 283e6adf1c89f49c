"""Programs of arcwatch on a terminal of their own, with brokers of their own."""

import sys
from pathlib import Path

import pytest

from arcwatch.stack.ports import free_ports
from tests.e2e.terminal import Terminal


@pytest.fixture
def arcwatch():
    """Start arcwatch on a terminal: ``with arcwatch("demo", columns=80) as terminal``."""

    def start(*arguments, **options):
        # from the root of the checkout, where the terminal's program finds its package
        return Terminal(sys.executable, "-m", "arcwatch", *arguments, **options)

    return start


@pytest.fixture
def home(tmp_path):
    """The folder in which a demo keeps what it writes, once there is one."""

    def found():
        (path,) = (tmp_path / "state").glob("passing-*")
        return Path(path)

    return found


@pytest.fixture
def nowhere():
    """Flags that point at ports where nothing listens."""
    nats, pulsar = free_ports(2)
    return (
        f"--nats-monitor=http://127.0.0.1:{nats}",
        f"--pulsar-admin=http://127.0.0.1:{pulsar}",
    )
