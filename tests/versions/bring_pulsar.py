"""Brings Pulsar servers of other versions to where the tests look for them.

``uv run python tests/versions/bring_pulsar.py [VERSION …]`` needs Maven, as ``mvn`` on the path.
3.3.6 is the distribution as it is published; of newer versions Maven has the broker's jars alone,
which start as well, with the settings of the distribution that the stack brings.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CACHE = Path(
    os.environ.get("ARCWATCH_TEST_PULSARS", "~/.cache/arcwatch/pulsar-server")
).expanduser()
"""Where they are kept: ``VERSION/lib/*.jar``."""

IMPORTS = {
    # what their published poms leave to the build that they come from
    "4.2.4": {
        "io.opentelemetry:opentelemetry-bom": "1.62.0",
        "org.apache.logging.log4j:log4j-bom": "2.25.4",
        "org.apache.zookeeper:zookeeper": "3.9.5",
        "com.fasterxml.jackson.module:jackson-module-jsonSchema": "2.18.9",
    },
    "5.0.1": {
        "io.opentelemetry:opentelemetry-bom": "1.66.0",
        "org.apache.logging.log4j:log4j-bom": "2.25.4",
        "org.apache.zookeeper:zookeeper": "3.9.3",
        "com.fasterxml.jackson.core:jackson-annotations": "2.21",
        "com.fasterxml.jackson.module:jackson-module-jsonSchema": "2.18.9",
    },
}
VERSIONS = ("3.3.6", *IMPORTS)
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"


def main(versions):
    for version in versions:
        if version not in VERSIONS:
            sys.exit(f"{version} is none of {', '.join(VERSIONS)}")
        if (CACHE / version / "lib").is_dir():
            continue
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{version}.part-", dir=CACHE) as part:
            bring = jars if version in IMPORTS else distribution
            bring(version, Path(part)).rename(CACHE / version)
        sys.stdout.write(f"{CACHE / version}\n")


def distribution(version, part):
    artifact = f"org.apache.pulsar:pulsar-server-distribution:{version}:tar.gz:bin"
    maven(part, f"{PLUGIN}:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={part}")
    (archive,) = part.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extraction_filter = tarfile.data_filter
        tar.extractall(part / "tree")
    (tree,) = (part / "tree").iterdir()
    return tree


def jars(version, part):
    imported = IMPORTS[version]
    managed = [
        dependency(name, of, *(["<type>pom</type><scope>import</scope>"] * name.endswith("-bom")))
        for name, of in imported.items()
    ]
    without = exclusions(MACOS, LOG)
    broker = dependency("org.apache.pulsar:pulsar-broker", version, without)
    # what newer versions of it name as their own is not published
    log = dependency(LOG, "4.17.3", exclusions("*:*"))
    (part / "pom.xml").write_text(POM.format(managed="".join(managed), needed=broker + log))
    maven(part, f"{PLUGIN}:copy-dependencies", "-DincludeScope=runtime",
          f"-DoutputDirectory={part / 'tree' / 'lib'}")  # fmt: skip
    return part / "tree"


MACOS = "io.netty:netty-resolver-dns-native-macos"
LOG = "org.apache.distributedlog:distributedlog-core"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>broker</artifactId><version>1</version>
<dependencyManagement><dependencies>{managed}</dependencies></dependencyManagement>
<dependencies>{needed}</dependencies></project>
"""


def dependency(name, version, *more):
    group, artifact = name.split(":")
    return (
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version>{''.join(more)}</dependency>"
    )


def exclusions(*names):
    pairs = (name.split(":") for name in names)
    inner = (
        f"<exclusion><groupId>{group}</groupId><artifactId>{artifact}</artifactId></exclusion>"
        for group, artifact in pairs
    )
    return f"<exclusions>{''.join(inner)}</exclusions>"


def maven(folder, *argv):
    if shutil.which("mvn") is None:
        sys.exit("mvn is not on the path: install Maven")
    subprocess.run(["mvn", "--quiet", "--batch-mode", *argv], cwd=folder, check=True)


if __name__ == "__main__":
    main(sys.argv[1:] or VERSIONS)
